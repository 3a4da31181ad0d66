"""Turns checked rows into sorted Parquet files by ordering and local day. Owns the file layout, not the log.

Files hold at most `FILE_ROWS` rows in groups of `GROUP_ROWS`, sorted by their ordering: a selection of few
places or persons reads few groups of each file, and an erasure rewrites small files only.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from tongzhou.core.tables import ColumnType, TableSchema
from tongzhou.core.time import day_start
from tongzhou.ledger.schemas import DAY, ORDERING, counted_columns

Int32s: TypeAlias = npt.NDArray[np.int32]

GROUP_ROWS = 4_096
FILE_ROWS = 1 << 19
EPOCH = date(1970, 1, 1)
_DAY_S = 86_400
_TEXTS = {ColumnType.TEXT, ColumnType.WORD}
_WHOLE = {ColumnType.INT64, ColumnType.INT32, ColumnType.INSTANT}

ARROW_TYPES: dict[ColumnType, pa.DataType] = {
    ColumnType.INT64: pa.int64(),
    ColumnType.INT32: pa.int32(),
    ColumnType.INT16: pa.int16(),
    ColumnType.FLOAT64: pa.float64(),
    ColumnType.TEXT: pa.string(),
    ColumnType.WORD: pa.string(),
    ColumnType.DAY: pa.date32(),
    ColumnType.INSTANT: pa.int64(),
}


@dataclass(frozen=True, slots=True)
class Chunk:
    """Checked rows that are sorted and written together.

    rows : frame — the columns a caller gives
    days : int32, shape (n,) — local day of each row, days since 1970-01-01
    first_row_id, recorded_s : int — what the ledger adds: numbers in the order of `rows`, and one instant
    """

    rows: pl.DataFrame
    days: Int32s
    first_row_id: int
    recorded_s: int

    def take(self, at: Int32s) -> pl.DataFrame:
        """Return the rows at these positions, with their numbers and the instant."""
        return self.rows[at].with_columns(
            row_id=pl.Series(at).cast(pl.Int64) + self.first_row_id,
            recorded_s=pl.lit(self.recorded_s, pl.Int64),
        )


@dataclass(frozen=True, slots=True)
class DataFile:
    """One Parquet file of a table, as the log will name it.

    path : str — relative to the table's folder
    stats : dict — rows, and smallest and largest value of the counted columns
    """

    path: str
    size: int
    ordering: str
    day: date
    stats: dict[str, Any]

    @property
    def partition(self) -> dict[str, str | None]:
        """Values of the partition columns."""
        return {ORDERING: self.ordering, DAY: self.day.isoformat()}


def delta_schema(schema: TableSchema) -> pa.Schema:
    """Return the Arrow schema of the whole Delta table, with the columns that partition it."""
    fields = [pa.field(c.name, ARROW_TYPES[c.type]) for c in schema.columns]
    return pa.schema([*fields, pa.field(ORDERING, pa.string()), pa.field(DAY, pa.date32())])


def file_schema(schema: TableSchema) -> pa.Schema:
    """Return the schema by which files are written; what is required is stored without marks of absence."""
    kinds = {**ARROW_TYPES, ColumnType.WORD: pa.dictionary(pa.int32(), pa.string())}
    return pa.schema([pa.field(c.name, kinds[c.type], nullable=not c.is_required) for c in schema.columns])


def ordering_names(schema: TableSchema) -> tuple[str, ...]:
    """Return the names of a table's orderings: their leading columns."""
    return tuple(keys[0] for keys in schema.orderings)


