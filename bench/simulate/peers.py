"""Measures the peers in the same run, each in a process of its own.

The peers pin other versions of shared packages, so they live in an environment of their own: the interpreter named by
TONGZHOU_PEERS_PYTHON, or one made under `.setup/peers` from the package registry.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.machine import free_bytes

PACKAGES = ("covasim==4.0.1", "laser-generic==1.1.0")
COVASIM_BYTES = 1600
"""Of an agent, as its peak at a million agents."""
_HOME = Path(".setup/peers")


def measure_peers(agents: int, days: int) -> list[dict[str, Any]]:
    """Return the figures of each peer, or why there are none."""
    try:
        python = _interpreter()
    except (OSError, subprocess.CalledProcessError) as error:
        return [{"name": "peers", "missing": f"They could not be installed: {error}"}]
    rows = [_measure(python, "laser", agents, days)]
    need, free = agents * COVASIM_BYTES, free_bytes()
    if need <= free:
        return rows + [_measure(python, name, agents, days) for name in ("covasim", "covasim_seir")]
    why = f"{agents:,} agents would take {need / 1e9:.0f} GB, and {free / 1e9:.0f} GB are free."
    return [*rows, {"name": "covasim", "missing": why}]


def _interpreter() -> str:
    """Return the interpreter of the peers, made when there is none."""
    named = os.environ.get("TONGZHOU_PEERS_PYTHON")
    if named:
        return named
    python = _HOME / "bin" / "python"
    if not (_HOME / "made").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(_HOME)], check=True, capture_output=True)
        subprocess.run(
            [str(python), "-m", "pip", "install", "-q", *PACKAGES], check=True, capture_output=True
        )
        (_HOME / "made").touch()
    return str(python)


def _measure(python: str, name: str, agents: int, days: int) -> dict[str, Any]:
    """Return the figures of one peer."""
    script = str(Path(__file__).with_name("peer_runs.py"))
    done = subprocess.run(
        [python, script, name, str(agents), str(days)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        return {"name": name, "missing": done.stderr.strip().splitlines()[-1] if done.stderr else "no output"}
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found
