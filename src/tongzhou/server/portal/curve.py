"""The epidemic curve beside a bulletin: new confirmed cases by day of report, from the same sources as its figures."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

from tongzhou.server.portal.figures import Figures, confirmed_by

DAYS = 30


def curve_of(figures: Figures, n_days: int = DAYS) -> dict[str, Any]:
    """Return the data of an ``epi-curve``: the days up to the bulletin's, ``None`` where a day is not known.

    A fall of the cumulative figure is a correction: that day's new cases are not known from it.
    """
    days = [figures.on - timedelta(days=back) for back in range(n_days - 1, 0, -1)]
    totals = confirmed_by(figures.area.code, [days[0] - timedelta(days=1), *days], figures.basis)
    new = [_difference(old, now) for old, now in pairwise(totals)]
    days, new = [*days, figures.on], [*new, figures.total.new.get("confirmed")]
    while len(days) > 1 and new[0] is None:
        days, new = days[1:], new[1:]
    return {"days": [day.isoformat() for day in days], "new": new}


def _difference(old: int | None, now: int | None) -> int | None:
    return now - old if old is not None and now is not None and now >= old else None
