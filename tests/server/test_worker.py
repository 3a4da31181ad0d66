"""The worker's clocks never wait for a long job."""

from __future__ import annotations

import threading

import pytest

from tongzhou.server.playbooks import worker


def test_clocks_go_on_while_a_job_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    stop, begun, finish, ticked = (threading.Event() for _ in range(4))

    def job() -> int:
        begun.set()
        finish.wait(20)
        return 0

    def clock() -> int:
        if begun.is_set():
            ticked.set()
        return 0

    monkeypatch.setattr(worker, "STEPS", (clock,))
    monkeypatch.setattr(worker, "_run_job", job)
    running = threading.Thread(target=worker.run_forever, args=(stop, 0.01))
    running.start()
    assert ticked.wait(20)
    stop.set()
    finish.set()
    running.join(20)
    assert not running.is_alive()
