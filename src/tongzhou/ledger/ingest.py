"""Appends batches: check, sort, write, one commit. A batch is there whole and once, or not at all."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa

from tongzhou.core.time import require_aware
from tongzhou.ledger import locks
from tongzhou.ledger.checks import REJECTED_SCHEMA, Checked, as_frame, check_rows
from tongzhou.ledger.layout import DataFile, local_days, write_ordering
from tongzhou.ledger.store import TableStore

CHUNK_ROWS = 3 << 18
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
                        tally.row_ids.append(writer.write(checked.good))
                files = writer.finish()
            except BaseException:
                writer.abandon()
                raise
        if files and not store.commit_batch(files, batch_id):
            is_repeat, tally.row_ids = True, []
        return tally.report(is_repeat=is_repeat)


def rechunk(batches: Iterable[Rows]) -> Iterator[pl.DataFrame]:
    """Join small batches and cut large ones into chunks of about `CHUNK_ROWS` rows."""
    waiting: list[pl.DataFrame] = []
    n_waiting = 0
    for batch in batches:
        frame = as_frame(batch)
        for low in range(0, frame.height, CHUNK_ROWS):
            piece = frame[low : low + CHUNK_ROWS]
            if n_waiting + piece.height > CHUNK_ROWS and waiting:
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


class _Writer:
    """Writes chunks in every ordering at once, one chunk behind the check."""

    def __init__(self, store: TableStore, pool: ThreadPoolExecutor, zone: ZoneInfo, recorded_s: int) -> None:
        self.store, self.pool, self.zone, self.recorded_s = store, pool, zone, recorded_s
        self.pending: list[Future[list[DataFile]]] = []
        self.files: list[DataFile] = []

    def write(self, good: pl.DataFrame) -> range:
        """Number the rows and start writing them; return their numbers."""
        first = locks.reserve_row_ids(self.store.root, good.height)
        numbers = range(first, first + good.height)
        frame = good.with_columns(
            pl.int_range(first, first + good.height, dtype=pl.Int64).alias("row_id"),
            pl.lit(self.recorded_s, pl.Int64).alias("recorded_s"),
        )
        days = local_days(self.store.schema, frame, self.zone)
        self._collect()
        schema, folder = self.store.schema, self.store.folder
        self.pending = [
            self.pool.submit(write_ordering, folder, schema, frame, days, keys) for keys in schema.orderings
        ]
        return numbers

    def finish(self) -> list[DataFile]:
        """Wait for the last chunk; return all files."""
        self._collect()
        return self.files

    def abandon(self) -> None:
        """Delete what has been written."""
        for future in self.pending:
            if future.exception() is None:
                self.files += future.result()
        self.store.discard(f.path for f in self.files)

    def _collect(self) -> None:
        while self.pending:
            self.files += self.pending[0].result()
            self.pending.pop(0)
        pa.default_memory_pool().release_unused()
