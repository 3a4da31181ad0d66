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

Int64s: TypeAlias = npt.NDArray[np.int64]

GROUP_ROWS = 16_384
FILE_ROWS = 1 << 20
EPOCH = date(1970, 1, 1)
_DAY_S = 86_400
_WHOLE = {ColumnType.INT64, ColumnType.INT32, ColumnType.INSTANT}

ARROW_TYPES: dict[ColumnType, pa.DataType] = {
    ColumnType.INT64: pa.int64(),
    ColumnType.INT32: pa.int32(),
    ColumnType.INT16: pa.int16(),
    ColumnType.FLOAT64: pa.float64(),
    ColumnType.TEXT: pa.string(),
    ColumnType.DAY: pa.date32(),
    ColumnType.INSTANT: pa.int64(),
}


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


def arrow_schema(schema: TableSchema, *, with_partitions: bool = False) -> pa.Schema:
    """Return the Arrow schema of a table's files, or of the whole Delta table."""
    fields = [pa.field(c.name, ARROW_TYPES[c.type]) for c in schema.columns]
    if with_partitions:
        fields += [pa.field(ORDERING, pa.string()), pa.field(DAY, pa.date32())]
    return pa.schema(fields)


def ordering_names(schema: TableSchema) -> tuple[str, ...]:
    """Return the names of a table's orderings: their leading columns."""
    return tuple(keys[0] for keys in schema.orderings)


def local_days(schema: TableSchema, frame: pl.DataFrame, zone: ZoneInfo) -> Int64s:
    """Return the local day of each row, days since 1970-01-01, int64, shape (n_rows,)."""
    column = frame[schema.day_of]
    if column.dtype == pl.Date:
        return column.cast(pl.Int64).to_numpy()
    instants = column.to_numpy()
    first = int(instants.min()) // _DAY_S - 1
    last = int(instants.max()) // _DAY_S + 2
    days = np.arange(first, last + 1)
    starts = np.array([day_start(EPOCH + timedelta(int(d)), zone).timestamp() for d in days], dtype=np.int64)
    if len(set(np.diff(starts).tolist())) == 1:  # no change of clocks within the span
        return (instants - starts[0]) // _DAY_S + first
    return days[np.searchsorted(starts, instants, side="right") - 1]


def sorted_order(frame: pl.DataFrame, days: Int64s, keys: Sequence[str]) -> npt.NDArray[np.intp]:
    """Return the order of rows by day, then by `keys`."""
    if all(frame[key].dtype == pl.Int64 and not frame[key].null_count() for key in keys):
        columns = [days, *(frame[key].to_numpy() for key in keys)]
        widths = [int(c.max() - c.min()).bit_length() for c in columns]
        if sum(widths) < 64:
            packed = np.zeros(len(days), dtype=np.uint64)
            for column, width in zip(columns, widths, strict=True):
                packed = (packed << np.uint64(width)) | (column - column.min()).astype(np.uint64)
            return np.argsort(packed)
    keyed = frame.select(keys).with_columns(pl.Series("__day", days)).with_row_index("__row")
    ordered = keyed.sort(["__day", *keys], maintain_order=True, nulls_last=True)
    return ordered["__row"].to_numpy().astype(np.intp)


def write_ordering(
    folder: Path, schema: TableSchema, frame: pl.DataFrame, days: Int64s, keys: tuple[str, ...]
) -> list[DataFile]:
    """Write the rows of `frame` in one ordering, one file or more for each local day."""
    order = sorted_order(frame, days, keys)
    ordered, day_of = frame[order], days[order]
    cuts = np.flatnonzero(np.diff(day_of)) + 1
    files: list[DataFile] = []
    for start, end in zip([0, *cuts.tolist()], [*cuts.tolist(), len(day_of)], strict=True):
        day = EPOCH + timedelta(int(day_of[start]))
        for low in range(start, end, FILE_ROWS):
            piece = ordered[low : min(low + FILE_ROWS, end)]
            files.append(write_file(folder, schema, piece, (keys[0], day)))
    return files


def write_file(folder: Path, schema: TableSchema, rows: pl.DataFrame, part: tuple[str, date]) -> DataFile:
    """Write sorted rows to a new file of the partition `part` (ordering, day)."""
    ordering, day = part
    path = f"{ORDERING}={ordering}/{DAY}={day.isoformat()}/{secrets.token_hex(12)}.parquet"
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    target = arrow_schema(schema)
    pq.write_table(
        rows.select(target.names).to_arrow().cast(target),
        folder / path,
        row_group_size=GROUP_ROWS,
        compression="none",  # differences packed to their bits are smaller than LZ4 and faster to read
        use_dictionary=[c.name for c in schema.columns if c.type is ColumnType.TEXT],
        column_encoding={c.name: "DELTA_BINARY_PACKED" for c in schema.columns if c.type in _WHOLE},
        write_statistics=True,
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
