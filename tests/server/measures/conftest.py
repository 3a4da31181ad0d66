"""Fixtures of the tests of measures."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.server.test_spine import case, world  # noqa: F401


@pytest.fixture(autouse=True)
def static_folder(settings: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Give the middleware of static files a folder that is there."""
    settings.STATIC_ROOT = tmp_path
