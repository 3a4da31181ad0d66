"""`tongzhou bench ledger_format`: the jobs of the ledger on Delta Lake and on DuckLake."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import click
import polars as pl

from bench.ledger_format.stores import STORES, DuckLakeStore, with_day
from bench.machine import ROOT, forget_pages, machine
from bench.trace.generate import DAY_S, FIRST_S, Town, batches
from tongzhou.cli.output import json_option, print_result
from tongzhou.cli.parameters import Count

ERASED = 77


def frames(n_stays: int) -> Any:
    """Yield sorted batches of good stays."""
    for _, frame in batches(Town(n_stays)):
        yield with_day(frame.filter(pl.col("until_s") > pl.col("from_s")))


def write_as(name: str, root: Path, writer: int, n_stays: int) -> None:
    """Append every second batch, as one of two writers; print how often a commit had to be tried again."""
    store, retries = STORES[name](root), 0
    for number, frame in enumerate(frames(n_stays)):
        if number % 2 == writer:
            retries += store.append(frame)
    print(retries)


def two_writers(name: str, root: Path, n_stays: int) -> tuple[float, int]:
    """Return seconds and retries of two processes that append at once."""
    start = time.perf_counter()
    words = [sys.executable, "-m", "bench.ledger_format.command", name, str(root)]
    running = [
        subprocess.Popen([*words, str(i), str(n_stays)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for i in (0, 1)
    ]
    told = [process.communicate()[0] for process in running]
    if any(process.returncode for process in running):
        raise RuntimeError(f"A writer of {name} failed.")
    return time.perf_counter() - start, sum(int(text.split()[-1]) for text in told)


def has_person(root: Path, person: int) -> bool:
    """Tell whether any Parquet file still holds the person, whether a catalog names it or not."""
    files = [path for path in root.rglob("*.parquet") if "_delta_log" not in path.parts]
    return any(
        (pl.read_parquet(path, columns=["person"], hive_partitioning=False)["person"] == person).any()
        for path in files
    )


def measure(name: str, root: Path, n_stays: int) -> dict[str, Any]:
    """Run the jobs on one format."""
    one = root / "one"
    one.mkdir(parents=True)
    store = STORES[name](one)
    if isinstance(store, DuckLakeStore):
        store.partition()
    append_s, n_rows = 0.0, 0
    for frame in frames(n_stays):
        start = time.perf_counter()
        store.append(frame)
        append_s += time.perf_counter() - start
        n_rows += frame.height
    store.select([1], FIRST_S, FIRST_S + 1)  # code is loaded
    forget_pages(one)
    select_s, n_selected = timed(
        lambda: store.select([5, 700, 4000, 90_000], FIRST_S + DAY_S, FIRST_S + 4 * DAY_S)
    )
    drop_s, _ = timed(lambda: store.drop_day(date(2020, 2, 2)))
    erase_s, _ = timed(lambda: store.erase(ERASED))
    two = root / "two"
    two.mkdir()
    if name == "ducklake":
        DuckLakeStore(two).partition()
    two_s, retries = two_writers(name, two, n_stays)
    return {
        "name": name,
        "n_rows": n_rows,
        "append_rows_per_s": n_rows / append_s,
        "select_s": select_s,
        "n_selected": n_selected,
        "drop_day_s": drop_s,
        "erase_person_s": erase_s,
        "person_left_in_a_file": has_person(one, ERASED),
        "two_writers_rows_per_s": n_rows / two_s,
        "two_writers_retries": retries,
        "two_writers_lost": n_rows - STORES[name](two).count(),
    }


def timed(job: Any) -> tuple[float, Any]:
    """Return the seconds of a job, and its result."""
    start = time.perf_counter()
    result = job()
    return time.perf_counter() - start, result


@click.command(name="ledger_format")
@click.option("--stays", "n_stays", type=Count(minimum=1000), default="1e6", show_default=True)
@json_option
def command(n_stays: int, as_json: bool) -> None:
    """Append, two writers, selective read, drop a day, erase a person: Delta Lake against DuckLake."""
    root = Path(tempfile.mkdtemp(prefix="tongzhou-format-"))
    try:
        found = {"machine": machine(), "formats": [measure(name, root / name, n_stays) for name in STORES]}
    finally:
        shutil.rmtree(root, ignore_errors=True)
    print_result(found, as_json, lambda result: "\n".join(json.dumps(row) for row in result["formats"]))


if __name__ == "__main__":
    write_as(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
