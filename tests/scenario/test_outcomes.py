"""A comparison that was killed goes on from the runs it finished, equal bit for bit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tongzhou.core.errors import InputError
from tongzhou.scenario import KeptRuns, Question, ScenarioSpec, answer, outcomes, whatif

QUESTION = Question(
    {"440305": 3000, "440306": 2000}, {"440305": 8}, (ScenarioSpec("cn-2022-06"), ScenarioSpec()), days=20, n_runs=4
)  # fmt: skip


def finish(kept: KeptRuns | None, monkeypatch: pytest.MonkeyPatch) -> tuple[str, int]:
    """Answer the question; its digest and how many runs were computed."""
    computed: list[Any] = []
    real = whatif.outcome_from
    monkeypatch.setattr(whatif, "outcome_from", lambda run: computed.append(run) or real(run))
    return answer(QUESTION, kept=kept, n_threads=1).result_digest(), len(computed)


def test_a_killed_comparison_goes_on_from_its_finished_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved, folder = tmp_path / "question.json", tmp_path / "runs"
    saved.write_text(json.dumps({"question": QUESTION.to_json()}))
    code = "import sys; from tongzhou.cli.main import main; main(sys.argv[1:])"
    words = ["whatif", "--repeat", str(saved), "--keep-runs", str(folder), "--threads", "1"]
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code, *words], stderr=subprocess.DEVNULL
    )
    while not list(folder.glob("*.npz")) and process.poll() is None:
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    n_finished = len(list(folder.glob("*.npz")))
    assert 1 <= n_finished < 8
    found, n_computed = finish(KeptRuns(folder), monkeypatch)
    assert n_computed == 8 - n_finished
    assert found == answer(QUESTION, n_threads=1).result_digest()


def test_a_damaged_file_is_computed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, _ = finish(KeptRuns(tmp_path), monkeypatch)
    first, *_ = sorted(tmp_path.glob("*.npz"))
    first.write_bytes(first.read_bytes()[:1000])
    assert finish(KeptRuns(tmp_path), monkeypatch) == (whole, 1)


def test_runs_of_another_question_are_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="Stopped after 3"):
        answer(QUESTION, kept=KeptRuns(tmp_path), progress=lambda done, _of: done == 3)
    assert KeptRuns(tmp_path).get("another") is None
    assert finish(KeptRuns(tmp_path), monkeypatch)[1] == 5


def test_runs_of_other_code_are_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(QUESTION, kept=KeptRuns(tmp_path), n_threads=1)
    monkeypatch.setattr(outcomes, "code_digest", lambda: "other")
    assert finish(KeptRuns(tmp_path), monkeypatch)[1] == 8
