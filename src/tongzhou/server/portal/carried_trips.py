"""The trips that confirmed cases took within their infectious windows: what may be announced, with nobody named."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from tongzhou.core.exposures import Conveyance
from tongzhou.server.cases.models import Case, Classification
from tongzhou.server.kernel.records import prefix_range
from tongzhou.server.movement.announcing import CarriedTrip
from tongzhou.server.movement.ledger_door import get_ledger
from tongzhou.server.movement.queries import as_instant

NEWEST_CASES = 200
"""Trips are looked up for this many cases, the newest: the older ones' were announced in their time."""
COLUMNS = ["person", "conveyance", "vehicle", "trip_day", "carriage", "from_s", "until_s"]

Windows = dict[int, list[tuple[float, float]]]


def carried_trips(area_code: str) -> list[CarriedTrip]:
    """Return the trips of the newest confirmed cases of an area, latest first."""
    windows = _windows(area_code)
    if not windows:
        return []
    spans = [span for spans in windows.values() for span in spans]
    rows = get_ledger().select(
        "trips",
        persons=sorted(windows),
        from_s=int(min(start for start, _ in spans)),
        until_s=int(max(end for _, end in spans)),
        columns=COLUMNS,
    )
    return _grouped(row for row in rows.to_dicts() if _is_within(row, windows[row["person"]]))


def _windows(area_code: str) -> Windows:
    cases = Case.objects.everything("trips to announce, nobody named").filter(
        prefix_range("area_code", area_code), classification=Classification.CONFIRMED
    )
    newest = cases.order_by("-diagnosed_at").values_list("person_id", "window_from_at", "window_until_at")
    found: Windows = defaultdict(list)
    for person, start, end in newest[:NEWEST_CASES]:
        found[person].append((start.timestamp(), end.timestamp()))
    return found


def _is_within(row: dict[str, Any], spans: list[tuple[float, float]]) -> bool:
    return any(row["from_s"] < end and row["until_s"] > start for start, end in spans)


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
