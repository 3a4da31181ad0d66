"""The engine of one machine: selections by leading key read their row groups, all others go through DuckDB."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable, Sequence
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

    def collect(self, parts: Sequence[Selection]) -> pl.DataFrame:
        """Return the selected rows."""
        frames = self.sweep(parts, _as_frame)
        return pl.concat(frames) if frames else empty_frame(parts[0])

    def sweep(self, parts: Sequence[Selection], function: Callable[[pa.RecordBatch], T]) -> list[T]:
        """Apply `function` to batches as they are read; only a few are held at a time."""
        if self._groups.can_read(parts[0]):
            return self._groups.sweep(parts, function, self.options.batch_rows)
        return [found for part in parts if part.files for found in self._query(part, function)]

    def _query(self, selection: Selection, function: Callable[[pa.RecordBatch], T]) -> list[T]:
        text, parameters, joined = query_text(selection)
        cursor = self._database.cursor()
        try:
            for name, frame in joined.items():
                cursor.register(name, frame.to_arrow())
            rows = cursor.execute(text, parameters).to_arrow_reader(self.options.batch_rows)
            return [function(batch) for batch in rows]
        finally:
            cursor.close()

    def close(self) -> None:
        """Close DuckDB, which removes what it spilled."""
        self._database.close()


def _as_frame(batch: pa.RecordBatch) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(batch))


def empty_frame(selection: Selection) -> pl.DataFrame:
    """Return no rows, with the columns and types of the selection."""
    kinds = {column.name: POLARS_TYPES[column.type] for column in selection.schema.columns}
    return pl.DataFrame(schema={name: kinds[name] for name in selection.columns})
