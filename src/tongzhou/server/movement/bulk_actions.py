"""Stays and trips of many persons at once, from published lists: places registered, rows appended in one batch."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import polars as pl

from tongzhou.core.access import Actor
from tongzhou.core.exposures import Conveyance
from tongzhou.interop.conveyance_numbers import Position, TripKind
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.kernel import clock
from tongzhou.server.movement.ledger_door import get_ledger
from tongzhou.server.movement.notices import conveyance_of
from tongzhou.server.people.bulk_actions import PlaceKey, register_places

_SEAT = re.compile(r"^([1-9][0-9]?)([A-HJKL])$")


@dataclass(frozen=True, slots=True)
class BulkStay:
    """One stay; ``source`` says where it is from and how closely its time is known. Coordinates in WGS-84."""

    person: int
    place: PlaceKey
    from_s: int
    until_s: int
    source: str
    at: tuple[float | None, float | None] = (None, None)
    row: int = 0


@dataclass(frozen=True, slots=True)
class BulkTrip:
    """One trip on a numbered conveyance."""

    person: int
    kind: TripKind
    number: str
    on: date
    from_s: int
    until_s: int
    source: str
    position: Position
    row: int = 0


@dataclass(frozen=True, slots=True)
class MovementReceipt:
    """How many stays and trips were new, from which rows of their files, and why the ledger refused some."""

    n_stays: int
    n_trips: int
    stay_rows: frozenset[int]
    trip_rows: frozenset[int]
    reasons: tuple[str, ...]


def record_movements(
    actor: Actor, area_code: str, source: str, stays: Sequence[BulkStay], trips: Sequence[BulkTrip]
) -> MovementReceipt:
    """Append the stays and trips that the ledger does not hold yet, in the running transaction.

    Needs: import.run in the area that holds the places. Writes: Place, ledger stays and trips. Records:
    movement.import. Idempotent by content; persons taken back with their transaction leave no name in use.
    """
    numbers = register_places(actor, area_code, {s.place: s.at for s in stays}, Permission.IMPORT_RUN)
    frames = {"stays": _unknown("stays", _stays(stays, numbers)), "trips": _unknown("trips", _trips(trips))}
    reasons: set[str] = set()
    with acting(actor, Permission.IMPORT_RUN, area_code, "movement.import") as record:
        for table, frame in frames.items():
            reasons |= _append(table, frame.drop("file_row"), source) if frame.height else set()
        record.detail = {"source": source, **{table: frame.height for table, frame in frames.items()}}
    rows = [frozenset(frame["file_row"].to_list()) for frame in frames.values()]
    return MovementReceipt(frames["stays"].height, frames["trips"].height, *rows, tuple(sorted(reasons)))


def _append(table: str, frame: pl.DataFrame, source: str) -> set[str]:
    digest = hashlib.sha256(frame.write_ndjson().encode()).hexdigest()
    report = get_ledger().append(table, frame, batch_id=f"{source}:{digest[:32]}", recorded_at=clock.now())
    return {f"{row['column']}: {row['reason']}" for row in report.rejected.iter_rows(named=True)}


def _unknown(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that the ledger does not hold yet, each once."""
    if frame.is_empty():
        return frame
    content = [name for name in frame.columns if name != "file_row"]
    held = get_ledger().select(table, persons=frame["person"].unique().to_list(), columns=content)
    frame = frame.unique(content, keep="first", maintain_order=True)
    return frame.join(
        held.cast(frame.select(content).schema),
        on=content,
        how="anti",
        nulls_equal=True,
        maintain_order="left",
    )


def _stays(stays: Sequence[BulkStay], numbers: dict[PlaceKey, int]) -> pl.DataFrame:
    rows = [(s.person, numbers[s.place], s.from_s, s.until_s, s.source, s.row) for s in stays]
    schema = dict.fromkeys(("person", "place", "from_s", "until_s"), pl.Int64)
    return pl.DataFrame(rows, schema={**schema, "source": pl.String, "file_row": pl.Int64}, orient="row")


def _trips(trips: Sequence[BulkTrip]) -> pl.DataFrame:
    schema = {
        "person": pl.Int64, "conveyance": pl.String, "vehicle": pl.String, "trip_day": pl.Date,
        "carriage": pl.String, "row": pl.Int16, "seat": pl.String, "compartment": pl.String, "bay": pl.Int16,
        "seat_class": pl.String, "is_crew": pl.Int16, "from_s": pl.Int64, "until_s": pl.Int64, "source": pl.String,
        "file_row": pl.Int64,
    }  # fmt: skip
    return pl.DataFrame([_trip(trip) for trip in trips], schema=schema, orient="row")


def _trip(trip: BulkTrip) -> tuple[object, ...]:
    carriage = trip.position.carriages[0] if trip.position.carriages else None
    seat = trip.position.seats[0] if trip.position.seats else None
    row = trip.position.rows[0] if trip.position.rows else None
    if seat and (found := _SEAT.match(seat)):
        row, seat = int(found[1]), found[2]
    return (
        trip.person, conveyance_of(trip.kind, trip.number), trip.number, trip.on, carriage, row, seat,
        None, None, None, 0, trip.from_s, trip.until_s, trip.source, trip.row,
    )  # fmt: skip


def day_of(seconds: int) -> date:
    """Return the local day of an instant."""
    return datetime.fromtimestamp(seconds, UTC).astimezone(clock.zone()).date()


def is_carried(kind: TripKind | None) -> bool:
    """Tell whether the ledger knows this kind of conveyance."""
    return kind is not None and kind is not TripKind.PLACE and conveyance_of(kind, "") in set(Conveyance)
