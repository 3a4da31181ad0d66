"""Killed in the middle of an import, and run again: nothing is lost and nothing is double."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.server.labs.conftest import HEADER, NOBODY, STRANGER, line

ROWS = 60_000
LOOK = """
import json, sys
from tongzhou.cli.records import open_records
open_records()
from tongzhou.server.labs.models import UnlinkedResult
from tongzhou.server.duties.models import Duty
from tongzhou.server.movement.ledger_door import get_ledger
rows = get_ledger().select("results", columns=["sample"])
print(json.dumps([rows.height, rows["sample"].n_unique(), UnlinkedResult.objects.everything("t").count(),
                  Duty.objects.everything("t").filter(kind__startswith="link").count()]))
"""


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    path = tmp_path / "results.csv"
    negatives = (line("", f"N{i}", "阴性") for i in range(ROWS))
    known = line(NOBODY, "A1", "阳性") + line(STRANGER, "A2", "阴性")
    path.write_text(HEADER + known + "".join(negatives), encoding="utf-8")
    code = "import sys; from tongzhou.cli.main import main; main(sys.argv[1:])"
    return [sys.executable, "-W", "ignore", "-c", code, "import", "results", str(path), "--laboratory", "L1"]


@pytest.mark.parametrize("wait_s", [3.0, pytest.param(1.0, marks=pytest.mark.slow)])
def test_a_killed_import_runs_again_to_the_same_end(
    command: list[str], tmp_path: Path, wait_s: float
) -> None:
    environment = {**os.environ, "TONGZHOU_HOME": str(tmp_path / "home")}
    environment.pop("TONGZHOU_DATABASE_URL", None)
    subprocess.run([*command[:5], "areas", "find", "深圳"], env=environment, check=True, capture_output=True)
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    time.sleep(wait_s)
    process.send_signal(signal.SIGKILL)
    process.wait()
    for _ in range(2):
        subprocess.run(command, env=environment, check=True, capture_output=True)
    seen = subprocess.run([*command[:3], "-c", LOOK], env=environment, check=True, capture_output=True)
    assert seen.stdout.decode().strip() == f"[{ROWS + 2}, {ROWS + 2}, {ROWS + 2}, 2]"
