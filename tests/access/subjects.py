"""One record of every kind in one community, and accounts of every role around it.

An account's relation to the record: ``own`` is appointed in the record's community, ``below`` in the county (the
record lies below it), ``beside`` in another county's community, ``above`` in a grid (the record lies above it).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.test import Client

from tests.answered import answer_of
from tests.cast import COMMUNITY, COUNTY, GRID, PASSWORD, SETUP, build_areas
from tests.server.world import DOCUMENTS, World, build_world
from tongzhou.cli.demo.province import FIGURES
from tongzhou.core.access import Purpose
from tongzhou.core.time import day_bounds
from tongzhou.server.access.actions import appoint, create_account, grant_role, open_post
from tongzhou.server.access.models import Account
from tongzhou.server.access.queries import actor_of
from tongzhou.server.access.rules import ROLES
from tongzhou.server.cases.models import Case, ExposureRecord, TransmissionLink
from tongzhou.server.duties.closing import close_day, unsettled_on
from tongzhou.server.duties.models import Duty
from tongzhou.server.exchange.actions import run_import
from tongzhou.server.exchange.models import ImportRun
from tongzhou.server.kernel import clock, outbox
from tongzhou.server.kernel.models import Job
from tongzhou.server.labs.actions import ResultEntry, record_result
from tongzhou.server.labs.models import Outcome, UnlinkedResult
from tongzhou.server.measures.actions import confirm_order
from tongzhou.server.measures.appeals import open_appeal
from tongzhou.server.measures.models import Order, Zone
from tongzhou.server.movement.announcing import CarriedTrip, announce_trips, announced_trips
from tongzhou.server.movement.ledger_door import get_ledger
from tongzhou.server.movement.models import TripNotice
from tongzhou.server.people.models import Household, Merge, Person, Place, Unit
from tongzhou.server.planning.actions import keep_study
from tongzhou.server.planning.models import Study, StudyKind
from tongzhou.server.portal.actions import BulletinOrder, publish_bulletin
from tongzhou.server.portal.models import Bulletin

BACKEND = "django.contrib.auth.backends.ModelBackend"
RELATIONS = {"own": COMMUNITY, "below": COUNTY, "beside": "440306001001", "above": GRID}
PURPOSES = {"resident": Purpose.OWN_RECORD, "analyst": Purpose.ANALYSIS, "auditor": Purpose.AUDIT}


@dataclass
class Subjects:
    """Accounts by role and relation; ``arguments`` fill the addresses, by the name of the argument."""

    accounts: dict[tuple[str, str], Account] = field(default_factory=dict)
    arguments: dict[str, Any] = field(default_factory=dict)
    absent: dict[str, Any] = field(default_factory=dict)
    clients: dict[tuple[str, str], Client] = field(default_factory=dict)

    def client(self, role: str, relation: str) -> Client:
        """Return the client signed in as a role."""
        return self.clients[role, relation]


def build_subjects(now: datetime, folder: Path) -> Subjects:
    """Write everything; runs inside the transaction of the caller, so facts are delivered here by hand."""
    build_areas()
    subjects = Subjects()
    for role in ROLES:
        for relation, area in RELATIONS.items():
            account = subjects.accounts[role, relation] = _account(role, relation, area)
            client = subjects.clients[role, relation] = Client(raise_request_exception=False)
            client.force_login(account, backend=BACKEND)
    world = _lift_to_community(build_world(now))
    cases = [_case_of(world, name, number, now) for number, name in enumerate(("wang", "li"))]
    _write_arguments(subjects, world, cases, now)
    return subjects


def _account(role: str, relation: str, area: str) -> Account:
    account = create_account(SETUP, f"{role}.{relation}", PASSWORD, display_name=f"{role} {relation}")
    grant_role(SETUP, account, role, area, PURPOSES.get(role, Purpose.RESPONSE))
    return account


def _lift_to_community(world: World) -> World:
    """Let everything lie in the community itself, so that grids lie below it."""
    for model in (Person, Place, Household):
        model.objects.everything("test").update(area_code=COMMUNITY)
    Unit.objects.update(area_code=COMMUNITY)
    for person in world.people.values():
        person.refresh_from_db()
    return world


def _case_of(world: World, name: str, number: int, now: datetime) -> Case:
    clerk = actor_of(Account.objects.get(username="lab_clerk.below"))
    world.laboratory.area_code = COMMUNITY
    world.laboratory.save()
    entry = ResultEntry(
        document=DOCUMENTS[name], name=name, sample=f"T-{number}", sampled_at=now - timedelta(hours=9),
        resulted_at=now - timedelta(minutes=10), outcome=Outcome.POSITIVE,
    )  # fmt: skip
    record_result(clerk, world.laboratory, entry)
    while outbox.sweep():
        pass
    return Case.objects.everything("test").get(person=world.people[name])


def _write_arguments(subjects: Subjects, world: World, cases: list[Case], now: datetime) -> None:
    case, other = cases
    zhao = world.people["zhao"]
    Account.objects.filter(username="resident.own").update(person_number=zhao.id)
    Account.objects.filter(username__in=["resident.below", "resident.beside"]).update(
        person_number=world.people["sun"].id
    )
    officer = actor_of(subjects.accounts["investigator", "below"])
    orders = Order.objects.everything("test")
    order = confirm_order(officer, orders.filter(person=zhao, state="draft").first())
    appeal = open_appeal(actor_of(Account.objects.get(username="resident.own")), order, "I was not there.")
    link = TransmissionLink.objects.create(
        area_code=COMMUNITY, infector=case, infectee=other, source="interview"
    )
    post = open_post(SETUP, COMMUNITY, "grid_worker")
    holding = appoint(SETUP, subjects.accounts["grid_worker", "own"], post)
    stay = get_ledger().select("stays", persons=[zhao.id]).row(0, named=True)
    merge = Merge.objects.create(area_code=COMMUNITY, kept=zhao, merged=world.people["sun"], merged_by="test")
    run = ImportRun.objects.create(
        area_code=COMMUNITY, kind="city-daily", file_name="a.csv", file_digest="0", requested_by="test"
    )
    subjects.arguments = {
        "case_id": case.id,
        "exposure_id": ExposureRecord.objects.everything("test").filter(case=case).first().id,
        "link_id": link.id,
        "order_id": order.id,
        "appeal_id": appeal.id,
        "zone_id": Zone.objects.everything("test").first().id,
        "duty_id": Duty.objects.everything("test").filter(kind="case_clock").first().id,
        "close_id": _closed_day(now),
        "holding_id": holding.id,
        "job_id": Job.objects.create(kind="none", area_code=COMMUNITY, requested_by="somebody").id,
        "person_id": zhao.id,
        "row_id": stay["row_id"],
        "case_person_id": case.person_id,
        "trip_id": get_ledger().select("trips", persons=[case.person_id]).row(0, named=True)["row_id"],
        "merge_id": merge.id,
        "run_id": run.id,
        "unlinked_id": _unlinked(world, now).id,
        "bulletin_id": _bulletin().id,
        "notice_id": _notice(now).id,
        "study_id": _study(StudyKind.WHATIF, now).id,
        "difference_id": _study(StudyKind.POLICY, now).id,
        "peak_id": _study(StudyKind.RETURN_PEAK, now).id,
        "laboratory": world.laboratory.code,
        "token": "none",
        "tokens": "none",
        "kind": "city-daily",
        "table": "stays",
        "decision": "accepted",
        "area": COMMUNITY,
        "code": "44",
    }
    subjects.absent = {
        name: uuid4() if isinstance(value, UUID) else 987654321
        for name, value in subjects.arguments.items()
        if isinstance(value, UUID | int)
    }


def _closed_day(now: datetime) -> UUID:
    """Close yesterday of the community, explaining what was left."""
    system = actor_of(Account.objects.get(username="area_officer.below"))
    day = (now - timedelta(days=1)).astimezone(clock.zone()).date()
    assert day_bounds(day, clock.zone())[1] <= now
    reasons = {str(duty.id): "nobody was at home" for duty in unsettled_on(COMMUNITY, day)}
    return close_day(system, COMMUNITY, day, reasons).id


def _unlinked(world: World, now: datetime) -> UnlinkedResult:
    return UnlinkedResult.objects.create(
        area_code=COMMUNITY, batch_id="b", laboratory=world.laboratory, sample_code="S", sampled_at=now,
        resulted_at=now, outcome=Outcome.NEGATIVE, dedupe_key="k",
    )  # fmt: skip


def _bulletin() -> Bulletin:
    run_import(SETUP, "city-daily", [FIGURES])
    return publish_bulletin(SETUP, BulletinOrder("44", date(2020, 2, 1)))


def _notice(now: datetime) -> TripNotice:
    trip = CarriedTrip("aircraft", "ZH9102", now.date(), "", now - timedelta(hours=5), now, 1)
    announce_trips(SETUP, [trip], COMMUNITY)
    return announced_trips(COMMUNITY).get()


def _study(kind: StudyKind, now: datetime) -> Study:
    return keep_study(SETUP, COMMUNITY, answer_of(kind, now.date()))
