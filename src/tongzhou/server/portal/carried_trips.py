"""The trips that confirmed cases took within their infectious windows: what may be announced, with nobody named."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

import numpy as np

from tongzhou.core.exposures import Conveyance
from tongzhou.ledger import Spans
from tongzhou.server.cases.models import Case, Classification
from tongzhou.server.kernel.records import prefix_range
from tongzhou.server.movement.announcing import CarriedTrip
from tongzhou.server.movement.ledger_door import get_ledger
from tongzhou.server.movement.queries import as_instant

NEWEST_CASES = 200
"""Trips are looked up for this many cases, the newest: the older ones' were announced in their time."""
COLUMNS = ["person", "conveyance", "vehicle", "trip_day", "carriage", "from_s", "until_s"]


def carried_trips(area_code: str) -> list[CarriedTrip]:
    """Return the trips of the newest confirmed cases of an area, latest first."""
    windows = _windows(area_code)
    if not len(windows.keys):
        return []
    rows = get_ledger().select(
        "trips",
        persons=windows,
        from_s=int(windows.from_s.min()),
        until_s=int(windows.until_s.max()),
        columns=COLUMNS,
    )
    return _grouped(row for row in rows.to_dicts() if _is_within(row, windows))


def _windows(area_code: str) -> Spans:
    """Return person numbers with their infectious windows."""
    cases = Case.objects.everything("trips to announce, nobody named").filter(
        prefix_range("area_code", area_code), classification=Classification.CONFIRMED
    )
    newest = cases.order_by("-diagnosed_at").values_list("person_id", "window_from_at", "window_until_at")
    found = [(person, start.timestamp(), end.timestamp()) for person, start, end in newest[:NEWEST_CASES]]
    return Spans(*np.array(found, dtype=np.int64).reshape(-1, 3).T)


def _is_within(row: dict[str, Any], windows: Spans) -> bool:
    return bool(
        np.any(
            (windows.keys == row["person"])
            & (windows.from_s < row["until_s"])
            & (windows.until_s > row["from_s"])
        )
    )


def _grouped(rows: Any) -> list[CarriedTrip]:
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        has_carriages = row["conveyance"] != Conveyance.AIRCRAFT
        carriage = row["carriage"] or "" if has_carriages else ""
        groups[(row["conveyance"], row["vehicle"], row["trip_day"], carriage)].append(row)
    trips = [CarriedTrip(*key, *_span(group)) for key, group in groups.items()]
    return sorted(trips, key=lambda trip: (trip.from_at, trip.vehicle), reverse=True)


def _span(group: list[dict[str, Any]]) -> tuple[datetime, datetime, int]:
    first, last = min(row["from_s"] for row in group), max(row["until_s"] for row in group)
    return as_instant(first), as_instant(last), len({row["person"] for row in group})
