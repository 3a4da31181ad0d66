"""A daily close killed without warning: closing again closes the day once, with every duty."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

SCRIPT = Path(__file__).with_name("close_script.py")
N_DUTIES = 400


def step(mode: str, home: Path) -> subprocess.Popen[str]:
    """Start one step in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", str(SCRIPT), mode, str(home)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(SCRIPT.parents[2])},
    )  # fmt: skip


def finish(process: subprocess.Popen[str]) -> dict[str, object]:
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors[-2000:]
    return dict(json.loads(out.splitlines()[-1]))


def kill_while_closing(home: Path, seconds: float) -> None:
    """Kill the close so many seconds after it began to write."""
    process = step("close", home)
    assert process.stdout is not None
    assert process.stdout.readline() == "closing\n"
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_a_killed_close_can_be_run_again_and_closes_the_day_once(tmp_path: Path) -> None:
    finish(step("build", tmp_path))
    for seconds in (0.02, 0.1):
        kill_while_closing(tmp_path, seconds)
    finish(step("close", tmp_path))
    found = finish(step("check", tmp_path))
    assert found == {
        "n_closes": 1, "n_items": N_DUTIES, "n_events": 1, "n_facts": 1, "is_intact": True, "is_sealed": True,
    }  # fmt: skip
