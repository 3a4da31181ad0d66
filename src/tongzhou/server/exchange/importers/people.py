"""What the importers of published cases share: areas, spans of days, and the write of cases with their movements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from os.path import commonprefix

from django.db import transaction

from tongzhou.core.time import day_start
from tongzhou.interop.reports import Finding
from tongzhou.server.cases.history_actions import (
    PastCase,
    PastLink,
    known_people,
    record_past_cases,
    record_past_links,
)
from tongzhou.server.exchange.importers.base import Batch, Written
from tongzhou.server.kernel import clock
from tongzhou.server.movement.bulk_actions import BulkStay, BulkTrip, record_movements

MoveMaker = Callable[[dict[str, int]], tuple[list[BulkStay], list[BulkTrip]]]


@dataclass(frozen=True, slots=True)
class PastDelivery:
    """Cases of one delivery, their links, and how their movements follow once their persons have numbers.

    role : table of the cases; stay_role, trip_role, link_role : tables of the rest
    rows : key -> row of the case in its file
    movements : stays and trips of the persons given by key
    """

    source: str
    role: str
    cases: Sequence[PastCase]
    rows: dict[str, int]
    movements: MoveMaker
    links: Sequence[PastLink] = ()
    stay_role: str = ""
    trip_role: str = ""
    link_role: str = ""


def write_delivery(delivery: PastDelivery, batch: Batch) -> Written:
    """Write cases, movements and links in one transaction; what is known already is not written again."""
    area = commonprefix(sorted({case.area_code for case in delivery.cases}))  # noqa: RUF071 - codes, not paths
    if batch.is_trial:
        return _trial(delivery)
    changed: dict[str, set[int]] = defaultdict(set)
    with transaction.atomic():
        known = known_people(delivery.source)
        fresh = record_past_cases(batch.actor, area, delivery.source, delivery.cases)
        people = {key: number for key, number in {**known, **fresh}.items() if key in delivery.rows}
        stays, trips = delivery.movements(people)
        links = record_past_links(batch.actor, area, delivery.source, delivery.links)
        moved = record_movements(batch.actor, area, delivery.source, stays, trips)
    changed[delivery.role] |= {delivery.rows[key] for key in fresh}
    changed[delivery.stay_role or delivery.role] |= moved.stay_rows
    changed[delivery.trip_role or delivery.role] |= moved.trip_rows
    changed[delivery.link_role or delivery.role] |= {link.row for link in links}
    records = {"cases": len(fresh), "links": len(links), "stays": moved.n_stays, "trips": moved.n_trips}
    refused = f"The ledger refused rows: {'; '.join(moved.reasons)}."
    findings = (Finding("ledger_refused", refused),) if moved.reasons else ()
    return Written({role: frozenset(rows) for role, rows in changed.items()}, records, findings)


def _trial(delivery: PastDelivery) -> Written:
    known = known_people(delivery.source)
    fresh = {case.key: serial for serial, case in enumerate(delivery.cases, 1) if case.key not in known}
    stays, trips = delivery.movements(fresh)
    rows = frozenset(delivery.rows[key] for key in fresh)
    return Written({delivery.role: rows}, {"cases": len(fresh), "stays": len(stays), "trips": len(trips)})


def whole_days(first: date, last: date | None = None) -> tuple[int, int]:
    """Return the seconds from the start of `first` to the end of `last`, local days."""
    end = day_start((last or first) + timedelta(days=1), clock.zone())
    return int(day_start(first, clock.zone()).timestamp()), int(end.timestamp())
