"""Finished runs of studies under way, on disk, so that an interrupted study goes on from them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from django.conf import settings

from tongzhou.scenario import KeptRuns
from tongzhou.server.planning.populations import forget_oldest

MAX_BYTES = 1_000_000_000


def folder() -> Path:
    """Return where the runs of all studies lie, each study in its own folder."""
    return Path(settings.HOME) / "runs"


def kept_runs(key: str) -> KeptRuns:
    """Return the place of a study's runs; those of studies given up for longest make room."""
    place = folder() / key
    place.mkdir(parents=True, exist_ok=True)
    os.utime(place)
    forget_oldest(place, MAX_BYTES)
    return KeptRuns(place)


def forget_runs(key: str) -> None:
    """Remove the runs of a study that has its answer."""
    shutil.rmtree(folder() / key, ignore_errors=True)
