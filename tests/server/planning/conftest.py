"""A community of Nanshan with recent cases, and a worker for its jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.server.analysis.conftest import AddCases, SignIn, add_cases, fresh_look, sign_in, work

__all__ = ["AddCases", "SignIn", "add_cases", "fresh_look", "sign_in", "work"]

SMALL = {
    "disease": "sars-cov-2/omicron",
    "basis": "census",
    "days": "20",
    "n_runs": "2",
    "factor": "1",
    "seed": "1",
    "use_0": "cn-2022-06",
    "intensity_0": "active",
    "use_1": "none",
    "use_2": "-",
    "use_3": "-",
    **{f"intensity_{k}": "active" for k in (1, 2, 3)},
}
"""What the form of a quick comparison sends."""


@pytest.fixture(autouse=True)
def own_home(settings: Any, tmp_path: Path) -> None:
    """Keep populations in a folder of the test."""
    settings.HOME = tmp_path
