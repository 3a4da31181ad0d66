"""Pairs of events known only to within windows, and what may still be missing at the right edge.

Owns reading and checking interval-censored records. Fits nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import polars as pl

from tongzhou.core.errors import InputError, list_offenders
from tongzhou.epi.delays.families import Floats
from tongzhou.epi.frames import UNKNOWN_DAY, to_days

BOUNDS = ("primary_low", "primary_high", "secondary_low", "secondary_high")
SHORT = dict(zip(BOUNDS, ("EL", "ER", "SL", "SR"), strict=True))


@dataclass(frozen=True, slots=True)
class CensoredRecords:
    """Windows of a first and a second event in days on one clock, float64, shape (N,) each.

    observed_until : float64, shape (N,) — the second event could have been seen only before; inf where always
    weight : float64, shape (N,) — how many equal records
    """

    primary_low: Floats
    primary_high: Floats
    secondary_low: Floats
    secondary_high: Floats
    observed_until: Floats
    weight: Floats

    @property
    def n(self) -> int:
        """Number of records, repeats counted."""
        return int(self.weight.sum())

    def reweighted(self, weight: Floats) -> CensoredRecords:
        """Return the same records with other weights."""
        return CensoredRecords(
            self.primary_low,
            self.primary_high,
            self.secondary_low,
            self.secondary_high,
            self.observed_until,
            weight,
        )


def read_records(records: object, observed_until: object = None) -> CensoredRecords:
    """Return checked records from a Polars or pandas frame or a mapping of columns.

    Parameters
    ----------
    records : columns ``primary_low, primary_high, secondary_low, secondary_high`` (or ``EL, ER, SL, SR``), or
        ``primary`` and ``secondary`` for exact days. Numbers are instants in days, equal bounds an exact
        instant. Dates are whole days: the window runs from the start of the first to the end of the last.
    observed_until : date or number, or one per record, optional — also read from a column of this name: last
        day (date) or instant (number) at which the second event could enter the data

    Raises
    ------
    InputError
        ``records.columns``, ``records.missing``, ``records.order``, ``records.impossible`` — with the rows
    """
    frame = _as_frame(records)
    columns = {name: _read_bound(frame, name) for name in BOUNDS}
    until = _read_until(frame, observed_until)
    _check(columns, until)
    origin = np.floor(columns["primary_low"])
    shifted = {name: values - origin for name, values in columns.items()}
    until = until - origin
    shifted["secondary_high"] = np.minimum(shifted["secondary_high"], until)
    shifted["primary_high"] = np.minimum(shifted["primary_high"], shifted["secondary_high"])
    table, weight = np.unique(
        np.column_stack([*(shifted[name] for name in BOUNDS), until]), axis=0, return_counts=True
    )
    low, high, second_low, second_high, ends = table.T
    return CensoredRecords(low, high, second_low, second_high, ends, weight.astype(np.float64))


def _as_frame(records: object) -> pl.DataFrame:
    if isinstance(records, pl.LazyFrame):
        return records.collect()
    if isinstance(records, pl.DataFrame):
        return records
    if type(records).__module__.partition(".")[0] == "pandas":
        table = cast(Any, records)
        return pl.DataFrame({str(name): table[name].to_list() for name in table.columns}, strict=False)
    return pl.DataFrame(cast(Any, records), strict=False)


def _read_bound(frame: pl.DataFrame, name: str) -> Floats:
    event, _, side = name.partition("_")
    for candidate in (name, SHORT[name], event):
        if candidate in frame.columns:
            return _to_days(frame[candidate], ends=side == "high")
    raise InputError(
        "records.columns",
        f"There is no column {name} among {frame.columns}.",
        f"Give {', '.join(BOUNDS)}, or EL, ER, SL, SR, or primary and secondary.",
    )


def _to_days(column: pl.Series, *, ends: bool) -> Floats:
    if column.dtype == pl.String:
        column = (
            pl.Series(column.name, to_days(column, "records"))
            .replace(UNKNOWN_DAY, None)
            .cast(pl.Int32)
            .cast(pl.Date)
        )
    if column.dtype in (pl.Date, pl.Datetime):
        days = column.cast(pl.Date).cast(pl.Int32).cast(pl.Float64).to_numpy()
        return np.asarray(days + 1 if ends else days, dtype=np.float64)
    return np.asarray(column.cast(pl.Float64).to_numpy(), dtype=np.float64)


def _read_until(frame: pl.DataFrame, observed_until: object) -> Floats:
    if observed_until is None and "observed_until" not in frame.columns:
        return np.full(frame.height, np.inf)
    if observed_until is None:
        column = frame["observed_until"]
    else:
        many = isinstance(observed_until, list | tuple | np.ndarray | pl.Series)
        column = pl.Series(cast(Any, observed_until) if many else [observed_until])
    return np.broadcast_to(_to_days(column, ends=True), (frame.height,)).copy()


def _check(columns: dict[str, Floats], until: Floats) -> None:
    names = list(columns)
    faults: list[tuple[str, str, npt.NDArray[np.bool_], str]] = [
        ("records.missing", f"{name} is missing", np.isnan(columns[name]), "Give a bound, wide if unsure.")
        for name in names
    ]
    low, high, second_low, second_high = (columns[name] for name in names)
    faults += [
        ("records.order", "primary_low is after primary_high", low > high, "Swap the bounds."),
        (
            "records.order",
            "secondary_low is after secondary_high",
            second_low > second_high,
            "Swap the bounds.",
        ),
        (
            "records.impossible",
            "the second event is certainly before the first",
            second_high <= low,
            "Check the pair; a delay is above 0.",
        ),
        (
            "records.impossible",
            "the second event starts after observed_until",
            second_low >= until,
            "Leave the record out, or move observed_until.",
        ),
    ]
    for code, what, where, hint in faults:
        if where.any():
            rows = list_offenders((np.flatnonzero(where) + 1).tolist())
            raise InputError(code, f"In records {what} at rows {rows}.", hint)
    if low.size == 0:
        raise InputError("records.missing", "There are no records.", "Give at least two.")
