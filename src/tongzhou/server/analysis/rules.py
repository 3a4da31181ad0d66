"""When a run is due again and what a run needs: pure decisions."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta

from tongzhou.core.errors import EstimationFailed
from tongzhou.epi.parameters import DelayEntry, list_entries

LEAST_AGE = timedelta(hours=1)
"""A run is not repeated sooner by itself."""
DAYS_BACK = 180
YEARS_BACK = 6
HORIZON = 14
LEVEL = 0.95
MIN_CASES = math.ceil(1 / 0.3**2)
"""Cases for a coefficient of variation of R below 0.3 (Cori et al. 2013, Am J Epidemiol 178:1505)."""


def is_due(made_at: datetime, until_on: date, newest_at: datetime | None, now: datetime) -> bool:
    """Tell whether a run should be repeated: an hour old, and cases or a whole day came since.

    newest_at : when the latest case of the area was recorded
    """
    if now - made_at < LEAST_AGE:
        return False
    is_new_day = until_on < now.date() - timedelta(days=1)
    return is_new_day or (newest_at is not None and newest_at > made_at)


def choose_interval(disease: str, quantity: str) -> DelayEntry:
    """Return the published delay of a disease from the largest sample that gives a distribution.

    Raises
    ------
    EstimationFailed
        ``analysis.no_interval``
    """
    found = [
        entry
        for entry in list_entries()
        if entry.id.split(".")[0] == disease and entry.quantity == quantity and entry.family
    ]
    if not found:
        raise EstimationFailed(
            "analysis.no_interval",
            f"No distribution of the {quantity.replace('_', ' ')} of {disease!r} is in the table.",
            "Add a sourced entry to the table of delays.",
            {"disease": disease, "quantity": quantity},
        )
    return max(found, key=lambda entry: (entry.n or 0, entry.id))


def require_cases(n: int, needed: int = MIN_CASES) -> None:
    """Refuse an estimate from too few cases.

    Raises
    ------
    EstimationFailed
        ``analysis.too_few``
    """
    if n < needed:
        raise EstimationFailed(
            "analysis.too_few", f"{n} cases are too few; {needed} are needed.", "Choose a wider area.",
            {"n": n, "needed": needed},
        )  # fmt: skip


def require_days(n: int, needed: int) -> None:
    """Refuse an estimate from too short a series, in days.

    Raises
    ------
    EstimationFailed
        ``analysis.too_short``
    """
    if n < needed:
        raise EstimationFailed(
            "analysis.too_short", f"The series has {n} days; {needed} are needed.", "Wait, or choose a wider area.",
            {"n": n, "needed": needed},
        )  # fmt: skip