def local_days(schema: TableSchema, frame: pl.DataFrame, zone: ZoneInfo) -> Int32s:
    """Return the local day of each row, days since 1970-01-01, int32, shape (n_rows,)."""
    column = frame[schema.day_of]
    if column.dtype == pl.Date:
        return column.cast(pl.Int32).to_numpy()
    instants = column.to_numpy()
    first = int(instants.min()) // _DAY_S - 1
    last = int(instants.max()) // _DAY_S + 2
    days = np.arange(first, last + 1, dtype=np.int32)
    starts = np.array([day_start(EPOCH + timedelta(int(d)), zone).timestamp() for d in days], dtype=np.int64)
    if len(set(np.diff(starts).tolist())) == 1:  # no change of clocks within the span
        return ((instants - starts[0]) // _DAY_S + first).astype(np.int32)
    return days[np.searchsorted(starts, instants, side="right") - 1]


def with_words(schema: TableSchema, rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows with their words as numbers into a list."""
    words = [c.name for c in schema.columns if c.type is ColumnType.WORD]
    return rows.with_columns(pl.col(words).cast(pl.Categorical))


def narrowed(schema: TableSchema, rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows in as little memory as they need while they wait for others."""
    numbers = [c.shrink_dtype() for c in rows.iter_columns() if c.dtype.is_integer()]
    return with_words(schema, rows).with_columns(numbers)


def sorted_order(chunk: Chunk, keys: Sequence[str]) -> Int32s:
    """Return the positions of a chunk's rows in the order of their day, then of `keys`."""
    rows, days = chunk.rows, chunk.days
    if all(rows[key].dtype.is_integer() and not rows[key].null_count() for key in keys):
        columns = [days, *(rows[key].to_numpy() for key in keys), np.arange(len(days), dtype=np.int32)]
        widths = [(int(c.max()) - int(c.min())).bit_length() for c in columns]
        if sum(widths) < 64:  # the position rides along, so that one plain sort of numbers is enough
            packed = np.zeros(len(days), dtype=np.int64)
            for column, width in zip(columns, widths, strict=True):
                packed <<= width
                packed += column
                packed -= column.min()
            packed.sort()
            packed &= (1 << widths[-1]) - 1
            return packed.astype(np.int32)
    keyed = rows.select(keys).with_columns(pl.Series("__day", days)).with_row_index("__row")
    ordered = keyed.sort(["__day", *keys], maintain_order=True, nulls_last=True)
    return ordered["__row"].to_numpy().astype(np.int32)


def write_ordering(folder: Path, schema: TableSchema, chunk: Chunk, keys: tuple[str, ...]) -> list[DataFile]:
    """Write the rows of a chunk in one ordering, one file or more for each local day."""
    order = sorted_order(chunk, keys)
    present, counts = np.unique(chunk.days, return_counts=True)
    files: list[DataFile] = []
    end = 0
    for day, count in zip(present.tolist(), counts.tolist(), strict=True):
        start, end = end, end + count
        for low in range(start, end, FILE_ROWS):
            piece = chunk.take(order[low : min(low + FILE_ROWS, end)])
            files.append(write_file(folder, schema, piece, (keys[0], EPOCH + timedelta(day))))
    return files


def write_file(folder: Path, schema: TableSchema, rows: pl.DataFrame, part: tuple[str, date]) -> DataFile:
    """Write sorted rows to a new file of the partition `part` (ordering, day)."""
    ordering, day = part
    path = f"{ORDERING}={ordering}/{DAY}={day.isoformat()}/{secrets.token_hex(12)}.parquet"
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    target = file_schema(schema)
    pq.write_table(
        with_words(schema, rows.select(target.names)).to_arrow().cast(target),
        folder / path,
        row_group_size=GROUP_ROWS,
        compression="none",  # differences packed to their bits are smaller than LZ4 and faster to read
        use_dictionary=[c.name for c in schema.columns if c.type in _TEXTS],
        column_encoding={c.name: "DELTA_BINARY_PACKED" for c in schema.columns if c.type in _WHOLE},
        store_schema=False,  # words are read as texts, like all others
        write_statistics=[ordering],  # no other column has ranges that would spare a group
    )
    return DataFile(path, (folder / path).stat().st_size, ordering, day, _file_stats(schema, rows))


def _file_stats(schema: TableSchema, rows: pl.DataFrame) -> dict[str, Any]:
    counted = counted_columns(schema)
    least = rows.select(pl.col(name).min() for name in counted).row(0, named=True)
    most = rows.select(pl.col(name).max() for name in counted).row(0, named=True)
    return {
        "numRecords": rows.height,
        "minValues": {name: value for name, value in least.items() if value is not None},
        "maxValues": {name: value for name, value in most.items() if value is not None},
        "nullCount": {name: rows[name].null_count() for name in counted},
    }


def stats_json(file: DataFile) -> str:
    """Return the file's statistics as Delta Lake writes them."""
    return json.dumps(file.stats, separators=(",", ":"))
