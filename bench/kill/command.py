"""`tongzhou bench kill`: a close and confirmations killed at many moments lose nothing and double nothing."""

from __future__ import annotations

import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

import click

from bench.kill.homes import homes_on
from bench.kill.importing import kill_imports
from bench.kill.trials import Trials
from bench.machine import machine
from tongzhou.cli.output import json_option, print_result
from tongzhou.cli.parameters import Count

AFTER_COMMIT_S = (0.0, 4.0)
"""When an import is killed, from the ledger's commit on."""


@click.command(name="kill")
@click.option("--duties", "n_duties", type=Count(minimum=20), default="5000", show_default=True)
@click.option("--orders", "n_orders", type=Count(minimum=2), default="2000", show_default=True)
@click.option("--kills", "n_kills", type=click.IntRange(1), default=12, show_default=True)
@click.option("--database", type=click.Choice(["sqlite", "postgresql"]), default="sqlite", show_default=True)
@click.option(
    "--import-rows",
    "n_rows",
    type=Count(minimum=1000),
    help="Instead kill the import of a file of N results.",
)
@click.option("--seed", type=int, default=7, show_default=True, help="Of the moments.")
@json_option
def command(
    n_duties: int, n_orders: int, n_kills: int, database: str, n_rows: int | None, seed: int, as_json: bool
) -> None:
    """Kill the close of a day and the confirmation of many orders, N times in the requests and N in the worker."""
    root = Path(tempfile.mkdtemp(prefix="tongzhou-kill-"))
    try:
        if n_rows:
            print_result(
                {"machine": machine(), **kill_imports(root, n_rows, AFTER_COMMIT_S)}, as_json, imports_as_text
            )
            return
        with homes_on(database, root) as homes:
            found = Trials(homes, n_kills, random.Random(seed)).run(n_duties, n_orders)
        print_result({"machine": machine(), "database": database, **found}, as_json, as_text)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def as_text(result: dict[str, Any]) -> str:
    """Return one line for each copy, and the rows that each holds in the end."""
    rows = sum(count for count, _ in result["tables"].values())
    lines = [
        f"{result['database']}: the requests take {result['act_s']:.1f} s, {rows:,} rows in the end, "
        f"{result['tables']['duties.duty'][0]:,} duties"
    ]
    for row in result["trials"]:
        at = ", ".join(f"{moment:.2f}" for moment in row["moments_s"])
        verdict = "the same" if not row["unlike"] else f"UNLIKE {row['unlike']}"
        chain = "chain intact" if row["is_intact"] else "CHAIN BROKEN"
        lines.append(f"{row['what']}: killed {row['n_killed']} times ({at} s): {verdict}, {chain}")
    return "\n".join(lines)


def imports_as_text(result: dict[str, Any]) -> str:
    """Return one line for each kill, and the rows that every home holds in the end."""
    lines = [f"{name}: {count:,}" for name, count in result["whole"]["rows"].items() if count]
    for row, is_same in zip(result["trials"], result["is_same"], strict=True):
        killed = "killed" if row["is_killed"] else "ended before"
        verdict = "the same" if is_same and row["is_intact"] else f"UNLIKE {row}"
        lines.append(f"{killed} {row['after_commit_s']} s after the ledger's commit: {verdict}")
    return "\n".join(lines)
