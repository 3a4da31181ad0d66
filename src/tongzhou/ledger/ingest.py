"""Appends batches: check, sort, write, one commit. A batch is there whole and once, or not at all."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa

from tongzhou.core.time import require_aware
from tongzhou.ledger import locks, memory
from tongzhou.ledger.checks import REJECTED_SCHEMA, Checked, as_frame, check_rows
from tongzhou.ledger.layout import Chunk, DataFile, local_days, narrowed, write_ordering
from tongzhou.ledger.store import TableStore

CHECK_ROWS = 1 << 17
"""Most rows checked at once."""
CHUNK_BYTES = 256 << 20
"""Most memory of rows sorted together: the fewer chunks a day has, the fewer files hold a person or a place."""
MAX_REJECTED_SHOWN = 1_000_000

Rows: TypeAlias = pl.DataFrame | pa.Table | pa.RecordBatch


@dataclass(frozen=True, slots=True)
class AppendReport:
    """What became of one batch.

    n_accepted, n_rejected : int, rows
    rejected : frame — ``row`` (from 0, within the batch), ``column``, ``value``, ``reason``; a row with
        several faults has several lines; at most a million lines are kept, the counts are exact
    is_repeat : bool — the batch had been appended before: nothing was written, the counts say what it holds
    row_ids : tuple of range — numbers of the accepted rows, in their order; empty for a repeat
    """

    n_accepted: int
    n_rejected: int
    rejected: pl.DataFrame
    is_repeat: bool
    row_ids: tuple[range, ...] = ()


@dataclass(slots=True)
class _Tally:
    n_accepted: int = 0
    n_rejected: int = 0
    n_seen: int = 0
    faults: list[pl.DataFrame] = field(default_factory=list)
    n_shown: int = 0
    row_ids: list[range] = field(default_factory=list)

    def count(self, n_seen: int, checked: Checked) -> None:
        self.n_seen += n_seen
        self.n_accepted += checked.good.height
        self.n_rejected += checked.n_rejected
        shown = checked.rejected.head(MAX_REJECTED_SHOWN - self.n_shown)
        if shown.height:
            self.n_shown += shown.height
            self.faults.append(shown)

    def report(self, *, is_repeat: bool) -> AppendReport:
        rejected = pl.concat(self.faults) if self.faults else pl.DataFrame(schema=REJECTED_SCHEMA)
        return AppendReport(self.n_accepted, self.n_rejected, rejected, is_repeat, tuple(self.row_ids))


def append_batches(
    store: TableStore, batches: Iterable[Rows], *, batch_id: str, recorded_at: datetime, zone: ZoneInfo
) -> AppendReport:
    """Append all rows of `batches` as one batch, in bounded memory."""
    recorded_s = calendar.timegm(require_aware(recorded_at, "recorded_at").utctimetuple())
    with locks.shared(store.root), locks.one_batch(store.root, store.schema.name, batch_id):
        is_repeat = store.has_batch(batch_id)
        tally = _Tally()
        with ThreadPoolExecutor(len(store.schema.orderings)) as pool:
            writer = _Writer(store, pool, zone, recorded_s)
            try:
                for frame in rechunk(batches):
                    checked = check_rows(store.schema, frame, tally.n_seen)
                    tally.count(frame.height, checked)
                    if checked.good.height and not is_repeat:
                        writer.write(checked.good)
                files, tally.row_ids = writer.finish(), writer.row_ids
            except BaseException:
                writer.abandon()
                raise
        if files and not store.commit_batch(files, batch_id):
            is_repeat, tally.row_ids = True, []
        return tally.report(is_repeat=is_repeat)


def rechunk(batches: Iterable[Rows]) -> Iterator[pl.DataFrame]:
    """Join small batches and cut large ones into frames of at most `CHECK_ROWS` rows."""
    waiting: list[pl.DataFrame] = []
    n_waiting = 0
    for batch in batches:
        frame = as_frame(batch)
        for low in range(0, frame.height, CHECK_ROWS):
            piece = frame[low : low + CHECK_ROWS]
            if n_waiting + piece.height > CHECK_ROWS and waiting:
                yield _joined(waiting)
                waiting, n_waiting = [], 0
            waiting.append(piece)
            n_waiting += piece.height
        if not frame.height and not waiting:
            yield frame
    if waiting:
        yield _joined(waiting)


def _joined(frames: list[pl.DataFrame]) -> pl.DataFrame:
    return frames[0] if len(frames) == 1 else pl.concat(frames, how="diagonal_relaxed")


def _emptied_into_one(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """Join frames a column at a time, each taken out of them, so that the rows are not in memory twice."""
    columns = [
        pl.concat([f.drop_in_place(name).to_frame() for f in frames], how="vertical_relaxed", rechunk=True)
        for name in frames[0].columns
    ]
    return pl.concat(columns, how="horizontal")


class _Writer:
    """Gathers rows into chunks and writes each chunk in all orderings at once."""

    def __init__(self, store: TableStore, pool: ThreadPoolExecutor, zone: ZoneInfo, recorded_s: int) -> None:
        self.store, self.pool, self.zone, self.recorded_s = store, pool, zone, recorded_s
        self.waiting: list[pl.DataFrame] = []
        self.waiting_bytes = 0
        self.files: list[DataFile] = []
        self.row_ids: list[range] = []

    def write(self, good: pl.DataFrame) -> None:
        """Take rows; write them when a chunk is full."""
        rows = narrowed(self.store.schema, good)
        size = int(rows.estimated_size())
        if self.waiting_bytes + size > CHUNK_BYTES:
            self._flush()
        self.waiting.append(rows)
        self.waiting_bytes += size

    def finish(self) -> list[DataFile]:
        """Write what waits; return all files."""
        self._flush()
        return self.files

    def abandon(self) -> None:
        """Delete what has been written."""
        self.store.discard(f.path for f in self.files)

    def _flush(self) -> None:
        if not self.waiting:
            return
        rows = _emptied_into_one(self.waiting)
        self.waiting, self.waiting_bytes = [], 0
        schema, folder = self.store.schema, self.store.folder
        first = locks.reserve_row_ids(self.store.root, rows.height)
        self.row_ids.append(range(first, first + rows.height))
        chunk = Chunk(rows, local_days(schema, rows, self.zone), first, self.recorded_s)
        writes = [self.pool.submit(write_ordering, folder, schema, chunk, keys) for keys in schema.orderings]
        wait(writes)
        self.files += [file for write in writes if write.exception() is None for file in write.result()]
        for write in writes:
            write.result()  # raises what went wrong, once all files to delete are known
        memory.give_back()
