"""Cases, contacts, exposures, orders, duties, zones and links in bulk, spread over 42 days."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

CHUNK = 5_000


def write_outbreak(grids: list[str], n_persons: int, n_contacts: int, n_cases: int) -> None:
    """Write everything; person `k` is the case `k`, the contacts follow."""
    from tongzhou.server.cases.models import Case, Contact, ExposureRecord, TransmissionLink
    from tongzhou.server.cases.packs import pack_named
    from tongzhou.server.duties.models import Duty
    from tongzhou.server.measures.models import Order, Zone

    world = _World(grids, n_persons, n_cases, pack_named("cn-2022-06").version)
    cases = _write(Case, map(world.case, range(1, n_cases + 1)))
    contacts = _write(Contact, (world.contact(cases, number) for number in range(n_contacts)))
    _write(ExposureRecord, (world.exposure(contact, number) for number, contact in enumerate(contacts)))
    orders = _write(Order, (world.order(contact, number) for number, contact in enumerate(contacts)))
    _write(Duty, (world.duty(order, number) for number, order in enumerate(orders)))
    _write(Duty, (world.clock(case, number) for number, case in enumerate(cases)))
    _write(Zone, (world.zone(number) for number in range(n_cases // 10)))
    _write(TransmissionLink, (world.link(cases, number) for number in range(1, n_cases)))


def _write(model: Any, rows: Iterator[Any]) -> list[Any]:
    made: list[Any] = []
    while chunk := list(islice(rows, CHUNK)):
        model.objects.bulk_create(chunk)
        made += chunk
    return made


class _World:
    """What the records share."""

    def __init__(self, grids: list[str], n_persons: int, n_cases: int, version: str) -> None:
        from tongzhou.server.access.models import Account

        self.grids, self.n_persons, self.n_cases = grids, n_persons, n_cases
        self.pack = {"pack": "cn-2022-06", "pack_version": version}
        self.now = datetime.now(UTC)
        self.grid_worker = Account.objects.get(username="grid")
        self.investigator = Account.objects.get(username="investigator")
        self.rule: Callable[[str], dict[str, str]] = lambda name: {"rule_id": name}

    def area(self, person: int) -> str:
        return self.grids[((person - 1) // 3 + 1) % len(self.grids)]

    def case(self, person: int) -> Any:
        from tongzhou.server.cases.models import Case

        at = self.now - timedelta(days=person % 42, minutes=person % 1440)
        return Case(
            **self.pack, number=f"{self.area(person)[:6]}-{person}", area_code=self.area(person), person_id=person,
            disease="sars-cov-2", classification="confirmed", onset_on=(at - timedelta(days=2)).date(),
            has_symptoms=True, diagnosed_at=at, window_from_at=at - timedelta(days=4), window_until_at=at,
            investigator=self.investigator, recorded_at=at,
        )  # fmt: skip

    def contact(self, cases: list[Any], number: int) -> Any:
        from tongzhou.server.cases.models import Contact

        case = cases[number % len(cases)]
        person = self.n_cases + 1 + number % (self.n_persons - self.n_cases)
        at = case.diagnosed_at
        return Contact(
            area_code=self.area(person), case=case, person_id=person, grade="close", decision="accepted",
            last_exposure_at=at, recorded_at=at, located_at=at if number % 5 else None,
        )  # fmt: skip

    def exposure(self, contact: Any, number: int) -> Any:
        from tongzhou.server.cases.models import ExposureRecord

        at = contact.last_exposure_at
        return ExposureRecord(
            **self.rule("setting.household"), area_code=contact.case.area_code, case=contact.case, contact=contact,
            origin="computed", setting="household", place_id=contact.person_id // 3 + 1,
            from_at=at - timedelta(hours=2), until_at=at, minutes=120, evidence=["stay"], grade="close",
            reason_zh="同住", reason_en="Live together", fingerprint=str(number), recorded_at=at,
        )  # fmt: skip

    def order(self, contact: Any, number: int) -> Any:
        from tongzhou.server.measures.models import Order

        at = contact.last_exposure_at
        end = at + timedelta(days=10)
        is_over = end < self.now
        return Order(
            **self.pack, **self.rule("order.close"), number=f"O-{number}", area_code=contact.area_code,
            person_id=contact.person_id, case=contact.case, contact=contact, kind="central_quarantine",
            phases=[{"kind": "central_quarantine", "starts_at": at.isoformat(), "ends_at": end.isoformat()}],
            starts_at=at, ends_at=end, reason_zh="密接", reason_en="Close contact", confirmed_at=at, recorded_at=at,
            state="released" if is_over else "in_force" if number % 4 else "draft", dedupe_key=f"o{number}",
            facts={"subject": "close", "day_0": at.date().isoformat()}, released_at=end if is_over else None,
            next_at=None if is_over else end,
        )  # fmt: skip

    def duty(self, order: Any, number: int) -> Any:
        due = order.starts_at + timedelta(hours=8)
        done = due if number % 20 else None
        return self._duty(
            "health_check", ("order", str(order.id)), order.area_code, due, done, number,
            post_kind="grid_worker", person_number=order.person_id, params={"day": 1},
            holder=self.grid_worker if order.area_code == self.grids[0] else None,
        )  # fmt: skip

    def clock(self, case: Any, number: int) -> Any:
        due = case.diagnosed_at + timedelta(hours=24)
        done = due if number % 20 else None
        words = {"number": case.number, "name_zh": "流调报告", "name_en": "investigation report"}
        return self._duty(
            "case_clock", ("case", str(case.id)), case.area_code, due, done, 10_000_000 + number,
            post_kind="investigator", params=words, holder=self.investigator,
        )  # fmt: skip

    def _duty(
        self, kind: str, subject: tuple[str, str], area: str, due: datetime, done: datetime | None, number: int,
        **more: Any,
    ) -> Any:  # fmt: skip
        from tongzhou.server.duties.models import Duty

        return Duty(
            kind=kind, subject_kind=subject[0], subject_id=subject[1], area_code=area, held_in=area, due_at=due,
            starts_at=due - timedelta(hours=8), warn_at=due - timedelta(hours=1), done_at=done,
            next_at=None if done else due, dedupe_key=f"d{number}", recorded_at=due - timedelta(hours=8), **more,
        )  # fmt: skip

    def zone(self, number: int) -> Any:
        from tongzhou.server.measures.models import Zone

        area = self.grids[number % len(self.grids)]
        return Zone(
            **self.pack, **self.rule("zone.high.residence"), area_code=area, unit_code=f"{area}-{number}",
            unit_name_zh=f"{number}号楼", level="high", reason_zh="病例居住", reason_en="A case lives there",
            n_persons=300, state="in_force", starts_at=self.now, last_infection_at=self.now,
            next_at=self.now + timedelta(days=7), longitude=114.0, latitude=22.6,
        )  # fmt: skip

    def link(self, cases: list[Any], number: int) -> Any:
        from tongzhou.server.cases.models import TransmissionLink

        return TransmissionLink(
            area_code=cases[number].area_code,
            infector=cases[number // 3],
            infectee=cases[number],
            source="bench",
        )
