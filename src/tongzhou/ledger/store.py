"""One ledger table as a Delta Lake table in a folder: its log, live files, commits. Never reads rows."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.exceptions import CommitFailedError
from deltalake.transaction import AddAction, RemoveAction

from tongzhou.core.errors import Conflict
from tongzhou.core.tables import TableSchema
from tongzhou.ledger import locks
from tongzhou.ledger.layout import DataFile, delta_schema, stats_json
from tongzhou.ledger.schemas import DAY, ORDERING, counted_columns

COMMIT_RETRIES = 50


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The live files of a table at one version.

    files : frame — ``path`` (absolute), ``ordered_by``, ``on_day``, ``n_rows``, ``size``, and ``min.`` and
        ``max.`` of each counted column
    """

    version: int
    files: pl.DataFrame


class TableStore:
    """The log and the files of one table."""

    def __init__(self, root: Path, schema: TableSchema) -> None:
        self.root, self.schema = root, schema
        self.folder = root / schema.name
        self._guard = threading.Lock()
        self._table: DeltaTable | None = None
        self._seen: tuple[Path, int] | None = None
        self._snapshot: Snapshot | None = None

    def snapshot(self) -> Snapshot:
        """Return the live files at the newest version, from memory when nothing changed."""
        with self._guard:
            table = self._newest()
            if self._snapshot is None or self._snapshot.version != table.version():
                self._snapshot = Snapshot(table.version(), self._live_files(table))
            return self._snapshot

    def has_batch(self, batch_id: str) -> bool:
        """Tell whether a batch has been committed."""
        with self._guard:
            return self._newest().transaction_version(batch_id) is not None

    def commit_batch(self, files: Sequence[DataFile], batch_id: str) -> bool:
        """Add files and the batch's mark in one commit; ``False`` when another process had committed it."""
        marks = CommitProperties(
            app_transactions=[Transaction(batch_id, 1)], max_commit_retries=COMMIT_RETRIES
        )
        try:
            self._commit([self._add(f, changes=True) for f in files], marks)
        except CommitFailedError as error:
            if self.has_batch(batch_id):
                self.discard(f.path for f in files)
                return False
            raise _not_committed(self.schema.name) from error
        return True

    def replace(self, gone: Iterable[str], files: Sequence[DataFile], *, changes_rows: bool) -> None:
        """Swap files for others in one commit, then delete the old ones. Needs the ledger alone."""
        gone = list(gone)
        now_ms = int(time.time() * 1000)
        removed = [RemoveAction(self.relative(path), changes_rows, now_ms) for path in gone]
        self._commit([*removed, *(self._add(f, changes=changes_rows) for f in files)], None)
        self.discard(gone)

    def discard(self, paths: Iterable[str]) -> None:
        """Delete files that the log does not name, or names no longer."""
        for path in paths:
            (self.folder / path).unlink(missing_ok=True)

    def sweep_orphans(self) -> int:
        """Delete files that no version names, left by killed processes; return how many. Needs it alone."""
        live = set(self.snapshot().files["path"].to_list())
        orphans = [
            str(path)
            for path in self.folder.rglob("*.parquet")
            if "_delta_log" not in path.parts and str(path) not in live
        ]
        self.discard(orphans)
        return len(orphans)

    def relative(self, path: str) -> str:
        """Return a live file's path as the log names it."""
        return Path(path).relative_to(self.folder).as_posix()

    def _commit(self, actions: list[AddAction | RemoveAction], marks: CommitProperties | None) -> None:
        with self._guard:
            table = self._newest()
            schema = delta_schema(self.schema)
            table.create_write_transaction(
                actions, "append", schema, [ORDERING, DAY], commit_properties=marks
            )

    @staticmethod
    def _add(file: DataFile, *, changes: bool) -> AddAction:
        now_ms = int(time.time() * 1000)
        return AddAction(file.path, file.size, file.partition, now_ms, changes, stats_json(file))

    def _newest(self) -> DeltaTable:
        if self._table is not None and self._is_newest():
            return self._table
        log_changed_ns = self._log_changed_ns()
        if self._table is None:
            self._table = self._open()
        else:
            self._table.update_incremental()
        following = self.folder / "_delta_log" / f"{self._table.version() + 1:020}.json"
        self._seen = following, log_changed_ns
        return self._table

    def _is_newest(self) -> bool:
        """Tell cheaply that the log has not grown: no following commit, and no change of its folder."""
        if self._seen is None:
            return False
        following, log_changed_ns = self._seen
        return not following.exists() and self._log_changed_ns() == log_changed_ns

    def _log_changed_ns(self) -> int:
        """Return when the log's folder last changed, 0 when it is absent."""
        try:
            return (self.folder / "_delta_log").stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def _open(self) -> DeltaTable:
        if not DeltaTable.is_deltatable(str(self.folder)):
            with locks.creation(self.root):
                if not DeltaTable.is_deltatable(str(self.folder)):
                    self._create()
        return DeltaTable(str(self.folder))

    def _create(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        DeltaTable.create(
            str(self.folder),
            delta_schema(self.schema),
            partition_by=[ORDERING, DAY],
            name=self.schema.name,
            description=self.schema.meaning,
            configuration={"delta.dataSkippingStatsColumns": ",".join(counted_columns(self.schema))},
        )

    def _live_files(self, table: DeltaTable) -> pl.DataFrame:
        if not table.file_uris():
            return _no_files(self.schema)
        actions = pl.DataFrame(pl.from_arrow(pa.table(table.get_add_actions(flatten=True))))
        ranges = [f"{end}.{name}" for name in counted_columns(self.schema) for end in ("min", "max")]
        return actions.select(
            path=pl.lit(f"{self.folder}/") + pl.col("path"),
            **{ORDERING: pl.col(f"partition.{ORDERING}").cast(pl.String), DAY: pl.col(f"partition.{DAY}")},
            n_rows=pl.col("num_records").cast(pl.Int64),
            size=pl.col("size_bytes").cast(pl.Int64),
            **{name: pl.col(name) if name in actions.columns else pl.lit(None, pl.Int64) for name in ranges},
        )


def _no_files(schema: TableSchema) -> pl.DataFrame:
    kinds: dict[str, type[pl.DataType]] = {
        "path": pl.String,
        ORDERING: pl.String,
        DAY: pl.Date,
        "n_rows": pl.Int64,
        "size": pl.Int64,
    }
    ranges = {f"{end}.{name}": pl.Int64 for name in counted_columns(schema) for end in ("min", "max")}
    return pl.DataFrame(schema={**kinds, **ranges})


def _not_committed(table: str) -> Conflict:
    return Conflict(
        "ledger.not_committed",
        f"The batch for {table} could not be committed: other writers were faster {COMMIT_RETRIES} times.",
        "Append the same batch again; nothing of it has been stored.",
    )
