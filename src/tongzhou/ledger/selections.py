"""What to read of a table: which files, which rows. Plans a selection; engines carry it out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl

from tongzhou.core.errors import InputError, list_offenders
from tongzhou.core.tables import ColumnType, TableSchema
from tongzhou.core.time import SHANGHAI, local_day
from tongzhou.ledger.layout import ordering_names
from tongzhou.ledger.schemas import DAY, ORDERING
from tongzhou.ledger.store import Snapshot

Int64s = npt.NDArray[np.int64]
_LEAST, _MOST = np.iinfo(np.int64).min, np.iinfo(np.int64).max
INLINE_KEYS = 300
"""Up to so many keys are written into the query, where they prune row groups; more become a joined table."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Rows of one table: files to read, and conditions on columns.

    ordering : leading column of the files
    numbers : column -> sorted int64 keys the row must be among
    texts : column -> texts the row must be among
    from_s, until_s : the row's time must overlap [from_s, until_s)
    without_rows : sorted row ids that are withdrawn
    recorded_until_s : only rows recorded at this second or before
    """

    schema: TableSchema
    files: tuple[str, ...]
    ordering: str
    columns: tuple[str, ...]
    numbers: Mapping[str, Int64s]
    texts: Mapping[str, tuple[str, ...]]
    from_s: int | None = None
    until_s: int | None = None
    without_rows: Int64s | None = None
    recorded_until_s: int | None = None
    zone: ZoneInfo = SHANGHAI

    def part(self, files: Sequence[str]) -> Selection:
        """Return the same selection over some of the files."""
        return replace(self, files=tuple(files))


@dataclass(frozen=True, slots=True)
class Spans:
    """Keys with the time that matters for each; rows of a key outside all its spans may be left out.

    keys, from_s, until_s : int64, each shape (n,), seconds since 1970 UTC, end exclusive; a key may come often
    """

    keys: Int64s
    from_s: Int64s
    until_s: Int64s

    def within(self, from_s: int, until_s: int) -> Int64s:
        """Return the sorted distinct keys whose time overlaps [from_s, until_s)."""
        return np.unique(self.keys[(self.from_s < until_s) & (self.until_s > from_s)])


def parts_by_day(snapshot: Snapshot, selection: Selection, column: str, spans: Spans) -> list[Selection]:
    """Split a selection of many keys by local day, each part with the keys that matter for its files."""
    start, end = time_columns(selection.schema)
    files = snapshot.files.filter(pl.col("path").is_in(list(selection.files)))
    days = files.group_by(DAY, maintain_order=True).agg(
        "path", pl.col(f"min.{start}").min().alias("first"), pl.col(f"max.{end}").max().alias("last")
    )
    parts = []
    for paths, first, last in days.select("path", "first", "last").iter_rows():
        keys = spans.within(first, last)
        if len(keys):
            parts.append(replace(selection, files=tuple(paths), numbers={**selection.numbers, column: keys}))
    return parts


def sorted_numbers(values: Iterable[int] | Int64s) -> Int64s:
    """Return distinct numbers in order, int64, shape (n,)."""
    array = values if isinstance(values, np.ndarray) else np.fromiter(values, dtype=np.int64)
    return np.unique(array.astype(np.int64, copy=False))


def choose_ordering(schema: TableSchema, keys: Iterable[str]) -> str:
    """Return the ordering whose leading column is asked for, else the first."""
    names = ordering_names(schema)
    return next((name for name in names if name in set(keys)), names[0])


def live_files(snapshot: Snapshot, selection: Selection) -> tuple[str, ...]:
    """Return the files of the ordering that can hold rows of the selection, by the ranges in the log."""
    files = snapshot.files.filter(pl.col(ORDERING) == selection.ordering)
    start, end = time_columns(selection.schema)
    if selection.until_s is not None and f"min.{start}" in files.columns:
        files = files.filter(pl.col(f"min.{start}").is_null() | (pl.col(f"min.{start}") < selection.until_s))
    if selection.from_s is not None and f"max.{end}" in files.columns:
        latest = pl.col(f"max.{end}")
        files = files.filter(
            latest.is_null() | (latest > selection.from_s if start != end else latest >= selection.from_s)
        )
    for column, keys in selection.numbers.items():
        if f"min.{column}" in files.columns:
            first = np.searchsorted(
                keys, files[f"min.{column}"].fill_null(np.iinfo(np.int64).min).to_numpy(), "left"
            )
            last = np.searchsorted(
                keys, files[f"max.{column}"].fill_null(np.iinfo(np.int64).max).to_numpy(), "right"
            )
            files = files.filter(pl.Series(last > first))
    return tuple(files["path"].to_list())


def time_columns(schema: TableSchema) -> tuple[str, str]:
    """Return the columns of the row's first and last moment; the same one for a moment or a day."""
    return schema.ordered_pairs[0] if schema.ordered_pairs else (schema.day_of, schema.day_of)


