"""Writes of stays and trips: from an interview, as a correction, or in bulk."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from tongzhou.core.access import Actor
from tongzhou.core.errors import Conflict, InputError
from tongzhou.core.exposures import Conveyance
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.outbox import publish
from tongzhou.server.movement.ledger_door import get_ledger
from tongzhou.server.movement.queries import normalise_vehicle
from tongzhou.server.people.models import Person, Place


@dataclass(frozen=True, slots=True)
class StayEntry:
    """A stay that an interview found."""

    place: Place
    from_at: datetime
    until_at: datetime


@dataclass(frozen=True, slots=True)
class TripEntry:
    """A trip that an interview found; unknown parts of the seat stay empty."""

    conveyance: Conveyance
    vehicle: str
    trip_on: date
    from_at: datetime
    until_at: datetime
    carriage: str = ""
    row: int | None = None
    seat: str = ""
    compartment: str = ""
    bay: int | None = None
    seat_class: str = ""
    is_crew: bool = False


def _check_times(from_at: datetime, until_at: datetime) -> None:
    if until_at <= from_at:
        raise InputError("movement.ends_before_start", "The end is not after the start.", "Check both times.")
    if until_at > clock.now():
        raise InputError("movement.in_future", "The end lies in the future.", "Give only what has happened.")


def add_stay(actor: Actor, person: Person, entry: StayEntry) -> int:
    """Add a stay from the interview; return its ledger row.

    Needs: case.write in the person's area. Writes: ledger stays. Records: stay.add, publishes
    ``itinerary.changed``. Idempotent by content.
    """
    return _add(actor, person, "stays", _stay_row(person, entry))


def add_trip(actor: Actor, person: Person, entry: TripEntry) -> int:
    """Add a trip from the interview; return its ledger row.

    Needs: case.write in the person's area. Writes: ledger trips. Records: trip.add, publishes
    ``itinerary.changed``. Idempotent by content.
    """
    return _add(actor, person, "trips", _trip_row(person, entry))


def correct_row(
    actor: Actor, person: Person, row_id: int, entry: StayEntry | TripEntry, *, reason: str
) -> int:
    """Replace a stay or trip by what the interview says; return the new row. The old one stays in the history.

    Needs: case.write in the person's area. Writes: ledger rows and withdrawals. Records: stay.correct or
    trip.correct, publishes ``itinerary.changed``. Raises InputError without a reason, for a row of somebody
    else, or when nothing changes.
    """
    table = "stays" if isinstance(entry, StayEntry) else "trips"
    row = _stay_row(person, entry) if isinstance(entry, StayEntry) else _trip_row(person, entry)
    _check_reason(reason)
    _require_theirs(person, table, row_id)
    if _standing(person, table, row) == row_id:
        raise InputError("movement.nothing_changed", "Nothing was changed.", "Change a time, place or seat.")
    with acting(
        actor, Permission.CASE_WRITE, person.area_code, f"{table[:-1]}.correct", ("person", person.id)
    ) as record:
        new = _append(person, table, row)
        get_ledger().withdraw(
            table,
            [row_id],
            reason=reason.strip()[:200],
            source="interview",
            recorded_at=clock.now(),
            replaced_by=[new],
        )
        record.detail = {"row": row_id, "replaced_by": new}
        publish("itinerary.changed", person.area_code, {"person": person.id})
    return new


def _stay_row(person: Person, entry: StayEntry) -> dict[str, Any]:
    _check_times(entry.from_at, entry.until_at)
    return {
        "person": person.id,
        "place": entry.place.id,
        "from_s": int(entry.from_at.timestamp()),
        "until_s": int(entry.until_at.timestamp()),
        "source": "interview",
    }


def _trip_row(person: Person, entry: TripEntry) -> dict[str, Any]:
    _check_times(entry.from_at, entry.until_at)
    return {
        "person": person.id,
        "conveyance": entry.conveyance.value,
        "vehicle": normalise_vehicle(entry.vehicle),
        "trip_day": entry.trip_on,
        "carriage": entry.carriage or None,
        "row": entry.row,
        "seat": entry.seat or None,
        "compartment": entry.compartment or None,
        "bay": entry.bay,
        "seat_class": entry.seat_class or None,
        "is_crew": int(entry.is_crew),
        "from_s": int(entry.from_at.timestamp()),
        "until_s": int(entry.until_at.timestamp()),
        "source": "interview",
    }


def withdraw_row(actor: Actor, person: Person, table: str, row_id: int, reason: str) -> None:
    """Take back a stay or trip that proved wrong; it stays in the history with the reason.

    Needs: case.write. Writes: ledger withdrawals. Records: stay.withdraw or trip.withdraw, publishes
    ``itinerary.changed``.
    Raises InputError without a reason, or when the row is not this person's.
    """
    if table not in ("stays", "trips"):
        raise InputError(
            "movement.unknown_table", f"{table!r} is not stays or trips.", "Name one of the two."
        )
    _check_reason(reason)
    _require_theirs(person, table, row_id)
    with acting(
        actor, Permission.CASE_WRITE, person.area_code, f"{table[:-1]}.withdraw", ("person", person.id)
    ) as record:
        record.detail = {"row": row_id}
        get_ledger().withdraw(
            table, [row_id], reason=reason.strip()[:200], source="interview", recorded_at=clock.now()
        )
        publish("itinerary.changed", person.area_code, {"person": person.id})


def _check_reason(reason: str) -> None:
    if len(reason.strip()) < 2:
        raise InputError("movement.no_reason", "A correction needs a reason.", "Say what was wrong.")


def _require_theirs(person: Person, table: str, row_id: int) -> None:
    found = get_ledger().select(table, persons=[person.id], row_ids=[row_id], columns=["row_id"])
    if found.is_empty():
        raise InputError(
            "movement.not_theirs", f"Row {row_id} is no {table} row of this person.", "Reload the page."
        )


def _add(actor: Actor, person: Person, table: str, row: dict[str, Any]) -> int:
    known = _standing(person, table, row)
    if known is not None:
        return known
    with acting(
        actor, Permission.CASE_WRITE, person.area_code, f"{table[:-1]}.add", ("person", person.id)
    ) as record:
        number = _append(person, table, row)
        record.detail = {"row": number}
        publish("itinerary.changed", person.area_code, {"person": person.id})
    return number


def _standing(person: Person, table: str, row: dict[str, Any]) -> int | None:
    """Return the standing row with the same content, whoever said so, or ``None``."""
    content = {name: value for name, value in row.items() if name != "source"}
    bounds = {"from_s": row["from_s"], "until_s": row["until_s"]}
    rows = get_ledger().select(table, persons=[person.id], **bounds).to_dicts()
    same = [known["row_id"] for known in rows if {name: known[name] for name in content} == content]
    return max(same, default=None)


def _append(person: Person, table: str, row: dict[str, Any]) -> int:
    """Append one row; the batch names content and minute, so that a double click adds it once."""
    now = clock.now()
    content = json.dumps({**row, "minute": int(now.timestamp()) // 60}, sort_keys=True, default=str)
    batch = f"interview:{hashlib.sha256(content.encode()).hexdigest()[:24]}"
    report = get_ledger().append(table, pl.DataFrame([row]), batch_id=batch, recorded_at=now)
    if report.n_rejected:
        fault = report.rejected.row(0, named=True)
        raise InputError(
            "movement.rejected", f"{fault['column']}: {fault['reason']}.", "Correct the entry and save again."
        )
    number = _standing(person, table, row)
    if number is None:
        raise Conflict(
            "movement.just_withdrawn", "The same entry was taken back a moment ago.", "Try again in a minute."
        )
    return number
