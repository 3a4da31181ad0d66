"""The file of published patient itineraries: one row for each person, the steps inside as JSON.

Joins the reader of steps (`itinerary`) with the file's columns, areas and time of publication, and measures
how much was read. Duplicate notices of one person are reported, not merged.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from tongzhou.interop.area_names import AreaNames
from tongzhou.interop.columns import Field, map_columns
from tongzhou.interop.itinerary import ParsedStep, parse_itinerary
from tongzhou.interop.reports import Finding, Rejection, join_reports, rejections_frame
from tongzhou.interop.tabular import TableSource
from tongzhou.interop.text_values import parse_days

FIELDS = (
    Field("confid", ("patient_id", "id")),
    *(
        Field(n, is_required=False)
        for n in ("province", "city", "county", "user_num", "user_name", "location")
    ),
    Field("track", ("steps", "轨迹")),
    Field("pub_time", ("published_at", "发布时间")),
    *(Field(n, is_required=False) for n in ("source", "source_url", "hashtag")),
)


_SPAN: dict[str, pl.DataType] = {
    "from_s": pl.Int64(),
    "until_s": pl.Int64(),
    "precision": pl.String(),
    "confidence": pl.Float64(),
}


@dataclass(frozen=True, slots=True)
class Track:
    """One person's itinerary.

    patient : the list's own number; area_code : deepest area named; published_on : local day or ``None``
    """

    row: int
    patient: str
    area_code: str | None
    published_on: date | None
    label: str
    source_url: str
    steps: tuple[ParsedStep, ...]


@dataclass(frozen=True, slots=True)
class ParseShare:
    """How much of an itinerary file was read.

    n_steps, n_dated : steps, and those whose day was found
    n_whole : steps of which every clause was understood; n_part : some but not all
    n_clauses, n_unread : clauses, and those without meaning to the grammar
    """

    n_patients: int
    n_steps: int
    n_dated: int
    n_whole: int
    n_part: int
    n_with_record: int
    n_clauses: int
    n_unread: int

    @property
    def whole(self) -> float:
        """Share of steps read whole."""
        return self.n_whole / self.n_steps if self.n_steps else 0.0

    @property
    def clauses(self) -> float:
        """Share of clauses read."""
        return 1 - self.n_unread / self.n_clauses if self.n_clauses else 0.0


@dataclass(frozen=True, slots=True)
class TrackReading:
    """All itineraries of one file."""

    tracks: tuple[Track, ...]
    rejected: pl.DataFrame
    findings: tuple[Finding, ...]
    share: ParseShare

    def stays_frame(self) -> pl.DataFrame:
        """Return every stay: patient, step, place, setting, from_s, until_s, precision, confidence, text."""
        rows = [
            (
                t.patient,
                s.step,
                s.place,
                s.setting,
                s.span.from_s,
                s.span.until_s,
                s.span.precision.value,
                s.confidence,
                s.text,
            )
            for t in self.tracks
            for step in t.steps
            for s in step.stays
        ]
        names: dict[str, pl.DataType] = {
            "patient": pl.String(),
            "step": pl.Int64(),
            "place": pl.String(),
            "setting": pl.String(),
            **_SPAN,
            "text": pl.String(),
        }
        return pl.DataFrame(rows, schema=names, orient="row")

    def trips_frame(self) -> pl.DataFrame:
        """Return every trip: patient, step, mode, numbers, carriages, seats, origin, destination, times, text."""
        rows = [
            (
                t.patient,
                s.step,
                s.mode,
                list(s.numbers),
                list(s.position.carriages),
                list(s.position.seats),
                s.origin,
                s.destination,
                s.span.from_s,
                s.span.until_s,
                s.span.precision.value,
                s.confidence,
                s.text,
            )
            for t in self.tracks
            for step in t.steps
            for s in step.trips
        ]
        texts = pl.List(pl.String)
        names: dict[str, pl.DataType] = {
            "patient": pl.String(),
            "step": pl.Int64(),
            "mode": pl.String(),
            "numbers": texts,
            "carriages": texts,
            "seats": texts,
            "origin": pl.String(),
            "destination": pl.String(),
            **_SPAN,
            "text": pl.String(),
        }
        return pl.DataFrame(rows, schema=names, orient="row")


def read_tracks(
    table: TableSource, areas: AreaNames, overrides: Mapping[str, str] | None = None
) -> TrackReading:
    """Read a file of itineraries.

    A row is rejected when its steps are not a list of objects with ``time`` and ``action``; a step that
    cannot be read is kept with its words in ``unread``.
    """
    mapping = map_columns(table.columns, FIELDS, overrides)
    frame = mapping.apply(table.read_all())
    days = parse_days(frame["pub_time"].str.slice(0, 10))
    tracks, rejections = [], []
    for row, published_on in zip(frame.iter_rows(named=True), days, strict=True):
        steps = _steps_of(row["track"])
        if steps is None:
            rejections.append(
                Rejection(row["row"], "track", row["track"] or "", "not a JSON list of {time, action}")
            )
            continue
        label = " ".join(text for text in (row["user_num"], row["user_name"]) if text)
        code = areas.resolve_path(row["province"], row["city"], row["county"])
        parsed = tuple(parse_itinerary(steps, published_on))
        tracks.append(
            Track(row["row"], row["confid"] or "", code, published_on, label, row["source_url"] or "", parsed)
        )
    report = join_reports([table.broken_rows(), rejections_frame(rejections)])
    return TrackReading(tuple(tracks), report, tuple(_findings(tracks)), measure_share(tracks))


def _steps_of(text: str | None) -> list[tuple[str, str]] | None:
    try:
        steps = json.loads(text or "")
        return [(str(step.get("time") or ""), str(step.get("action") or "")) for step in steps]
    except (ValueError, AttributeError, TypeError, RecursionError):
        return None


def measure_share(tracks: Sequence[Track]) -> ParseShare:
    """Count what was read."""
    steps = [step for track in tracks for step in track.steps]
    read = [len(s.stays) + len(s.trips) + len(s.events) for s in steps]
    unread = [len(s.unread) for s in steps]
    clauses = [
        len({x.text for x in s.stays} | {x.text for x in s.trips} | {x.text for x in s.events})
        + len(s.notes)
        + len(s.unread)
        for s in steps
    ]
    whole = [step.is_whole for step in steps]
    n_part = sum(bool(n) and not w for n, w in zip(read, whole, strict=True))
    return ParseShare(
        len(tracks),
        len(steps),
        sum(s.is_dated for s in steps),
        sum(whole),
        n_part,
        sum(map(bool, read)),
        sum(clauses),
        sum(unread),
    )


def _findings(tracks: Sequence[Track]) -> list[Finding]:
    findings = []
    undated = [t.patient for t in tracks if t.published_on is None]
    if undated:
        message = f"{len(undated)} itineraries without a day of publication: years cannot be inferred."
        findings.append(Finding("no_publication_day", message, {"patients": undated[:10]}))
    labels = Counter((t.area_code, t.label) for t in tracks if t.label)
    repeats = sum(n - 1 for n in labels.values() if n > 1)
    if repeats:
        findings.append(
            Finding(
                "repeated_label",
                f"{repeats} itineraries share area and label with another: notices of one person may repeat.",
            )
        )
    return findings
