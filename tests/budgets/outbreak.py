"""More records of every kind, written in bulk around the small world."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from tests.cast import GRID
from tests.server.world import World
from tongzhou.server.cases.models import Case, Contact, ExposureRecord, TransmissionLink
from tongzhou.server.cases.packs import pack_named
from tongzhou.server.duties.models import Duty
from tongzhou.server.measures.models import Order, Zone
from tongzhou.server.people.actions import PersonEntry, build_person
from tongzhou.server.people.models import Person

_numbers = count(1)
CONTACTS_A_CASE = 3


def add_outbreak(world: World, now: datetime, n_cases: int) -> dict[str, Any]:
    """Write cases with contacts, exposures, orders, duties, zones and links; return what addresses name."""
    cases = [_case(now) for _ in range(n_cases)]
    Case.objects.bulk_create(cases)
    contacts = [_contact(case, now) for case in cases for _ in range(CONTACTS_A_CASE)]
    contacts += [_contact(cases[0], now) for _ in range(n_cases)]  # one case grows with the outbreak
    Contact.objects.bulk_create(contacts)
    ExposureRecord.objects.bulk_create(_exposure(contact, world, now) for contact in contacts)
    orders = [_order(contact, now) for contact in contacts]
    Order.objects.bulk_create(orders)
    duties = [_duty(order, now) for order in orders] + [_clock(case, now) for case in cases]
    Duty.objects.bulk_create(duties)
    zones = [_zone(now) for _ in range(n_cases)]
    Zone.objects.bulk_create(zones)
    TransmissionLink.objects.bulk_create(
        TransmissionLink(area_code=GRID, infector=cases[0], infectee=case, source="test")
        for case in cases[1:]
    )
    return {
        "case": cases[0].id,
        "person": cases[0].person_id,
        "order": orders[0].id,
        "duty": duties[0].id,
        "zone": zones[0].id,
    }


def _person() -> Person:
    number = next(_numbers)
    person = build_person(PersonEntry(area_code=GRID, name=f"某人{number}", document=f"B{number:08d}"))
    person.save()
    return person


def _case(now: datetime) -> Case:
    return Case(
        number=f"B-{next(_numbers)}",
        area_code=GRID,
        person=_person(),
        disease="sars-cov-2",
        pack="cn-2022-06",
        pack_version=pack_named("cn-2022-06").version,
        classification="confirmed",
        diagnosed_at=now - timedelta(hours=2),
        window_from_at=now - timedelta(days=3),
        window_until_at=now,
    )


def _contact(case: Case, now: datetime) -> Contact:
    return Contact(area_code=GRID, case=case, person=_person(), grade="close", last_exposure_at=now)


def _exposure(contact: Contact, world: World, now: datetime) -> ExposureRecord:
    return ExposureRecord(
        area_code=GRID,
        case=contact.case,
        contact=contact,
        origin="computed",
        setting="work",
        place=world.places["office"],
        from_at=now - timedelta(hours=9),
        until_at=now - timedelta(hours=8),
        minutes=60,
        evidence=["stay"],
        grade="close",
        rule_id="setting.closed",
        reason_zh="同处",
        reason_en="Together",
        fingerprint=str(next(_numbers)),
    )


def _order(contact: Contact, now: datetime) -> Order:
    number = next(_numbers)
    return Order(
        number=f"O-{number}",
        area_code=GRID,
        person=contact.person,
        case=contact.case,
        contact=contact,
        kind="central_quarantine",
        pack="cn-2022-06",
        pack_version=pack_named("cn-2022-06").version,
        rule_id="order.close",
        starts_at=now,
        ends_at=now + timedelta(days=7),
        reason_zh="密接",
        reason_en="Close contact",
        state="in_force" if number % 2 else "draft",
        dedupe_key=f"o{number}",
        phases=[
            {
                "kind": "central_quarantine",
                "starts_at": now.isoformat(),
                "ends_at": (now + timedelta(days=7)).isoformat(),
            }
        ],
    )


def _duty(order: Order, now: datetime) -> Duty:
    number = next(_numbers)
    return Duty(
        kind="health_check",
        subject_kind="order",
        subject_id=str(order.id),
        person_number=order.person_id,
        area_code=GRID,
        post_kind="grid_worker",
        held_in=GRID,
        params={"day": 1},
        holder=_holder(),
        starts_at=now - timedelta(hours=5),
        due_at=now - timedelta(minutes=number % 50),
        warn_at=now - timedelta(hours=1),
        dedupe_key=f"d{number}",
    )


def _clock(case: Case, now: datetime) -> Duty:
    number = next(_numbers)
    return Duty(
        kind="case_clock",
        subject_kind="case",
        subject_id=str(case.id),
        area_code=GRID,
        post_kind="investigator",
        held_in=GRID,
        params={"number": case.number, "name_zh": "流调", "name_en": "interview"},
        starts_at=now,
        due_at=now + timedelta(hours=4),
        warn_at=now + timedelta(hours=3),
        dedupe_key=f"d{number}",
    )


def _holder() -> Any:
    from tongzhou.server.access.models import Account

    return Account.objects.get(username="grid_worker")


def _zone(now: datetime) -> Zone:
    number = next(_numbers)
    return Zone(
        area_code=GRID,
        unit_code=f"{GRID}-{number}",
        unit_name_zh=f"{number}号楼",
        level="high",
        pack="cn-2022-06",
        pack_version=pack_named("cn-2022-06").version,
        rule_id="zone.high.residence",
        reason_zh="病例居住",
        reason_en="A case lives there",
        n_persons=100,
        state="in_force",
        starts_at=now,
        last_infection_at=now,
        longitude=113.9,
        latitude=22.5,
    )
