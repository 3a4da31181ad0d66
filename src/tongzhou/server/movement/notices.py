"""Public notices of trips that carried a case: keep them, and answer who asks about one trip. No person anywhere."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any

from tongzhou.core.access import Actor
from tongzhou.core.exposures import Conveyance
from tongzhou.interop.conveyance_numbers import TripKind, read_position
from tongzhou.interop.public_text import mask_public
from tongzhou.interop.same_trip import SharedTrip, find_trips, merge_trips
from tongzhou.interop.same_trip import TripNotice as ReadNotice
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.movement.models import TripNotice
from tongzhou.server.movement.queries import normalise_vehicle

CHUNK = 1000
FAST_TRAINS = "GDC"
OWN = "own"
"""The source of notices that the system's own records gave."""
LINES = (TripKind.FLIGHT, TripKind.TRAIN, TripKind.METRO, TripKind.SHIP)
"""Kinds whose numbers name a line or a run, never a private vehicle."""
_CONVEYANCE = {
    TripKind.FLIGHT: Conveyance.AIRCRAFT.value,
    TripKind.METRO: Conveyance.METRO.value,
    TripKind.COACH: Conveyance.BUS_CLOSED.value,
    TripKind.BUS: Conveyance.BUS_OPEN.value,
    TripKind.TAXI: Conveyance.TAXI.value,
    TripKind.SHIP: Conveyance.SHIP.value,
    TripKind.PLACE: "other",
}
_KIND = {value: kind for kind, value in _CONVEYANCE.items()} | {
    Conveyance.TRAIN_CLOSED.value: TripKind.TRAIN,
    Conveyance.TRAIN_OPEN.value: TripKind.TRAIN,
}


@dataclass(frozen=True, slots=True)
class NoticeReceipt:
    """What became of notices: records written, and rows of the list with something new."""

    n_written: int
    new_rows: frozenset[int]


def record_notices(
    actor: Actor, notices: Sequence[ReadNotice], area_code: str = "", *, is_trial: bool = False
) -> NoticeReceipt:
    """Keep public notices, one record for each number of a trip.

    Needs: import.run in the area. Writes: TripNotice. Records: notices.record. Idempotent by content. A trial
    writes nothing.
    """
    records = {
        record.dedupe_key: (notice.row, record)
        for notice in notices
        for record in _records(notice, area_code)
    }
    stored = TripNotice.objects.everything("what is known already").filter(
        trip_on__in={n.on for n in notices}
    )
    known = set(stored.values_list("dedupe_key", flat=True))
    fresh = {key: pair for key, pair in records.items() if key not in known}
    receipt = NoticeReceipt(len(fresh), frozenset(row for row, _ in fresh.values()))
    if is_trial or not fresh:
        return receipt
    with acting(actor, Permission.IMPORT_RUN, area_code, "notices.record") as record:
        record.detail = {"written": receipt.n_written}
        TripNotice.objects.bulk_create(
            [notice for _, notice in fresh.values()], batch_size=CHUNK, ignore_conflicts=True
        )
    return receipt


def _records(notice: ReadNotice, area_code: str) -> list[TripNotice]:
    text = "|".join(
        str(part)
        for part in (
            notice.origin, notice.kind.value, notice.title, notice.on, notice.from_s, notice.until_s,
            notice.stations, notice.note, notice.source_url, notice.publisher,
        )
    )  # fmt: skip
    digest = hashlib.sha256(text.encode()).hexdigest()[:56]
    return [
        TripNotice(
            area_code=area_code,
            conveyance=conveyance_of(notice.kind, number),
            vehicle=number[:80],
            vehicle_shown=mask_public(notice.title)[:120],
            trip_on=notice.on,
            from_at=_instant(notice.from_s),
            until_at=_instant(notice.until_s),
            seats_note=_seats(notice)[:300],
            station_from=notice.stations[0][:120],
            station_to=notice.stations[1][:120],
            note=notice.note,
            source=notice.origin[:24],
            source_name=notice.publisher[:160],
            source_url=notice.source_url,
            is_verified=bool(notice.is_verified),
            dedupe_key=f"{digest}:{serial}",
        )
        for serial, number in enumerate(notice.numbers or (notice.title,))
    ]


