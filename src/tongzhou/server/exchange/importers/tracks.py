"""Published itineraries: steps read into stays, trips and events; what could not be read is said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from tongzhou.core.errors import InputError
from tongzhou.interop.columns import map_columns
from tongzhou.interop.conveyance_numbers import TripKind
from tongzhou.interop.itinerary import Span
from tongzhou.interop.itinerary_words import MODES
from tongzhou.interop.reports import Finding, Rejection, join_reports, rejections_frame
from tongzhou.interop.tracks import FIELDS, ParseShare, Track, read_tracks
from tongzhou.server.cases.history_actions import PastCase
from tongzhou.server.exchange.importers.base import (
    Batch,
    FileRole,
    Importer,
    Reading,
    Tables,
    Written,
    national_names,
)
from tongzhou.server.exchange.importers.people import PastDelivery, whole_days, write_delivery
from tongzhou.server.movement.bulk_actions import BulkStay, BulkTrip, day_of, is_carried

SOURCE = "tracks"
FILE = "tracks"


def read(tables: Tables, overrides: Mapping[str, str]) -> Reading:
    """Read itineraries; one whose area or day of publication is unknown cannot become a case and is refused."""
    table = tables[FILE]
    found = read_tracks(table, national_names(), overrides)
    refused = [problem for track in found.tracks if (problem := _problem(track))]
    bad = {rejection.row for rejection in refused}
    tracks = [track for track in found.tracks if track.row not in bad]
    mapping = map_columns(table.columns, FIELDS, overrides).pairs
    rejected = join_reports([found.rejected, rejections_frame(refused)])
    findings = (_parsed(found.share), *found.findings, *_unended(tracks))
    return Reading(tracks, {FILE: rejected}, {FILE: mapping}, findings)


def _problem(track: Track) -> Rejection | None:
    if not track.patient:
        return Rejection(track.row, "confid", "", "no patient number")
    if track.area_code is None:
        return Rejection(track.row, "province", "", "names no known area")
    if track.published_on is None:
        return Rejection(track.row, "pub_time", "", "no day of publication: years cannot be inferred")
    return None


def _parsed(share: ParseShare) -> Finding:
    message = (
        f"{share.n_steps:,} steps of {share.n_patients:,} patients: {share.n_whole:,} read whole ({share.whole:.1%}), "
        f"{share.n_part:,} in part; {share.n_unread:,} of {share.n_clauses:,} clauses could not be read."
    )
    return Finding("parsed", message)


def _unended(tracks: list[Track]) -> list[Finding]:
    steps = [step for track in tracks for step in track.steps]
    n_open = sum(item.span.until_s is None for step in steps for item in (*step.stays, *step.trips))
    n_bare = sum(not trip.numbers for step in steps for trip in step.trips)
    return [
        Finding("no_end", f"{n_open:,} stays and trips tell no end: kept until the end of their day."),
        Finding("no_number", f"{n_bare:,} trips on nothing numbered (own car, on foot, unknown): not kept as trips."),
    ]  # fmt: skip


def write(reading: Reading, batch: Batch) -> Written:
    """Write one case for each itinerary, with its stays and trips."""
    tracks: list[Track] = reading.content
    delivery = PastDelivery(
        source=SOURCE,
        role=FILE,
        cases=[_past_case(track) for track in tracks],
        rows={track.patient: track.row for track in tracks},
        movements=lambda fresh: (_stays(tracks, fresh), _trips(tracks, fresh)),
    )
    return write_delivery(delivery, batch)


def _past_case(track: Track) -> PastCase:
    """Return the case; its day of diagnosis is the first one told, else the day of publication."""
    diagnosed = _first_day(track, "confirmed")
    if track.area_code is None or track.published_on is None:
        raise InputError("import.undated", f"Row {track.row} has no area or no day.", "Read the file again.")
    return PastCase(
        key=track.patient,
        area_code=track.area_code,
        diagnosed_on=diagnosed or track.published_on,
        onset_on=_first_day(track, "onset"),
        admitted_on=_first_day(track, "admitted"),
        note="" if diagnosed else "day of diagnosis not told: day of publication",
    )


def _first_day(track: Track, kind: str) -> date | None:
    starts = [event.span.from_s for step in track.steps for event in step.events if event.kind == kind]
    return day_of(min(starts)) if starts else None


def _span(span: Span) -> tuple[int, int]:
    until = span.until_s if span.until_s is not None else whole_days(day_of(span.from_s))[1]
    return span.from_s, max(until, span.from_s + 60)


def _stays(tracks: list[Track], fresh: dict[str, int]) -> list[BulkStay]:
    return [
        BulkStay(
            fresh[track.patient],
            (track.area_code or "", stay.place[:160], stay.setting),
            *_span(stay.span),
            f"tracks:{stay.span.precision.value}",
            row=track.row,
        )
        for track in tracks
        if track.patient in fresh
        for step in track.steps
        for stay in step.stays
    ]


def _trips(tracks: list[Track], fresh: dict[str, int]) -> list[BulkTrip]:
    return [
        BulkTrip(
            fresh[track.patient],
            MODES[trip.mode] or TripKind.PLACE,
            trip.numbers[0],
            day_of(trip.span.from_s),
            *_span(trip.span),
            f"tracks:{trip.span.precision.value}",
            trip.position,
            track.row,
        )
        for track in tracks
        if track.patient in fresh
        for step in track.steps
        for trip in step.trips
        if trip.numbers and is_carried(MODES[trip.mode])
    ]


TRACKS = Importer("tracks", "公开行程轨迹", "Published itineraries", (FileRole(FILE),), read, write)
