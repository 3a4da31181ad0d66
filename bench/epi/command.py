"""`tongzhou bench epi`: figures of the epidemiology library.

Each module of this folder with `MEASURES` (name -> (job, limit in seconds or None)) adds its rows, and those of its
peers with `PEERS` (name -> job that returns seconds or None).
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
@json_option
def command(only: str, as_json: bool) -> None:
    """Measure the epidemiology library; the best of three runs."""
    rows = []
    for found in pkgutil.iter_modules(bench.epi.__path__):
        module = importlib.import_module(f"bench.epi.{found.name}")
        peers = getattr(module, "PEERS", {})
        for name, (job, limit) in getattr(module, "MEASURES", {}).items():
            if only.lower() in name.lower():
                peer = peers[name]() if name in peers else None
                rows.append({"name": name, "seconds": best_of(job), "limit": limit, "peer_seconds": peer})
    print_result({"machine": machine(), "rows": rows}, as_json, _as_text)


def _as_text(result: dict[str, Any]) -> str:
    lines = [f"{'':44}{'seconds':>9}{'limit':>8}{'peer':>9}"]
    for row in result["rows"]:
        limit = "" if row["limit"] is None else f"{row['limit']:g}"
        peer = "" if row["peer_seconds"] is None else f"{row['peer_seconds']:.1f}"
        lines.append(f"{row['name']:44}{row['seconds']:9.3f}{limit:>8}{peer:>9}")
    return "\n".join(lines)
