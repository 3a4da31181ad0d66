"""A worker killed without warning in the middle of a bulk confirmation loses and doubles nothing."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

SCRIPT = Path(__file__).with_name("crash_script.py")
ROOT = SCRIPT.parents[3]
N_ORDERS = 25


def command(mode: str, folder: Path) -> subprocess.Popen[str]:
    """Start one step in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", str(SCRIPT), mode, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def finish(process: subprocess.Popen[str]) -> str:
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors[-2000:]
    return out


def kill_after(process: subprocess.Popen[str], n_lines: int, seconds: float) -> None:
    """Kill a process a moment after it printed so many lines."""
    for _ in range(n_lines):
        assert process.stdout.readline(), process.stderr.read()[-2000:]
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def test_killed_bulk_confirmation_loses_and_doubles_nothing(tmp_path: Path) -> None:
    rng = random.Random(7)
    finish(command("build", tmp_path))
    for n_lines in (3, 9):
        kill_after(command("confirm", tmp_path), n_lines, rng.uniform(0.0, 0.03))
    finish(command("confirm", tmp_path))
    found = json.loads(finish(command("check", tmp_path)))
    assert found["states"] == {"in_force": N_ORDERS}
    assert len(found["duties"]) == 1
    assert dict(found["duties"][0])["inform_person"] == 1
    assert (found["n_facts"], found["n_waiting"], found["is_intact"]) == ([1], 0, True)
