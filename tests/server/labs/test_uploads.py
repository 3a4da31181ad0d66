"""Uploaded files and files of rejected rows hold names in plain: they go when their time is over."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.cast import SETUP, Cast
from tongzhou.server.kernel.jobs import enqueue
from tongzhou.server.labs.queries import JOB
from tongzhou.server.labs.uploads import store_upload, sweep_files

pytestmark = pytest.mark.django_db


def aged(path: Path, at: datetime) -> Path:
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def test_old_files_go_and_those_a_job_waits_for_stay(
    cast: Cast, now: datetime, settings: object, tmp_path: Path
) -> None:
    settings.HOME = tmp_path
    fresh, old, awaited = (
        store_upload(f"{name}.csv", [b"x"], "someone") for name in ("fresh", "old", "awaited")
    )
    enqueue(JOB, SETUP, options={"file": awaited.as_options()})
    (tmp_path / "rejects").mkdir()
    rejects = [tmp_path / "rejects" / name for name in ("new.csv", "old.csv")]
    for path in rejects:
        path.write_text("x")
    for path in (tmp_path / "uploads").iterdir():
        aged(path, now if path.name.startswith(fresh.token) else now - timedelta(days=2))
    aged(rejects[0], now - timedelta(days=2))
    aged(rejects[1], now - timedelta(days=400))
    assert sweep_files() == 3
    left = {path.name.split(".")[0] for path in (tmp_path / "uploads").iterdir()}
    assert left == {fresh.token, awaited.token}
    assert not old.path.exists()
    assert [path.exists() for path in rejects] == [True, False]
    assert sweep_files() == 0
