"""Reads the row groups that can hold some keys, and of them the rows that do.

A file is sorted by the leading column of its ordering, so that a few comparisons find the rows of a key. The ranges
of the groups are kept for the files read last, parsed footers for fewer.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial, reduce
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tongzhou.ledger import memory
from tongzhou.ledger.selections import Int64s, Selection, time_columns

T = TypeVar("T")
GROUPS_AT_ONCE = 64
FILES_KEPT = 4_096
FOOTERS_KEPT = 24
"""A parsed footer takes about a megabyte; parsing it anew, half a millisecond."""


@dataclass(frozen=True, slots=True)
class FileRanges:
    """The row groups of a file.

    least, most : int64, shape (G,) — smallest and largest leading key of each group
    starts, ends : int64, shape (G + 1,) — bytes of each group in the file, and of the footer that describes them
    """

    least: Int64s
    most: Int64s
    starts: Int64s
    ends: Int64s

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
        self._footers: OrderedDict[str, pq.FileMetaData] = OrderedDict()

    @staticmethod
    def can_read(selection: Selection) -> bool:
        """Tell whether this reader fits the selection."""
        return selection.ordering in selection.numbers and not selection.texts

    def sweep(
        self, parts: Sequence[Selection], function: Callable[[pa.RecordBatch], T], batch_rows: int
    ) -> list[T]:
        """Apply `function` to the selected rows where they are read; return what it gave, in the order of files."""
        found: list[T] = []
        waiting: deque[Future[list[T]]] = deque()
        with ThreadPoolExecutor(self._threads) as pool:
            for part, path, groups in self._pieces(parts, pool):
                footer = self._footers.get(path)
                waiting.append(pool.submit(_sweep_groups, part, (path, footer), groups, function, batch_rows))
                if len(waiting) > 2 * self._threads:
                    found += waiting.popleft().result()
            while waiting:
                found += waiting.popleft().result()
        memory.give_back()
        return found

    def _pieces(
        self, parts: Sequence[Selection], pool: ThreadPoolExecutor
    ) -> Iterator[tuple[Selection, str, list[int]]]:
        """Yield groups to read, already asked for, so that they come from disk while others are decoded."""
        for part, known in self._known(parts, pool):
            keys = part.numbers[part.ordering]
            for path, ranges in zip(part.files, known, strict=True):
                groups = ranges.groups_of(keys)
                if groups:
                    _ask_for(path, ranges.starts[[-1, *groups]], ranges.ends[[-1, *groups]])
                for low in range(0, len(groups), GROUPS_AT_ONCE):
                    yield part, path, groups[low : low + GROUPS_AT_ONCE]

    def _known(
        self, parts: Sequence[Selection], pool: ThreadPoolExecutor
    ) -> Iterator[tuple[Selection, Iterator[FileRanges]]]:
        """Yield each part with the ranges of its files; those of the next are read meanwhile, not after it."""
        ahead: deque[tuple[Selection, Iterator[FileRanges]]] = deque()
        for part in parts:
            read = partial(self._ranges_of, column=part.ordering)
            ahead.append((part, pool.map(read, part.files)))
            if len(ahead) > 1:
                yield ahead.popleft()
        yield from ahead

    def _ranges_of(self, path: str, column: str) -> FileRanges:
        with self._guard:
            if path in self._ranges:
                self._ranges.move_to_end(path)
                return self._ranges[path]
        footer = pq.read_metadata(path)
        found = _ranges_in(footer, path, column)
        with self._guard:
            self._ranges[path], self._footers[path] = found, footer
            for kept, most in ((self._ranges, FILES_KEPT), (self._footers, FOOTERS_KEPT)):
                while len(kept) > most:
                    kept.popitem(last=False)
        return found


def _ranges_in(metadata: pq.FileMetaData, path: str, column: str) -> FileRanges:
    at = metadata.schema.names.index(column)
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    parts = [group.column(at).statistics for group in groups]
    whole = np.iinfo(np.int64)  # a group without ranges may hold every key
    size = os.path.getsize(path)
    starts = [*(group.column(0).data_page_offset for group in groups), size - metadata.serialized_size - 8]
    return FileRanges(
        np.array([part.min if part.has_min_max else whole.min for part in parts], dtype=np.int64),
        np.array([part.max if part.has_min_max else whole.max for part in parts], dtype=np.int64),
        np.array(starts, dtype=np.int64),
        np.array([*starts[1:], size], dtype=np.int64),
    )


def _sweep_groups(
    selection: Selection,
    file_of: tuple[str, pq.FileMetaData | None],
    groups: list[int],
    function: Callable[[pa.RecordBatch], T],
    batch_rows: int,
) -> list[T]:
    """Read groups of a file (and its footer where known); apply `function` to the rows that fit the selection."""
    path, footer = file_of
    with pq.ParquetFile(
        path, metadata=footer, pre_buffer=False
    ) as file:  # what it would read ahead has been asked for
        table = file.read_row_groups(groups, columns=_columns_of(selection), use_threads=False)
    leading = selection.ordering
    held = table.take(_rows_of(table.column(leading), selection.numbers[leading]))
    rows = _fitting(held, selection).select(selection.columns).combine_chunks()
    return [function(batch) for batch in rows.to_batches(max_chunksize=batch_rows)]


def _ask_for(path: str, starts: Int64s, ends: Int64s) -> None:
    """Ask the system to bring these bytes from disk while others are decoded."""
    is_first = np.append(True, starts[1:] != ends[:-1])
    is_last = np.append(is_first[1:], True)
    file = os.open(path, os.O_RDONLY)
    try:
        for start, end in zip(starts[is_first].tolist(), ends[is_last].tolist(), strict=True):
            os.posix_fadvise(file, start, end - start, os.POSIX_FADV_WILLNEED)
    finally:
        os.close(file)


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


def _fitting(rows: pa.Table, selection: Selection) -> pa.Table:
    """Return the rows that fit every condition but that on the leading key."""
    start, end = time_columns(selection.schema)
    keys = {name: wanted for name, wanted in selection.numbers.items() if name != selection.ordering}
    tests = [pc.is_in(rows.column(name), value_set=pa.array(wanted)) for name, wanted in keys.items()]
    if selection.until_s is not None:
        tests.append(pc.less(rows.column(start), selection.until_s))
    if selection.from_s is not None:
        is_after = pc.greater if start != end else pc.greater_equal
        tests.append(is_after(rows.column(end), selection.from_s))
    if selection.recorded_until_s is not None:
        tests.append(pc.less_equal(rows.column("recorded_s"), selection.recorded_until_s))
    if selection.without_rows is not None:
        withdrawn = pa.array(selection.without_rows)
        tests.append(pc.invert(pc.is_in(rows.column("row_id"), value_set=withdrawn)))
    return rows.filter(reduce(pc.and_, tests)) if tests else rows
