"""Checks rows against a table's schema and splits good from bad. Pure: stores nothing, asks no clock."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pyarrow as pa

from tongzhou.core.errors import InputError, list_offenders
from tongzhou.core.tables import Column, ColumnType, TableSchema
from tongzhou.ledger.schemas import given_columns

POLARS_TYPES: dict[ColumnType, pl.DataType] = {
    ColumnType.INT64: pl.Int64(),
    ColumnType.INT32: pl.Int32(),
    ColumnType.INT16: pl.Int16(),
    ColumnType.FLOAT64: pl.Float64(),
    ColumnType.TEXT: pl.String(),
    ColumnType.WORD: pl.String(),
    ColumnType.DAY: pl.Date(),
    ColumnType.INSTANT: pl.Int64(),
}
REJECTED_SCHEMA: dict[str, pl.DataType] = {
    "row": pl.Int64(),
    "column": pl.String(),
    "value": pl.String(),
    "reason": pl.String(),
}


@dataclass(slots=True)
class Checked:
    """Good rows with their types, and one line for every fault of a bad row.

    good : frame with the columns a caller gives, in schema order
    rejected : frame — ``row`` (counted from the start of the batch), ``column``, ``value``, ``reason``
    """

    good: pl.DataFrame
    rejected: pl.DataFrame
    n_rejected: int = field(default=0)


def as_frame(rows: pl.DataFrame | pa.Table | pa.RecordBatch) -> pl.DataFrame:
    """Return rows as a Polars frame; Arrow memory is shared, not copied."""
    if isinstance(rows, pl.DataFrame):
        return rows
    frame = pl.from_arrow(rows)
    if not isinstance(frame, pl.DataFrame):
        raise InputError("ledger.bad_rows", "Rows must be a table.", "Give a frame or Arrow table.")
    return frame


def check_columns(schema: TableSchema, frame: pl.DataFrame) -> None:
    """Refuse a frame with unknown columns, or without a required one.

    Raises
    ------
    InputError — ``ledger.bad_columns``, naming the columns and those the table has
    """
    given = given_columns(schema)
    known = {column.name for column in given}
    unknown = [name for name in frame.columns if name not in known]
    missing = [c.name for c in given if c.is_required and c.name not in frame.columns]
    if unknown or missing:
        wrong = {"unknown": unknown, "missing": missing}
        parts = [f"{kind}: {list_offenders(names)}" for kind, names in wrong.items() if names]
        raise InputError(
            "ledger.bad_columns",
            f"Columns do not fit table {schema.name} ({'; '.join(parts)}).",
            f"Give: {', '.join(c.name if c.is_required else f'[{c.name}]' for c in given)}.",
            dict(wrong),
        )


def check_rows(schema: TableSchema, frame: pl.DataFrame, first_row: int = 0) -> Checked:
    """Split `frame` into rows that fit the schema and faults.

    Parameters
    ----------
    first_row : int — number of the frame's first row within its batch
    """
    check_columns(schema, frame)
    typed: dict[str, pl.Series] = {}
    faults: list[pl.DataFrame] = []
    for column in given_columns(schema):
        raw = frame[column.name] if column.name in frame.columns else _empty(column, frame.height)
        series = typed[column.name] = _typed(column, raw)
        faults += [_list_faults(raw, bad, reason) for bad, reason in _column_faults(column, raw, series)]
    for start, end in schema.ordered_pairs:
        bad = (typed[end] <= typed[start]).fill_null(False)
        if bad.any():
            faults.append(_list_faults(typed[end], bad, f"not later than {start}"))
    return _split(pl.DataFrame(typed), faults, first_row)


def _split(typed: pl.DataFrame, faults: list[pl.DataFrame], first_row: int) -> Checked:
    if not faults:
        return Checked(typed, pl.DataFrame(schema=REJECTED_SCHEMA))
    rejected = pl.concat(faults).sort("row", maintain_order=True)
    bad_rows = rejected["row"].unique()
    is_good = np.ones(typed.height, dtype=np.bool_)
    is_good[bad_rows.to_numpy()] = False
    good = typed.filter(pl.Series(is_good))
    return Checked(good, rejected.with_columns(pl.col("row") + first_row), bad_rows.len())


def _empty(column: Column, n_rows: int) -> pl.Series:
    return pl.Series(column.name, [None], dtype=POLARS_TYPES[column.type]).new_from_index(0, n_rows)


def _typed(column: Column, raw: pl.Series) -> pl.Series:
    """Return the column in its type; values that do not fit become null."""
    wanted = POLARS_TYPES[column.type]
    if raw.dtype == pl.String:
        return _typed_text(column, raw)
    if raw.dtype == wanted:
        return raw
    if isinstance(raw.dtype, pl.Datetime):
        return _typed_moment(column, raw)
    if raw.dtype.is_float() and wanted.is_integer():
        whole = raw.set((raw.floor() != raw).fill_null(False) | raw.is_nan().fill_null(False), None)
        return whole.cast(wanted, strict=False)
    if column.type is ColumnType.DAY and raw.dtype != pl.Date:
        return _empty(column, raw.len())
    return raw.cast(wanted, strict=False)


def _typed_text(column: Column, raw: pl.Series) -> pl.Series:
    stripped = raw.str.strip_chars()
    blank = (stripped == "").fill_null(False)
    if column.type in {ColumnType.TEXT, ColumnType.WORD}:
        return raw.set(blank, None) if blank.any() else raw
    stripped = stripped.set(blank, None)
    if column.type is ColumnType.DAY:
        return stripped.str.to_date("%Y-%m-%d", strict=False)
    return stripped.cast(POLARS_TYPES[column.type], strict=False)


def _typed_moment(column: Column, raw: pl.Series) -> pl.Series:
    if column.type is ColumnType.INSTANT and getattr(raw.dtype, "time_zone", None) is None:
        raise InputError(
            "time.naive",
            f"Column {column.name} holds instants without a time zone.",
            "Give aware instants, or whole seconds since 1970-01-01 UTC.",
        )
    return (
        raw.dt.epoch("s")
        if column.type is ColumnType.INSTANT
        else raw.cast(POLARS_TYPES[column.type], strict=False)
    )


def _column_faults(column: Column, raw: pl.Series, typed: pl.Series) -> list[tuple[pl.Series, str]]:
    found: list[tuple[pl.Series, str]] = []
    if typed.null_count():
        blank = (
            raw.is_null()
            if raw.dtype != pl.String
            else raw.is_null() | (raw.str.strip_chars() == "").fill_null(True)
        )
        if column.is_required:
            found.append((blank, "missing"))
        found.append((typed.is_null() & ~blank, f"not of type {column.type}"))
    if typed.dtype.is_float() and typed.is_nan().any():
        found.append((typed.is_nan().fill_null(False), "not a number"))
    low, high = column.minimum, column.maximum
    least, most = (typed.min(), typed.max()) if low is not None or high is not None else (None, None)
    if low is not None and least is not None and least < low:  # type: ignore[operator]
        found.append(((typed < low).fill_null(False), f"below {low:g}"))
    if high is not None and most is not None and most > high:  # type: ignore[operator]
        found.append(((typed > high).fill_null(False), f"above {high:g}"))
    if column.allowed:
        strange = ~typed.is_in(list(column.allowed)) & typed.is_not_null()
        found.append((strange.fill_null(False), f"not one of {', '.join(column.allowed)}"))
    return [(bad, reason) for bad, reason in found if bad.any()]


def _list_faults(raw: pl.Series, bad: pl.Series, reason: str) -> pl.DataFrame:
    rows = bad.arg_true()
    return pl.DataFrame(
        {
            "row": rows.cast(pl.Int64),
            "column": pl.repeat(raw.name, rows.len(), dtype=pl.String, eager=True),
            "value": raw.gather(rows).cast(pl.String, strict=False),
            "reason": pl.repeat(reason, rows.len(), dtype=pl.String, eager=True),
        },
        schema=REJECTED_SCHEMA,
    )
