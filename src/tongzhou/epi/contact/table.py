"""The exposures found, as columns; and one by one where a person reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from tongzhou.core.exposures import Conveyance, Exposure, Seat, Setting

SEAT_FIELDS = ("carriage", "row", "seat", "compartment", "bay", "seat_class", "is_crew")
SEAT_TYPES: Mapping[str, Any] = {
    "carriage": pl.String,
    "row": pl.Int16,
    "seat": pl.String,
    "compartment": pl.String,
    "bay": pl.Int16,
    "seat_class": pl.String,
    "is_crew": pl.Int16,
}
COLUMNS: Mapping[str, Any] = {
    "case_person": pl.Int64,
    "other_person": pl.Int64,
    "setting": pl.String,
    "place": pl.Int64,
    "from_s": pl.Int64,
    "until_s": pl.Int64,
    "minutes": pl.Float64,
    "linger_minutes": pl.Float64,
    "conveyance": pl.String,
    "vehicle": pl.String,
    "trip_day": pl.Date,
    "case_seat": pl.Struct(SEAT_TYPES),
    "other_seat": pl.Struct(SEAT_TYPES),
    "seat_rule": pl.String,
    "seat_relation": pl.String,
    "evidence_rows": pl.List(pl.Int64),
}
ORDER = ("case_person", "other_person", "place", "conveyance", "vehicle", "trip_day")


@dataclass(frozen=True, slots=True)
class ExposureTable:
    """Exposures, one row for each case, other person, and place or trip, in that order.

    frame columns: ``case_person, other_person, setting, place`` (null on a trip), ``from_s, until_s`` (first
    start, last end), ``minutes`` (time together, no second twice), ``linger_minutes`` (part of it after
    the case had left), ``conveyance, vehicle, trip_day, case_seat, other_seat`` (null in a place),
    ``seat_rule, seat_relation``, ``evidence_rows`` (numbers of the stays or trips that show it)
    """

    _frame: pl.DataFrame

    def __len__(self) -> int:
        return self._frame.height

    def to_frame(self) -> pl.DataFrame:
        """Return the exposures as a Polars frame."""
        return self._frame

    def of_case(self, person: int) -> ExposureTable:
        """Return the exposures to one case."""
        return ExposureTable(self._frame.filter(pl.col("case_person") == person))

    def exposures(self) -> list[Exposure]:
        """Return the exposures as values for grading, in the order of the table."""
        return [_exposure(row) for row in self._frame.iter_rows(named=True)]


def table_of(frames: list[pl.DataFrame]) -> ExposureTable:
    """Join frames that hold some of the columns into one ordered table."""
    whole = [
        frame.select(
            (pl.col(name) if name in frame.columns else pl.lit(None)).cast(kind).alias(name)
            for name, kind in COLUMNS.items()
        )
        for frame in frames
    ]
    joined = pl.concat(whole) if whole else pl.DataFrame(schema=dict(COLUMNS))
    return ExposureTable(joined.sort(ORDER, nulls_last=True, maintain_order=True))


def _exposure(row: dict[str, Any]) -> Exposure:
    is_trip = row["conveyance"] is not None
    source = "trips" if is_trip else "stays"
    return Exposure(
        case_person=row["case_person"],
        other_person=row["other_person"],
        setting=Setting(row["setting"]),
        from_s=row["from_s"],
        until_s=row["until_s"],
        minutes=row["minutes"],
        linger_minutes=row["linger_minutes"],
        place=row["place"] or 0,
        conveyance=Conveyance(row["conveyance"]) if is_trip else None,
        vehicle=row["vehicle"] or "",
        trip_day=row["trip_day"].isoformat() if is_trip else "",
        case_seat=_seat(row["case_seat"]) if is_trip else None,
        other_seat=_seat(row["other_seat"]) if is_trip else None,
        evidence=tuple(f"{source}:{number}" for number in row["evidence_rows"]),
    )


def _seat(fields: dict[str, Any]) -> Seat:
    return Seat(
        carriage=fields["carriage"] or "",
        row=fields["row"],
        column=fields["seat"] or "",
        compartment=fields["compartment"] or "",
        bay=fields["bay"],
        seat_class=fields["seat_class"] or "",
        is_crew=bool(fields["is_crew"]),
    )
