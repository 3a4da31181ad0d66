"""A worker killed without warning in the middle of a study: the next one goes on, and every bit is the same."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.server.planning.kill_question import QUESTION
from tongzhou.scenario import answer

SCRIPT = Path(__file__).with_name("kill_script.py")


def step(mode: str, home: Path) -> subprocess.Popen[str]:
    """Start one step in a process of its own."""
    environment = {**os.environ, "TONGZHOU_HOME": str(home), "PYTHONPATH": str(SCRIPT.parents[3])}
    environment.pop("TONGZHOU_DATABASE_URL", None)
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", str(SCRIPT), mode],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip


def finish(process: subprocess.Popen[str]) -> str:
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors[-2000:]
    return out


def test_a_study_whose_worker_was_killed_goes_on_and_is_equal_bit_for_bit(tmp_path: Path) -> None:
    finish(step("ask", tmp_path))
    worker = step("work", tmp_path)
    while not (kept := list(tmp_path.glob("runs/*/*.npz"))) and worker.poll() is None:
        time.sleep(0.002)
    worker.send_signal(signal.SIGKILL)
    worker.communicate()
    assert worker.returncode == -signal.SIGKILL
    made = {path: path.stat().st_mtime_ns for path in kept}
    assert 1 <= len(made) < 12
    again = step("work", tmp_path)
    untouched = True
    while again.poll() is None:
        untouched &= all(path.stat().st_mtime_ns == at for path, at in made.items() if path.exists())
        time.sleep(0.01)
    finish(again)
    state, n_attempts, digest = json.loads(finish(step("check", tmp_path)))
    assert untouched
    assert (state, n_attempts) == ("done", 2)
    assert not list(tmp_path.glob("runs/*/*"))
    assert digest == answer(QUESTION).result_digest()
