"""Stays and trips of one person as read from the ledger, and the public same-trip lookup."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from tongzhou.core.access import Actor
from tongzhou.core.errors import InputError, NotVisible
from tongzhou.core.exposures import Conveyance
from tongzhou.server.access.queries import require
from tongzhou.server.access.rules import Permission
from tongzhou.server.movement.ledger_door import get_ledger
from tongzhou.server.movement.models import TripNotice
from tongzhou.server.people.models import Person, Place


@dataclass(frozen=True, slots=True)
class StayRow:
    """One stay with its place. ``row_id`` names the fact in the ledger."""

    row_id: int
    place: Place | None
    from_at: datetime
    until_at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class TripRow:
    """One trip on a vehicle, with the seat where it is known."""

    row_id: int
    conveyance: Conveyance
    vehicle: str
    trip_on: date
    seat: str
    from_at: datetime
    until_at: datetime
    source: str
    seat_parts: dict[str, Any] = field(default_factory=dict)

    def fields(self) -> dict[str, Any]:
        """Return the trip as a form shows it."""
        return {
            "conveyance": self.conveyance.value,
            "vehicle": self.vehicle,
            "trip_on": self.trip_on,
            "from_at": self.from_at.replace(second=0, microsecond=0),
            "until_at": self.until_at.replace(second=0, microsecond=0),
            **self.seat_parts,
        }


@dataclass(frozen=True, slots=True)
class Itinerary:
    """Where a person was and what carried them, in time order."""

    stays: list[StayRow]
    trips: list[TripRow]


def as_instant(seconds: int) -> datetime:
    """Return ledger seconds as an aware instant."""
    return datetime.fromtimestamp(seconds, UTC)


def itinerary_of(actor: Actor, person: Person, from_at: datetime, until_at: datetime) -> Itinerary:
    """Return a person's standing stays and trips that overlap a time.

    Needs: case.read in the person's area, or being that person.
    """
    if actor.person_id != person.id:
        require(actor, Permission.CASE_READ, person.area_code, ("person", str(person.id)))
    bounds: dict[str, Any] = {
        "persons": [person.id],
        "from_s": int(from_at.timestamp()),
        "until_s": int(until_at.timestamp()),
    }
    ledger = get_ledger()
    stays = ledger.select("stays", **bounds).sort("from_s").to_dicts()
    trips = ledger.select("trips", **bounds).sort("from_s").to_dicts()
    places = Place.objects.everything("names of the person's own stays").in_bulk([s["place"] for s in stays])
    return Itinerary([_stay(row, places) for row in stays], [_trip(row) for row in trips])


def _stay(row: dict[str, Any], places: dict[int, Place]) -> StayRow:
    return StayRow(
        row["row_id"],
        places.get(row["place"]),
        as_instant(row["from_s"]),
        as_instant(row["until_s"]),
        row["source"],
    )


def _trip(row: dict[str, Any]) -> TripRow:
    parts = [row["carriage"], row["row"], row["seat"], row["compartment"], row["bay"]]
    return TripRow(
        row["row_id"],
        Conveyance(row["conveyance"]),
        row["vehicle"],
        row["trip_day"],
        " ".join(str(part) for part in parts if part not in (None, "")),
        as_instant(row["from_s"]),
        as_instant(row["until_s"]),
        row["source"],
        {name: row[name] for name in ("carriage", "row", "seat", "compartment", "bay", "is_crew")},
    )


def stay_of(person: Person, row_id: int) -> StayRow:
    """Return one standing stay of a person the caller may read. Raises NotVisible."""
    row = _one("stays", person, row_id)
    return _stay(row, Place.objects.everything("of the person's own stay").in_bulk([row["place"]]))


def trip_of(person: Person, row_id: int) -> TripRow:
    """Return one standing trip of a person the caller may read. Raises NotVisible."""
    return _trip(_one("trips", person, row_id))


def _one(table: str, person: Person, row_id: int) -> dict[str, Any]:
    found = get_ledger().select(table, persons=[person.id], row_ids=[row_id])
    if found.is_empty():
        raise NotVisible(
            "movement.not_visible", f"No such {table[:-1]} of this person.", "Reload the page it was on."
        )
    return found.row(0, named=True)


def normalise_vehicle(text: str) -> str:
    """Return a vehicle number as notices are stored: upper case, no spaces or dashes.

    >>> normalise_vehicle("aq 1275"), normalise_vehicle("g-1001次")
    ('AQ1275', 'G1001')
    """
    return re.sub(r"[\s\-‐–_]+", "", text.upper()).removesuffix("次")


def find_notices(vehicle: str, on: date, days_around: int = 0) -> QuerySet[TripNotice]:
    """Answer whether a vehicle of a day carried a confirmed case. Public: no name is asked or given.

    Raises InputError for an empty number.
    """
    number = normalise_vehicle(vehicle)
    if not number:
        raise InputError(
            "movement.no_vehicle", "No vehicle number was given.", "Give a number such as AQ1275."
        )
    around = timedelta(days=days_around)
    found = TripNotice.objects.everything("public notices")
    return found.filter(vehicle=number, trip_on__range=(on - around, on + around)).order_by(
        "trip_on", "from_at"
    )
