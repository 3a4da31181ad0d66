"""On which days, and in which areas, a measure holds. Owns the counting of reported cases and the state of spans."""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np

from tongzhou.core.measures import Span

Array = np.ndarray[Any, np.dtype[Any]]

CASES = 2
"""Place of reported cases among `simulate.kernels.SERIES`."""


class CaseCount:
    """Cases reported in each area before the current day, and the last day with a case (-1 for none)."""

    def __init__(self, n_areas: int) -> None:
        self.total, self.last, self._day = np.zeros(n_areas, np.int64), np.full(n_areas, -1, np.int64), 0

    def advance(self, tally: Array, day: int) -> None:
        """Count up to the day before `day`; tally : int32, shape (workers, areas, series, days)."""
        for past in range(self._day, day):
            new = tally[:, :, CASES, past].sum(axis=0)
            self.total += new
            self.last[new > 0] = past
        self._day = day

    def copy(self) -> CaseCount:
        """Return an independent copy."""
        twin = copy(self)
        twin.total, twin.last = self.total.copy(), self.last.copy()
        return twin


class Switch:
    """Tells on which days a span holds; once begun it stays begun, unless it ends after days without a case."""

    def __init__(self, span: Span, n_areas: int) -> None:
        self.span = span
        n = n_areas if span.by_area else 1
        self.begun, self._cleared_at = np.full(n, -1, np.int64), np.zeros(n, np.int64)

    def is_on(self, day: int, count: CaseCount) -> Array:
        """Return whether the span holds on a day: bool, shape (areas,), or (1,) where it holds alike everywhere."""
        span = self.span
        total, last = count.total, count.last
        if not span.by_area:
            total, last = total.sum(keepdims=True), last.max(keepdims=True, initial=-1)
        starts = (self.begun < 0) & (day >= span.from_day) & (total - self._cleared_at >= span.from_cases)
        self.begun[starts] = day
        on = (self.begun >= 0) & (day < span.until_day)
        if span.clear_days:
            clear = on & (day - last > span.clear_days)
            self.begun[clear] = -1
            self._cleared_at[clear] = total[clear]
            on &= ~clear
        return np.asarray(on)

    def copy(self) -> Switch:
        """Return an independent copy."""
        twin = copy(self)
        twin.begun, twin._cleared_at = self.begun.copy(), self._cleared_at.copy()
        return twin
