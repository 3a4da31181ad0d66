"""The same five jobs on each format, in the way its own library does them."""

from __future__ import annotations

import importlib.util
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Protocol

import duckdb
import polars as pl

from bench.trace.generate import DAY_S, FIRST_S

COLUMNS = "person, place, from_s, until_s, source, day"


class Store(Protocol):
    """One table of stays, partitioned by day."""

    def append(self, frame: pl.DataFrame) -> int:
        """Append rows in one commit; return how often it was tried again."""
        ...

    def drop_day(self, day: date) -> None: ...

    def erase(self, person: int) -> None:
        """Delete a person, and what older versions keep of them."""
        ...

    def select(self, places: list[int], from_s: int, until_s: int) -> int: ...

    def count(self) -> int: ...


def with_day(frame: pl.DataFrame) -> pl.DataFrame:
    """Add the local day and sort as the ledger does."""
    days = ((pl.col("from_s") - FIRST_S) // DAY_S).cast(pl.Int32)
    return frame.with_columns(day=pl.lit(date(2020, 2, 1)) + pl.duration(days=days)).sort(
        "day", "place", "from_s"
    )


class DeltaStore:
    """Delta Lake by `deltalake`; selections by DuckDB on the files the log names."""

    def __init__(self, root: Path) -> None:
        self.folder = str(root / "delta")

    def append(self, frame: pl.DataFrame) -> int:
        from deltalake import write_deltalake
        from deltalake.exceptions import CommitFailedError

        for tried in range(20):
            try:
                write_deltalake(self.folder, frame.to_arrow(), partition_by=["day"], mode="append")
                return tried
            except CommitFailedError:
                time.sleep(0.05)
        raise RuntimeError("20 conflicts")

    def drop_day(self, day: date) -> None:
        self._open().delete(f"day = DATE '{day}'")

    def erase(self, person: int) -> None:
        table = self._open()
        table.delete(f"person = {person}")
        table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)

    def select(self, places: list[int], from_s: int, until_s: int) -> int:
        listed = ", ".join(map(str, places))
        query = f"""SELECT count(*) FROM read_parquet(?, hive_partitioning=true)
            WHERE place IN ({listed}) AND from_s < {until_s} AND until_s > {from_s}"""
        with duckdb.connect() as database:
            return int(database.execute(query, [self._open().file_uris()]).fetchone()[0])

    def count(self) -> int:
        return int(self._open().count())

    def _open(self) -> Any:
        from deltalake import DeltaTable

        return DeltaTable(self.folder)


class DuckLakeStore:
    """DuckLake by DuckDB's extension from its wheel, with a catalog in SQLite so that two processes may write."""

    def __init__(self, root: Path) -> None:
        self.root = root / "ducklake"
        self.root.mkdir(parents=True, exist_ok=True)
        self.database = duckdb.connect()
        for name in ("sqlite_scanner", "ducklake"):
            self.database.execute(f"LOAD '{extension(name)}'")
        options = f"DATA_PATH '{self.root / 'files'}', META_BUSY_TIMEOUT 30000"
        self.database.execute(f"ATTACH 'ducklake:sqlite:{self.root / 'catalog.sqlite'}' AS lake ({options})")
        self.database.execute("USE lake")
        self.database.execute(
            """CREATE TABLE IF NOT EXISTS stays
            (person BIGINT, place BIGINT, from_s BIGINT, until_s BIGINT, source VARCHAR, day DATE)"""
        )

    def partition(self) -> None:
        """Partition the new table by day; once."""
        self.database.execute("ALTER TABLE stays SET PARTITIONED BY (day)")

    def append(self, frame: pl.DataFrame) -> int:
        self.database.register("frame", frame.to_arrow())
        for tried in range(20):
            try:
                self.database.execute(f"INSERT INTO stays SELECT {COLUMNS} FROM frame")
                return tried
            except duckdb.Error as error:
                if not any(
                    word in str(error).lower() for word in ("conflict", "locked", "busy", "transaction")
                ):
                    raise
                time.sleep(0.05)
        raise RuntimeError("20 conflicts")

    def drop_day(self, day: date) -> None:
        self.database.execute(f"DELETE FROM stays WHERE day = DATE '{day}'")

    def erase(self, person: int) -> None:
        self.database.execute(f"DELETE FROM stays WHERE person = {person}")
        self.database.execute("CALL ducklake_rewrite_data_files('lake', delete_threshold => 0)")
        self.database.execute("CALL ducklake_expire_snapshots('lake', older_than => now())")
        self.database.execute("CALL ducklake_cleanup_old_files('lake', cleanup_all => true)")

    def select(self, places: list[int], from_s: int, until_s: int) -> int:
        listed = ", ".join(map(str, places))
        query = f"""SELECT count(*) FROM stays
            WHERE place IN ({listed}) AND from_s < {until_s} AND until_s > {from_s}"""
        return int(self.database.execute(query).fetchone()[0])

    def count(self) -> int:
        return int(self.database.execute("SELECT count(*) FROM stays").fetchone()[0])


def extension(name: str) -> Path:
    """Return the file of a DuckDB extension that a wheel brought, for the DuckDB that runs."""
    spec = importlib.util.find_spec(f"duckdb_extension_{name}")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(f"Install duckdb-extension-{name.replace('_', '-')}=={duckdb.__version__}.")
    root = Path(spec.submodule_search_locations[0])
    return root / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"


STORES = {"delta": DeltaStore, "ducklake": DuckLakeStore}
LAST_DAY = date(2020, 2, 1) + timedelta(days=13)
