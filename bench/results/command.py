"""`tongzhou bench results`: a laboratory's file of results, from the file to ledger, cases and duties."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import click

from bench.machine import machine, run_step
from tongzhou.cli.output import json_option, print_result
from tongzhou.cli.parameters import Count

TARGETS = {"import_s": "< 20", "peak_rss_bytes": "< 1,000,000,000"}
"""At 1,000,000 rows on two cores."""


@click.command(name="results")
@click.option("--rows", "n_rows", type=Count(minimum=1000), default="1e6", show_default=True)
@click.option("--people", "n_people", type=Count(minimum=1000), default="1e6", show_default=True)
@click.option(
    "--simulated", is_flag=True, help="Rounds of testing of a simulated city, those infected positive."
)
@json_option
def command(n_rows: int, n_people: int, simulated: bool, as_json: bool) -> None:
    """Import a file of N results of registered people; a hundredth have no person, one in ten thousand is positive."""
    home = Path(tempfile.mkdtemp(prefix="tongzhou-bench-"))
    os.environ["TONGZHOU_HOME"] = str(home)
    try:
        made = run_step("bench.results.generate", home, n_rows, n_people, simulated)
        result: dict[str, Any] = {"machine": machine(), **made, **run_step("bench.results.run", home)}
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print_result(result, as_json, as_text)


def as_text(result: dict[str, Any]) -> str:
    """Print the figures beside what they should be."""
    named = {name: value for name, value in result.items() if name != "machine"}
    lines = [f"{name:<20}{value:>16,}  {TARGETS.get(name, '')}" for name, value in named.items()]
    return "\n".join([f"on {result['machine']['name']}, {result['machine']['processor']}", *lines])