def conveyance_of(kind: TripKind, number: str) -> str:
    """Return the word of the ledger for a kind; trains differ by the first letter of their number."""
    if kind is not TripKind.TRAIN:
        return _CONVEYANCE[kind]
    is_fast = number[:1] in FAST_TRAINS
    return (Conveyance.TRAIN_CLOSED if is_fast else Conveyance.TRAIN_OPEN).value


def own_number(conveyance: str, number: str) -> str:
    """Return a number of the own records as the public may see it: they know which are no plates."""
    return number if _KIND[conveyance] in LINES else mask_public(number)


def _seats(notice: ReadNotice) -> str:
    position = notice.position
    parts = (("车厢", position.carriages), ("座位", position.seats), ("排", position.rows))
    return " ".join(f"{word} {'、'.join(map(str, values))}" for word, values in parts if values)


def _instant(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def find_shared_trips(number: str, on: date) -> list[SharedTrip]:
    """Return the trips of a day that carry a number, with every notice of each. Public: no name is asked or given.

    Raises
    ------
    InputError : ``same_trip.no_number``
    """
    stored = TripNotice.objects.everything("public notices").filter(trip_on=on).order_by("dedupe_key")
    grouped = groupby(stored, key=lambda record: record.dedupe_key.partition(":")[0])
    notices = [_as_read(list(records)) for _, records in grouped]
    return find_trips(merge_trips(notices), normalise_vehicle(number), on)


def _as_read(records: list[TripNotice]) -> ReadNotice:
    first = records[0]
    kind = _KIND[first.conveyance]
    return ReadNotice(
        row=first.pk.int,
        kind=kind,
        numbers=() if kind is TripKind.PLACE else tuple(record.vehicle for record in records),
        title=first.vehicle_shown,
        on=first.trip_on,
        from_s=int(first.from_at.timestamp()) if first.from_at else None,
        until_s=int(first.until_at.timestamp()) if first.until_at else None,
        position=read_position(first.note, first.vehicle_shown),
        stations=(first.station_from, first.station_to),
        note=first.note,
        source_url=first.source_url,
        publisher=first.source_name,
        is_verified=first.is_verified,
        origin=first.source,
    )


def shown_trip(trip: SharedTrip) -> dict[str, Any]:
    """Return a trip as the public may see it: plates and doors masked, every source named."""
    return {
        "kind": trip.kind.value,
        "numbers": [_shown_number(trip, number) for number in trip.numbers],
        "title": mask_public(trip.title),
        "on": trip.on.isoformat(),
        "from": mask_public(trip.stations[0]),
        "to": mask_public(trip.stations[1]),
        "carriages": list(trip.carriages),
        "seats": list(trip.seats),
        "notices": [_shown_notice(notice) for notice in trip.notices],
    }


def _shown_number(trip: SharedTrip, number: str) -> str:
    """Return a number as the public may see it; lists of others may call a plate the number of a train."""
    is_own = all(notice.origin == OWN for notice in trip.notices)
    return own_number(conveyance_of(trip.kind, number), number) if is_own else mask_public(number)


def _shown_notice(notice: ReadNotice) -> dict[str, Any]:
    times = (_instant(notice.from_s), _instant(notice.until_s))
    return {
        "list": notice.origin,
        "publisher": mask_public(notice.publisher),
        "url": notice.source_url,
        "note": mask_public(notice.note),
        "departs_at": times[0].isoformat() if times[0] else None,
        "arrives_at": times[1].isoformat() if times[1] else None,
        "is_verified": notice.is_verified,
    }
