"""Reading tables of records: frames of Polars and pandas, mappings of columns, and their dates and days.

Owns recognising a table and the columns asked for, and naming rows that are wrong. Never repairs a value.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import polars as pl

from tongzhou.core.errors import InputError, list_offenders

Days = npt.NDArray[np.int64]
UNKNOWN_DAY = np.iinfo(np.int64).min
"""Stands for a missing day in int64 columns."""


def as_frame(table: object, name: str) -> pl.DataFrame:
    """Return a Polars frame from Polars, pandas, or a mapping of columns.

    Raises
    ------
    InputError
        ``frame.kind`` — not a table
    """
    if isinstance(table, pl.LazyFrame):
        return table.collect()
    if isinstance(table, pl.DataFrame):
        return table
    if type(table).__module__.partition(".")[0] == "pandas":
        frame = cast(Any, table)
        return pl.DataFrame({str(c): _pandas_values(frame[c]) for c in frame.columns}, strict=False)
    try:
        return pl.DataFrame(cast(Any, table), strict=False)
    except (TypeError, ValueError, pl.exceptions.PolarsError) as error:
        raise InputError(
            "frame.kind",
            f"{name} of type {type(table).__name__} is not a table.",
            "Give a Polars or pandas frame, or a mapping of columns.",
        ) from error


def _pandas_values(column: Any) -> object:
    if getattr(column.dtype, "kind", "") == "M":
        return column.to_numpy().astype("datetime64[ms]")
    return [None if value != value else value for value in column.tolist()]  # noqa: PLR0124


def find_column(frame: pl.DataFrame, names: Sequence[str], table: str) -> pl.Series:
    """Return the first column that the frame has of several names for one thing.

    Raises
    ------
    InputError
        ``frame.column`` — it has none of them
    """
    found = get_column(frame, names)
    if found is None:
        raise InputError(
            "frame.column",
            f"{table} has no column {names[0]}; it has {', '.join(frame.columns)}.",
            f"Name the column {' or '.join(names)}.",
        )
    return found


def get_column(frame: pl.DataFrame, names: Sequence[str]) -> pl.Series | None:
    """Return the first column that the frame has of several names, or None."""
    return next((frame[name] for name in names if name in frame.columns), None)


def to_texts(column: pl.Series) -> pl.Series:
    """Return identifiers as text: whole floats lose their point, empty text becomes null."""
    if column.dtype.is_float():
        whole = (column == column.round(0)).all()
        column = column.cast(pl.Int64) if whole else column
    return column.cast(pl.String).str.strip_chars().replace("", None)


def to_days(column: pl.Series, table: str) -> Days:
    """Return dates as int64 days since 1970 (whole numbers stay), `UNKNOWN_DAY` where null, shape (N,).

    Raises
    ------
    InputError
        ``frame.dates`` — text that is not ISO, or fractions; names the rows
    """
    if column.dtype == pl.Object:
        column = pl.Series(column.name, column.to_list(), strict=False)
    kept = column
    if column.dtype == pl.String:
        column = column.str.strip_chars().replace("", None).str.to_date("%Y-%m-%d", strict=False)
    elif column.dtype.is_float():
        column = column.fill_nan(None)
        bad = (column != column.round(0)).fill_null(False)
        column = pl.select(pl.when(~bad).then(column)).to_series()
    elif isinstance(column.dtype, pl.Datetime):
        column = column.dt.date()
    if column.dtype not in (pl.Date, pl.Null) and not column.dtype.is_numeric():
        raise InputError(
            "frame.dates", f"{kept.name} of {table} holds no dates.", "Write dates as 2020-01-31."
        )
    blank = kept.is_null() | ((kept.str.strip_chars() == "") if kept.dtype == pl.String else False)
    unread = (column.is_null() & ~blank).to_numpy()
    if kept.dtype.is_float():
        unread &= ~kept.is_nan().fill_null(False).to_numpy()
    refuse_rows(unread, "frame.dates", f"{kept.name} of {table} is no date", "Write dates as 2020-01-31.")
    physical = column.cast(pl.Int32) if column.dtype == pl.Date else column
    return physical.cast(pl.Int64).fill_null(UNKNOWN_DAY).to_numpy().astype(np.int64)


def day_number(day: int | str | dt.date | np.datetime64) -> int:
    """Return days since 1970 of a date; a whole number stays.

    >>> day_number("1970-01-03")
    2
    """
    return day if isinstance(day, int) else int(np.datetime64(str(day), "D").astype(np.int64))


def refuse_rows(wrong: npt.NDArray[np.bool_], code: str, what: str, hint: str) -> None:
    """Raise `InputError` with the 1-based rows where `wrong` holds, if any."""
    rows = np.flatnonzero(wrong)
    if rows.size:
        raise InputError(code, f"{what} at rows {list_offenders((rows + 1).tolist())}.", hint)