def check_selected(
    schema: TableSchema, columns: Sequence[str] | None, keys: Iterable[str]
) -> tuple[str, ...]:
    """Return the columns to read; refuse columns and keys the table does not have."""
    wanted = tuple(columns) if columns is not None else schema.names
    unknown = [name for name in (*wanted, *keys) if name not in schema.names]
    if unknown:
        raise InputError(
            "ledger.unknown_column",
            f"Table {schema.name} has no column {list_offenders(unknown)}.",
            f"Use: {', '.join(schema.names)}.",
        )
    return wanted


def query_text(selection: Selection) -> tuple[str, list[object], dict[str, pl.DataFrame]]:
    """Return the SQL of a selection, its parameters, and the tables of keys it joins."""
    parts: list[str] = []
    parameters: list[object] = [list(selection.files)]
    joined: dict[str, pl.DataFrame] = {}
    for column, keys in selection.numbers.items():
        if len(keys) <= INLINE_KEYS:
            parts.append(f"{column} IN ({', '.join(map(str, keys.tolist()))})" if len(keys) else "false")
        else:
            joined[f"wanted_{column}"] = pl.DataFrame({column: keys})
            parts.append(f"{column} BETWEEN {keys[0]} AND {keys[-1]}")
            parts.append(f"{column} IN (SELECT {column} FROM wanted_{column})")  # noqa: S608
    for column, texts in selection.texts.items():
        parts.append(f"list_contains(?, {column})")
        parameters.append(list(texts))
    parts += _time_conditions(selection)
    if selection.without_rows is not None and len(selection.without_rows):
        joined["withdrawn"] = pl.DataFrame({"row_id": selection.without_rows})
        parts.append("row_id NOT IN (SELECT row_id FROM withdrawn)")
    where = f" WHERE {' AND '.join(parts)}" if parts else ""
    text = f"SELECT {', '.join(selection.columns)} FROM read_parquet(?, hive_partitioning=false){where}"  # noqa: S608
    return text, parameters, joined


def _time_conditions(selection: Selection) -> list[str]:
    start, end = time_columns(selection.schema)
    kind = next(c.type for c in selection.schema.columns if c.name == start)
    parts = []
    if selection.until_s is not None:
        last = _local_day(selection.until_s - 1, selection.zone)
        parts.append(
            f"{start} <= DATE '{last}'" if kind is ColumnType.DAY else f"{start} < {selection.until_s:d}"
        )
    if selection.from_s is not None:
        first = _local_day(selection.from_s, selection.zone)
        compared = ">" if start != end else ">="
        parts.append(
            f"{start} >= DATE '{first}'"
            if kind is ColumnType.DAY
            else f"{end} {compared} {selection.from_s:d}"
        )
    if selection.recorded_until_s is not None:
        parts.append(f"recorded_s <= {selection.recorded_until_s:d}")
    return parts


def _local_day(instant_s: int, zone: ZoneInfo) -> date:
    return local_day(datetime.fromtimestamp(instant_s, UTC), zone)
