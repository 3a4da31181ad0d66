"""Several processes on one folder: a killed writer leaves nothing, two writers lose nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.ledger.cast import RECORDED, data_files, random_stays

from tongzhou.ledger import Ledger

DYING = """
import os, signal, sys
from pathlib import Path
from tests.ledger.cast import RECORDED, random_stays
from tongzhou.ledger import ingest, open_ledger
ingest.CHECK_ROWS, ingest.CHUNK_BYTES = 250, 10_000
def batches():
    for part in range(4):
        yield random_stays(600, seed=part)
    os.kill(os.getpid(), signal.SIGKILL)
open_ledger(Path(sys.argv[1])).append_stream("stays", batches(), batch_id="big", recorded_at=RECORDED)
"""
WRITING = """
import sys
from pathlib import Path
from tests.ledger.cast import RECORDED, random_stays
from tongzhou.ledger import open_ledger
ledger = open_ledger(Path(sys.argv[1]))
for part in range(12):
    for batch_id in (f"{sys.argv[2]}-{part}", f"both-{part}"):
        ledger.append("stays", random_stays(50, seed=part), batch_id=batch_id, recorded_at=RECORDED)
"""
ROOT = Path(__file__).parents[2]


def start(script: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", script, *arguments], cwd=ROOT)


def test_killed_append_leaves_nothing_and_can_be_repeated(ledger: Ledger) -> None:
    assert start(DYING, str(ledger.root)).wait(60) == -9
    assert len(data_files(ledger.root)) > 0
    assert ledger.n_rows("stays") == 0
    batches = [random_stays(600, seed=part) for part in range(4)]
    report = ledger.append_stream("stays", batches, batch_id="big", recorded_at=RECORDED)
    assert not report.is_repeat
    assert ledger.select("stays").height == 2_400
    ledger.compact("stays")
    assert len(data_files(ledger.root)) == ledger._store("stays").snapshot().files.height


def test_two_writers_lose_nothing_and_double_nothing(ledger: Ledger) -> None:
    writers = [start(WRITING, str(ledger.root), name) for name in ("one", "two")]
    assert [writer.wait(120) for writer in writers] == [0, 0]
    found = ledger.select("stays")
    assert found.height == (12 + 12 + 12) * 50
    assert found["row_id"].n_unique() == found.height
