"""Where a case was, as the timeline and the map draw it: coordinates in the system of the outlines."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext

from tongzhou.core.access import Actor
from tongzhou.core.coordinates import to_gcj02
from tongzhou.core.time import day_start
from tongzhou.server.cases.models import Case, Decided, ExposureRecord
from tongzhou.server.cases.screens import place_name
from tongzhou.server.kernel import clock
from tongzhou.server.movement.queries import Itinerary, StayRow, TripRow, itinerary_of
from tongzhou.server.movement.words import conveyance_word, source_word
from tongzhou.server.people.models import Place

MARGIN = timedelta(days=2)
"""How much is shown before and after the infectious window, for the interview to see what borders on it."""
NOON = time(12)


def timeline_of(actor: Actor, case: Case, can_write: bool) -> dict[str, Any]:
    """Return the content of the timeline and the map of a case."""
    found = itinerary_of(actor, case.person, case.window_from_at - MARGIN, case.window_until_at + MARGIN)
    met = _exposed(case)
    back = reverse("cases:case", args=[case.id])
    content: dict[str, Any] = {
        "window": {
            "from": case.window_from_at.isoformat(),
            "until": case.window_until_at.isoformat(),
            "label": gettext("Infectious window"),
        },
        "marks": _marks(case),
        "stays": [_stay(row, case, met, back if can_write else "") for row in found.stays],
        "trips": [_trip(row, case, met, back if can_write else "") for row in _in_order(found)],
    }
    if can_write:
        content["add_stay_url"] = _address("movement:add_stay", [case.person_id], back)
        content["add_trip_url"] = _address("movement:add_trip", [case.person_id], back)
    return content


def _in_order(found: Itinerary) -> list[TripRow]:
    return sorted(found.trips, key=lambda trip: trip.from_at)


def _address(view: str, args: list[Any], back: str) -> str:
    return f"{reverse(view, args=args)}?next={back}"


def _marks(case: Case) -> list[dict[str, Any]]:
    onset = day_start(case.onset_on, clock.zone()) + timedelta(hours=NOON.hour) if case.onset_on else None
    marks: list[tuple[datetime | None, str, str]] = [
        (onset, "onset", gettext("Onset")),
        (case.first_sampled_at, "sample", gettext("First positive sample")),
        (case.diagnosed_at, "report", gettext("Diagnosis")),
        (case.isolated_at, "isolation", gettext("Isolation")),
    ]
    return [{"at": at.isoformat(), "kind": kind, "label": label} for at, kind, label in marks if at]


def _exposed(case: Case) -> list[tuple[int | None, str, datetime, datetime, object]]:
    """Return the standing meetings of a case: place, vehicle, from, until, contact."""
    rows = ExposureRecord.objects.everything("of a visible case").filter(case=case)
    rows = rows.exclude(decision=Decided.REJECTED)
    return list(rows.values_list("place_id", "vehicle", "from_at", "until_at", "contact_id"))


def _stay(row: StayRow, case: Case, met: list[Any], back: str) -> dict[str, Any]:
    number = row.place.id if row.place else None
    people = {
        contact
        for place, _, start, end, contact in met
        if place is not None and place == number and start < row.until_at and end > row.from_at
    }
    stay: dict[str, Any] = {
        "id": f"stay-{row.row_id}",
        "place": place_name(row.place),
        "from": row.from_at.isoformat(),
        "until": row.until_at.isoformat(),
        "source": source_word(row.source),
        "n_exposed": len(people),
        "url": reverse("cases:exposures", args=[case.id]) + (f"?place={number}" if number else ""),
    }
    if at := point_of(row.place):
        stay["at"] = at
    if back:
        stay["edit_url"] = _address("movement:edit_stay", [case.person_id, row.row_id], back)
    return stay


def _trip(row: TripRow, case: Case, met: list[Any], back: str) -> dict[str, Any]:
    people = {
        contact
        for _, vehicle, start, end, contact in met
        if vehicle and vehicle == row.vehicle and start < row.until_at and end > row.from_at
    }
    trip: dict[str, Any] = {
        "id": f"trip-{row.row_id}",
        "label": f"{conveyance_word(row.conveyance.value)} {row.vehicle}",
        "from": row.from_at.isoformat(),
        "until": row.until_at.isoformat(),
        "seat": row.seat,
        "source": source_word(row.source),
        "n_exposed": len(people),
    }
    if back:
        trip["edit_url"] = _address("movement:edit_trip", [case.person_id, row.row_id], back)
    return trip


def point_of(place: Place | None) -> list[float] | None:
    """Return a place's position in GCJ-02, the system of the outlines, or ``None``."""
    if place is None or place.longitude is None or place.latitude is None:
        return None
    longitude, latitude = to_gcj02(place.longitude, place.latitude, place.coordinate_system)
    return [round(longitude, 6), round(latitude, 6)]
