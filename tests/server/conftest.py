"""Fixtures of the server's tests: a small real area tree, the standing cast, a frozen clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.cast import Cast, build_areas, build_cast
from tongzhou.server.kernel import clock

NOON = datetime(2022, 7, 12, 4, 0, tzinfo=UTC)
"""12 July 2022, 12:00 in Shenzhen."""


@pytest.fixture
def now() -> Iterator[datetime]:
    """Hold the clock at noon of 12 July 2022 in Shenzhen."""
    with clock.fixed(NOON):
        yield NOON


@pytest.fixture
def areas(db: None) -> None:
    """Guangdong with two cities, three counties, streets, communities and grids."""
    build_areas()


@pytest.fixture
def cast(areas: None, now: datetime) -> Cast:
    """Return the standing cast, each with an account, a role, an area and a post."""
    return build_cast()


@pytest.fixture(autouse=True)
def quick_passwords(settings: pytest.FixtureRequest) -> None:
    """Hash passwords cheaply: the real hasher costs a tenth of a second an account."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
