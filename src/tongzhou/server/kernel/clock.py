"""The one place that reads the wall clock; tests and the command line may set it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings

_fixed: ContextVar[datetime | None] = ContextVar("fixed_now", default=None)


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return _fixed.get() or datetime.now(UTC)


def zone() -> ZoneInfo:
    """Return the zone whose calendar days the installation keeps."""
    return ZoneInfo(settings.TIME_ZONE)


def today() -> date:
    """Return the local calendar day."""
    return now().astimezone(zone()).date()


@contextmanager
def fixed(instant: datetime) -> Iterator[None]:
    """Hold the clock at `instant` within the block."""
    token = _fixed.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _fixed.reset(token)
