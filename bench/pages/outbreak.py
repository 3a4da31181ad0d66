"""Cases, contacts, exposures, orders, duties, zones and links of a course, written in bulk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from bench.pages.course import Course

CHUNK = 5_000


def write_outbreak(grids: list[str], homes: list[int], course: Course) -> None:
    """Write everything; `homes` holds the home of each person."""
    from tongzhou.server.cases.models import Case, Contact, ExposureRecord, TransmissionLink
    from tongzhou.server.cases.packs import pack_named
    from tongzhou.server.duties.models import Duty
    from tongzhou.server.measures.models import Order, Zone

    world = _World(grids, homes, pack_named("cn-2022-06").version)
    cases = write_many(Case, map(world.case, course.persons, course.minutes_ago))
    contacts = write_many(Contact, (world.contact(cases[case], person) for case, person in course.contacts))
    write_many(ExposureRecord, (world.exposure(contact, number) for number, contact in enumerate(contacts)))
    orders = write_many(Order, (world.order(contact, number) for number, contact in enumerate(contacts)))
    write_many(Duty, (world.duty(order, number) for number, order in enumerate(orders)))
    write_many(Duty, (world.clock(case, number) for number, case in enumerate(cases)))
    write_many(Zone, (world.zone(number) for number in range(len(cases) // 10)))
    write_many(TransmissionLink, (world.link(cases[k], cases[n]) for k, n in course.infectors))


def write_many(model: Any, rows: Iterator[Any]) -> list[Any]:
    """Write rows a few thousand at a time; return them."""
    made: list[Any] = []
    while chunk := list(islice(rows, CHUNK)):
        model.objects.bulk_create(chunk)
        made += chunk
    return made


class _World:
    """What the records share."""

    def __init__(self, grids: list[str], homes: list[int], version: str) -> None:
        from tongzhou.server.access.models import Account

        self.grids, self.homes = grids, homes
        self.pack = {"pack": "cn-2022-06", "pack_version": version}
        self.now = datetime.now(UTC)
        self.grid_worker = Account.objects.get(username="grid_worker")
        self.grid = self.grid_worker.grants.get().area_prefix
        self.investigator = Account.objects.get(username="investigator")
        self.rule: Callable[[str], dict[str, str]] = lambda name: {"rule_id": name}

    def area(self, person: int) -> str:
        return self.grids[self.homes[person - 1] % len(self.grids)]

    def case(self, person: int, minutes_ago: int) -> Any:
        from tongzhou.server.cases.models import Case

        at = self.now - timedelta(minutes=minutes_ago)
        return Case(
            **self.pack, number=f"{self.area(person)[:6]}-{person}", area_code=self.area(person), person_id=person,
            disease="sars-cov-2", classification="confirmed", onset_on=(at - timedelta(days=2)).date(),
            has_symptoms=True, diagnosed_at=at, window_from_at=at - timedelta(days=4), window_until_at=at,
            investigator=self.investigator, recorded_at=at,
        )  # fmt: skip

    def contact(self, case: Any, person: int) -> Any:
        from tongzhou.server.cases.models import Contact

        at = case.diagnosed_at
        return Contact(
            area_code=self.area(person), case=case, person_id=person, grade="close", decision="accepted",
            last_exposure_at=at, recorded_at=at, located_at=at if person % 5 else None,
        )  # fmt: skip

    def exposure(self, contact: Any, number: int) -> Any:
        from tongzhou.server.cases.models import ExposureRecord

        at = contact.last_exposure_at
        return ExposureRecord(
            **self.rule("setting.household"), area_code=contact.case.area_code, case=contact.case, contact=contact,
            origin="computed", setting="household", place_id=self.homes[contact.person_id - 1],
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
            holder=self.grid_worker if order.area_code == self.grid else None,
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

    def link(self, infector: Any, infectee: Any) -> Any:
        from tongzhou.server.cases.models import TransmissionLink

        return TransmissionLink(
            area_code=infectee.area_code, infector=infector, infectee=infectee, source="bench"
        )
