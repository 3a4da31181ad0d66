"""Where the public data sets and reference outputs stand, when they are there at all."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


def shared(relative: str) -> Path:
    """Return a file of the shared folder, or skip the test with a reason."""
    path = SHARED / relative
    if not path.exists():
        pytest.skip(f"shared data set absent: {relative}")
    return path
