"""`tongzhou bench epi`: figures of the epidemiology library.

Each module of this folder with `MEASURES` (name -> (job, limit in seconds or None)) adds its rows, and the peer in R
of a row with `PEERS` (name -> `Peer`).
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import click

import bench.epi
from bench.epi.rt import best_of
from bench.machine import machine
from tongzhou.cli.output import json_option, print_result


@click.command("epi")
@click.option("--only", default="", help="Measure only rows whose name contains this.")
@click.option("--sample", type=int, default=None, help="Series given to R; its seconds are scaled to all.")
@json_option
def command(only: str, sample: int | None, as_json: bool) -> None:
    """Measure the epidemiology library, the best of three runs, and R's packages on the same series once."""
    rows = []
    for found in pkgutil.iter_modules(bench.epi.__path__):
        module = importlib.import_module(f"bench.epi.{found.name}")
        peers = getattr(module, "PEERS", {})
        for name, (job, limit) in getattr(module, "MEASURES", {}).items():
            if only.lower() in f"{found.name}: {name}".lower():
                row = {"name": name, "seconds": best_of(job), "limit": limit}
                rows.append(row | (peers[name].measure(sample) if name in peers else {}))
    print_result({"machine": machine(), "rows": rows}, as_json, _as_text)


def _as_text(result: dict[str, Any]) -> str:
    lines = [f"{'':46}{'seconds':>9}{'limit':>8}{'peer':>10}{'times':>9}"]
    for row in result["rows"]:
        limit = "" if row["limit"] is None else f"{row['limit']:g}"
        lines.append(f"{row['name']:46}{row['seconds']:9.3f}{limit:>8}")
        if "peer_seconds" in row:
            lines[-1] += f"{row['peer_seconds']:10.1f}{row['peer_seconds'] / row['seconds']:9.0f}"
            lines.append(f"    {row['peer']}, {row['peer_sample']}: {row['agreement']}")
        elif "peer" in row:
            lines.append(f"    {row['peer']}")
    return "\n".join([*lines, f"{result['machine']['processor']}, {result['machine']['cores']} cores"])
