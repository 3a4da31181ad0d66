"""Measures the peers in the same run, each in a process of its own.

The peers pin other versions of shared packages, so they may live in an environment of their own: its interpreter
is named by TONGZHOU_PEERS_PYTHON (``uv pip install covasim laser-generic``).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

COVASIM_MOST = 1_000_000
"""Covasim takes about 3 kB an agent; more agents do not fit an ordinary machine."""


def measure_peers(agents: int, days: int) -> list[dict[str, Any]]:
    """Return the figures of each peer, or why there are none."""
    rows = [_measure("laser", agents, days)]
    rows.append(_measure("covasim", min(agents, COVASIM_MOST), days))
    return rows


def _measure(name: str, agents: int, days: int) -> dict[str, Any]:
    python = os.environ.get("TONGZHOU_PEERS_PYTHON", sys.executable)
    script = str(Path(__file__).with_name("peer_runs.py"))
    done = subprocess.run(
        [python, script, name, str(agents), str(days)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        return {"name": name, "missing": done.stderr.strip().splitlines()[-1] if done.stderr else "no output"}
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found
