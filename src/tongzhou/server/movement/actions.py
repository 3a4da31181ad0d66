"""Writes of stays and trips: from an interview, as a correction, or in bulk."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from tongzhou.core.access import Actor
from tongzhou.core.errors import InputError
from tongzhou.core.exposures import Conveyance
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.kernel import clock
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

    Needs: case.write in the person's area. Writes: ledger stays. Records: stay.add. Idempotent by content.
    """
    _check_times(entry.from_at, entry.until_at)
    row = {
        "person": person.id,
        "place": entry.place.id,
        "from_s": int(entry.from_at.timestamp()),
        "until_s": int(entry.until_at.timestamp()),
        "source": "interview",
    }
    return _append_one(actor, person, "stays", row, "stay.add")


def add_trip(actor: Actor, person: Person, entry: TripEntry) -> int:
    """Add a trip from the interview; return its ledger row.

    Needs: case.write in the person's area. Writes: ledger trips. Records: trip.add. Idempotent by content.
    """
    _check_times(entry.from_at, entry.until_at)
    row = {
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
    return _append_one(actor, person, "trips", row, "trip.add")


def withdraw_row(actor: Actor, person: Person, table: str, row_id: int, reason: str) -> None:
    """Take back a stay or trip that proved wrong; it stays in the history with the reason.

    Needs: case.write. Writes: ledger withdrawals. Records: stay.withdraw or trip.withdraw.
    Raises InputError without a reason, or when the row is not this person's.
    """
    if table not in ("stays", "trips"):
        raise InputError(
            "movement.unknown_table", f"{table!r} is not stays or trips.", "Name one of the two."
        )
    if len(reason.strip()) < 2:
        raise InputError("movement.no_reason", "A correction needs a reason.", "Say what was wrong.")
    ledger = get_ledger()
    if ledger.select(table, persons=[person.id], row_ids=[row_id], columns=["row_id"]).is_empty():
        raise InputError(
            "movement.not_theirs", f"Row {row_id} is no {table} row of this person.", "Reload the page."
        )
    with acting(
        actor, Permission.CASE_WRITE, person.area_code, f"{table[:-1]}.withdraw", ("person", person.id)
    ) as record:
        record.detail = {"row": row_id}
        ledger.withdraw(table, [row_id], reason=reason.strip()[:200], recorded_at=clock.now())


def _append_one(actor: Actor, person: Person, table: str, row: dict[str, Any], action: str) -> int:
    content = json.dumps(row, sort_keys=True, default=str)
    batch = f"interview:{hashlib.sha256(content.encode()).hexdigest()[:24]}"
    with acting(actor, Permission.CASE_WRITE, person.area_code, action, ("person", person.id)) as record:
        ledger = get_ledger()
        report = ledger.append(table, pl.DataFrame([row]), batch_id=batch, recorded_at=clock.now())
        if report.n_rejected:
            fault = report.rejected.row(0, named=True)
            raise InputError(
                "movement.rejected",
                f"{fault['column']}: {fault['reason']}.",
                "Correct the entry and save again.",
            )
        bounds = {"from_s": row["from_s"], "until_s": row["until_s"]}
        found = ledger.select(table, persons=[person.id], columns=["row_id"], **bounds)
        record.detail = {"row": int(found["row_id"].max())}
    return int(found["row_id"].max())
