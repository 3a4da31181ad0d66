"""`tongzhou bench trace`: one case among many stays, from ingest to contacts."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import click

from bench.machine import machine, run_step
from bench.trace.end_to_end import end_to_end
from tongzhou.cli.output import json_option, print_result
from tongzhou.cli.parameters import Count

PEER_STAYS = 10_000_000
TARGETS = {
    "ingest_rows_per_s": "> 1,000,000",
    "one_case_query_s": "< 0.3",
    "one_case_end_to_end_s": "< 2",
    "thousand_cases_s": "< 5",
    "peak_rss_bytes": "< 1,000,000,000",
}
"""At 100 million stays on two cores."""


@click.command(name="trace")
@click.option("--stays", "n_stays", type=Count(minimum=1000), default="1e7", show_default=True)
@click.option(
    "--peers", "with_peers", is_flag=True, help="Also DuckDB's and PostgreSQL's plain join, 10 M stays."
)
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), help="Keep the ledger in this folder."
)
@click.option("--simulated", is_flag=True, help="The stays of a simulated city instead of the plain town.")
@json_option
def command(n_stays: int, with_peers: bool, keep: Path | None, simulated: bool, as_json: bool) -> None:
    """Ingest N stays in both orderings; find the contacts of one case and of 1,000 cases."""
    root = Path(tempfile.mkdtemp(prefix="tongzhou-bench-"))
    try:
        result = {"machine": machine(), **measure(keep or root, n_stays, simulated)}
        if with_peers:
            result["peers"] = compare(root / "peers", min(n_stays, PEER_STAYS), simulated)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    print_result(result, as_json, as_text)


def measure(root: Path, n_stays: int, simulated: bool = False) -> dict[str, Any]:
    """Generate, ingest and query, each in a process of its own; generating is not counted."""
    feed, folder = root / "feed", root / "ledger"
    made = run_step("bench.trace.generate", feed, n_stays, simulated)
    ingest = run_step("bench.trace.ingest", feed, folder)
    shutil.rmtree(feed)
    query = run_step("bench.trace.query", folder, n_stays)
    return {
        "n_stays": made["n_rows"],
        "ingest_rows_per_s": ingest["rows_per_s"],
        "one_case_query_s": query["one_case_s"],
        "one_case_end_to_end_s": end_to_end(folder),
        "thousand_cases_s": query["thousand_cases_s"],
        "peak_rss_bytes": max(ingest["peak_rss_bytes"], query["peak_rss_bytes"]),
        "steps": {"ingest": ingest, "query": query},
    }


def compare(root: Path, n_stays: int, simulated: bool = False) -> list[dict[str, Any]]:
    """Measure this ledger and the peers on the same stays and the same cases."""
    feed = root / "feed"
    own = measure(root, n_stays, simulated)["steps"]
    rows = [
        {
            "name": "tongzhou",
            "n_stays": n_stays,
            "load_s": own["ingest"]["seconds"],
            "one_case_s": own["query"]["one_case_s"],
            "thousand_cases_s": own["query"]["thousand_cases_plain_s"],
            "n_exposures": own["query"]["n_plain_exposures"],
        }
    ]
    run_step("bench.trace.generate", feed, n_stays, simulated)
    rows += [run_step("bench.trace.peers", name, feed, root, n_stays) for name in ("duckdb", "postgresql")]
    return rows


def as_text(result: dict[str, Any]) -> str:
    """Return the figures with their targets, one a line."""
    host = result["machine"]
    lines = [f"{host['name']}: {host['processor']}, {host['cores']} cores", f"stays: {result['n_stays']:,}"]
    for name, target in TARGETS.items():
        shown = f"{result[name]:,.3f}".removesuffix(".000")
        lines.append(f"{name}: {shown}  (target at 1e8: {target})")
    for row in result.get("peers", []):
        lines.append(
            f"{row['name']} at {row['n_stays']:,}: load {row['load_s']:.1f} s, one case {row['one_case_s']:.3f} s, "
            f"1,000 cases {row['thousand_cases_s']:.2f} s, exposures {row['n_exposures']:,}"
        )
    return "\n".join(lines)
