"""Reads the row groups that can hold some keys, and of them the rows that do.

A file is sorted by the leading column of its ordering, so that a few comparisons find the rows of a key. The ranges
of the groups are kept for the files read last.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from tongzhou.ledger.selections import Int64s, Selection, time_columns

GROUPS_AT_ONCE = 16
FILES_KEPT = 1_024
ROWS_AT_ONCE = 1 << 17


@dataclass(frozen=True, slots=True)
class FileRanges:
    """Smallest and largest leading key of each row group of a file, int64, shape (G,)."""

    metadata: Any
    least: Int64s
    most: Int64s

    def groups_of(self, keys: Int64s) -> list[int]:
        """Return the groups that can hold one of the sorted keys."""
        first, last = np.searchsorted(keys, self.least, "left"), np.searchsorted(keys, self.most, "right")
        return np.flatnonzero(last > first).tolist()


class GroupReader:
    """Reads selections whose keys lead the ordering. Safe to share between threads."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._guard = threading.Lock()
        self._ranges: OrderedDict[str, FileRanges] = OrderedDict()

    @staticmethod
    def can_read(selection: Selection) -> bool:
        """Tell whether this reader fits the selection."""
        return selection.ordering in selection.numbers and not selection.texts

    def batches(self, selection: Selection) -> Iterator[pa.RecordBatch]:
        """Yield the selected rows, a few groups at a time, in the order of files and groups."""
        found: list[pa.Table] = []
        n_found = 0
        for table in self._tables(selection):
            found.append(table)
            n_found += table.num_rows
            if n_found >= ROWS_AT_ONCE:
                yield from _as_batches(found, selection)
                found, n_found = [], 0
        if found:
            yield from _as_batches(found, selection)
        pa.default_memory_pool().release_unused()

    def _tables(self, selection: Selection) -> Iterator[pa.Table]:
        waiting: deque[Future[pa.Table | None]] = deque()
        with ThreadPoolExecutor(self._threads) as pool:
            for path, ranges, groups in self._pieces(selection, pool):
                waiting.append(pool.submit(_read, selection, path, ranges, groups))
                if len(waiting) > self._threads:
                    yield from _present(waiting.popleft())
            while waiting:
                yield from _present(waiting.popleft())

    def _pieces(
        self, selection: Selection, pool: ThreadPoolExecutor
    ) -> Iterator[tuple[str, FileRanges, list[int]]]:
        keys = selection.numbers[selection.ordering]
        known = pool.map(lambda path: self._ranges_of(path, selection.ordering), selection.files)
        for path, ranges in zip(selection.files, known, strict=True):
            groups = ranges.groups_of(keys)
            for low in range(0, len(groups), GROUPS_AT_ONCE):
                yield path, ranges, groups[low : low + GROUPS_AT_ONCE]

    def _ranges_of(self, path: str, column: str) -> FileRanges:
        with self._guard:
            if path in self._ranges:
                self._ranges.move_to_end(path)
                return self._ranges[path]
        found = _read_ranges(path, column)
        with self._guard:
            self._ranges[path] = found
            while len(self._ranges) > FILES_KEPT:
                self._ranges.popitem(last=False)
        return found


def _present(read: Future[pa.Table | None]) -> list[pa.Table]:
    table = read.result()
    return [] if table is None else [table]


def _as_batches(tables: list[pa.Table], selection: Selection) -> list[pa.RecordBatch]:
    """Join what was read and keep the rows that fit every other condition."""
    frame = pl.DataFrame(pl.from_arrow(pa.concat_tables(tables).combine_chunks()))
    batches: list[pa.RecordBatch] = (
        _fitting(frame, selection).select(selection.columns).rechunk().to_arrow().to_batches()
    )
    return batches


def _read_ranges(path: str, column: str) -> FileRanges:
    metadata = pq.read_metadata(path)
    at = metadata.schema.to_arrow_schema().names.index(column)
    parts = [metadata.row_group(number).column(at).statistics for number in range(metadata.num_row_groups)]
    least = np.array(
        [part.min if part.has_min_max else np.iinfo(np.int64).min for part in parts], dtype=np.int64
    )
    most = np.array(
        [part.max if part.has_min_max else np.iinfo(np.int64).max for part in parts], dtype=np.int64
    )
    return FileRanges(metadata, least, most)


def _read(selection: Selection, path: str, ranges: FileRanges, groups: list[int]) -> pa.Table | None:
    """Read the leading column, then the others of the groups that hold a key; ``None`` when none does."""
    leading = selection.ordering
    with pq.ParquetFile(path, metadata=ranges.metadata) as file:
        keys = file.read_row_groups(groups, columns=[leading], use_threads=False)
        rows = _rows_of(keys.column(leading), selection.numbers[leading])
        if not len(rows):
            return None
        ends = np.cumsum([ranges.metadata.row_group(number).num_rows for number in groups])
        hit = np.searchsorted(ends, rows, "right")
        used = np.unique(hit)
        lengths = np.diff(ends, prepend=0)
        moved = (ends - lengths)[used] - (np.cumsum(lengths[used]) - lengths[used])
        others = [name for name in _columns_of(selection) if name != leading]
        rest = file.read_row_groups([groups[at] for at in used], columns=others, use_threads=False)
    found = rest.take(rows - moved[np.searchsorted(used, hit)])
    return found.append_column(leading, keys.column(leading).take(rows))


def _columns_of(selection: Selection) -> list[str]:
    """Return the columns to select and those that the conditions test."""
    tested = {*selection.numbers, *time_columns(selection.schema)}
    if selection.without_rows is not None:
        tested.add("row_id")
    if selection.recorded_until_s is not None:
        tested.add("recorded_s")
    return list(dict.fromkeys([*selection.columns, *sorted(tested)]))


def _rows_of(column: pa.ChunkedArray, keys: Int64s) -> Int64s:
    """Return the positions in a sorted column that hold one of the sorted keys; nulls sort last."""
    values = column.drop_null().to_numpy()
    starts, ends = np.searchsorted(values, keys, "left"), np.searchsorted(values, keys, "right")
    lengths = ends - starts
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(int(lengths.sum()))


def _fitting(frame: pl.DataFrame, selection: Selection) -> pl.DataFrame:
    start, end = time_columns(selection.schema)
    tests = [
        pl.col(name).is_in(keys.tolist())
        for name, keys in selection.numbers.items()
        if name != selection.ordering
    ]
    if selection.until_s is not None:
        tests.append(pl.col(start) < selection.until_s)
    if selection.from_s is not None:
        tests.append(pl.col(end) > selection.from_s if start != end else pl.col(end) >= selection.from_s)
    if selection.recorded_until_s is not None:
        tests.append(pl.col("recorded_s") <= selection.recorded_until_s)
    if selection.without_rows is not None:
        tests.append(~pl.col("row_id").is_in(pl.Series(selection.without_rows).implode()))
    return frame.filter(tests) if tests else frame
