"""The engine of one machine: selections by leading key read their row groups, all others go through DuckDB."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import duckdb
import polars as pl
import pyarrow as pa

from tongzhou.ledger.checks import POLARS_TYPES
from tongzhou.ledger.engines.groups import GroupReader
from tongzhou.ledger.selections import Selection, query_text

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LocalOptions:
    """Limits of the local engine.

    memory_limit : str — DuckDB's memory; beyond it sorts and joins spill to a folder of temporary files
    threads : int
    batch_rows : int, rows — most rows of the batches given to a sweep
    """

    memory_limit: str = "400MB"
    threads: int = field(default_factory=lambda: os.cpu_count() or 1)
    batch_rows: int = 1 << 17


class LocalEngine:
    """DuckDB on Parquet files. Safe to share between threads."""

    def __init__(self, options: LocalOptions | None = None) -> None:
        self.options = options or LocalOptions()
        self._groups = GroupReader(self.options.threads)
        spill = Path(tempfile.gettempdir()) / f"tongzhou-spill-{os.getpid()}-{secrets.token_hex(4)}"
        self._database = duckdb.connect(
            config={
                "memory_limit": self.options.memory_limit,
                "threads": self.options.threads,
                "temp_directory": str(spill),
                "preserve_insertion_order": False,
            }
        )
        self._database.execute("SET parquet_metadata_cache = true")

    def collect(self, selection: Selection) -> pl.DataFrame:
        """Return the selected rows."""
        if not selection.files:
            return empty_frame(selection)
        if self._groups.can_read(selection):
            batches = list(self._groups.batches(selection))
            return (
                pl.DataFrame(pl.from_arrow(pa.Table.from_batches(batches)))
                if batches
                else empty_frame(selection)
            )
        with self._run(selection) as result:
            return pl.DataFrame(pl.from_arrow(result.to_arrow_table()))

    def sweep(self, selection: Selection, function: Callable[[pa.RecordBatch], T]) -> list[T]:
        """Apply `function` to batches as they are read; only a few are held at a time."""
        if not selection.files:
            return []
        if self._groups.can_read(selection):
            return [function(part) for batch in self._groups.batches(selection) for part in self._cut(batch)]
        with self._run(selection) as result:
            return [function(batch) for batch in result.to_arrow_reader(self.options.batch_rows)]

    def _cut(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        for low in range(0, batch.num_rows, self.options.batch_rows):
            yield batch.slice(low, self.options.batch_rows)

    def close(self) -> None:
        """Close DuckDB, which removes what it spilled."""
        self._database.close()

    @contextmanager
    def _run(self, selection: Selection) -> Iterator[duckdb.DuckDBPyConnection]:
        text, parameters, joined = query_text(selection)
        cursor = self._database.cursor()
        try:
            for name, frame in joined.items():
                cursor.register(name, frame.to_arrow())
            yield cursor.execute(text, parameters)
        finally:
            cursor.close()


def empty_frame(selection: Selection) -> pl.DataFrame:
    """Return no rows, with the columns and types of the selection."""
    kinds = {column.name: POLARS_TYPES[column.type] for column in selection.schema.columns}
    return pl.DataFrame(schema={name: kinds[name] for name in selection.columns})
