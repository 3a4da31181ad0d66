"""Instants are aware UTC; days are local days of an area. The clock itself is an argument, never read here."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tongzhou.core.errors import InputError

Clock = Callable[[], datetime]

SHANGHAI = ZoneInfo("Asia/Shanghai")
_CUTOFF = re.compile(r"^([01]?\d|2[0-4]):([0-5]\d)$")


def require_aware(instant: datetime, name: str = "instant") -> datetime:
    """Return `instant` in UTC; refuse a naive one."""
    if instant.tzinfo is None:
        raise InputError(
            "time.naive",
            f"{name} {instant.isoformat()} has no time zone.",
            "Give an aware instant, for example 2020-02-01T12:00:00+08:00.",
        )
    return instant.astimezone(UTC)


def local_day(instant: datetime, zone: ZoneInfo = SHANGHAI) -> date:
    """Return the local calendar day of an aware instant.

    >>> local_day(datetime(2020, 1, 31, 16, 30, tzinfo=UTC))
    datetime.date(2020, 2, 1)
    """
    return require_aware(instant).astimezone(zone).date()


def day_start(day: date, zone: ZoneInfo = SHANGHAI) -> datetime:
    """Return the first instant of a local day, in UTC."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def day_bounds(day: date, zone: ZoneInfo = SHANGHAI) -> tuple[datetime, datetime]:
    """Return the first instant of a local day and of the next one (exclusive end), in UTC."""
    return day_start(day, zone), day_start(day + timedelta(days=1), zone)


def parse_cutoff(text: str) -> time | None:
    """Read a cut-off of a reporting day, 00:00 to 24:00; 24:00 (the end of the day) is ``None``.

    >>> parse_cutoff("12:00")
    datetime.time(12, 0)
    >>> parse_cutoff("24:00") is None
    True
    """
    found = _CUTOFF.match(text.strip())
    if not found or (found[1] == "24" and found[2] != "00"):
        raise InputError(
            "time.bad_cutoff",
            f"{text!r} is not a cut-off.",
            "Give hours and minutes from 00:00 to 24:00, for example 12:00.",
        )
    return None if found[1] == "24" else time(int(found[1]), int(found[2]))


def cutoff_instant(day: date, cutoff: time | None, zone: ZoneInfo = SHANGHAI) -> datetime:
    """Return the instant of a cut-off on a local day; ``None`` is the end of the day."""
    if cutoff is None:
        return day_start(day + timedelta(days=1), zone)
    return datetime.combine(day, cutoff, tzinfo=zone).astimezone(UTC)


def parse_day(text: str, name: str = "day") -> date:
    """Read a calendar day written YYYY-MM-DD."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InputError(
            "time.bad_day", f"{name} {text!r} is not a day.", "Write it as 2020-02-01."
        ) from None
