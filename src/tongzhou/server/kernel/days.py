"""Counts of rows by local day, made by the database.

A database that cuts an instant to a local day by a function in Python (SQLite) calls it for every row. Here the
instant is cut as text to its hour of UTC, and the few hours that are left are given to their local days.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Aggregate, CharField, Count, QuerySet
from django.db.models.functions import Cast, Substr

from tongzhou.server.kernel import clock

HOUR, MINUTE = len("2020-02-01 12"), len("2020-02-01 12:00")


def count_by_day(
    rows: QuerySet[Any], field: str, since: datetime, *, keys: Sequence[str] = (), **more: Aggregate
) -> dict[tuple[Any, ...], tuple[int, ...]]:
    """Return the number of rows by local day, and by the values of `keys`.

    Parameters
    ----------
    field : the instant that is counted by
    since : no row is earlier; tells whether the zone was whole hours from UTC all the time
    more : further aggregates

    Returns
    -------
    ``{(day, *keys): (n, *more)}``
    """
    width = HOUR if _is_whole_hours(since) else MINUTE
    cut = rows.annotate(_cut=Substr(Cast(field, CharField()), 1, width)).values_list("_cut", *keys).order_by()
    found: dict[tuple[Any, ...], tuple[int, ...]] = {}
    for text, *rest in cut.annotate(_n=Count("*"), **more):
        values = (rest[len(keys)], *rest[len(keys) + 1 :])
        key = (_local_day(text), *rest[: len(keys)])
        found[key] = tuple(a + b for a, b in zip(found.get(key, (0,) * len(values)), values, strict=True))
    return found


def _is_whole_hours(since: datetime) -> bool:
    zone = clock.zone()
    offsets = {at.astimezone(zone).utcoffset() for at in (since, clock.now())}
    return all(offset is not None and not offset % timedelta(hours=1) for offset in offsets)


def _local_day(text: str) -> date:
    at = datetime.fromisoformat(f"{text}:00" if len(text) == HOUR else text)
    return at.replace(tzinfo=UTC).astimezone(clock.zone()).date()
