"""Reference sets of the Farrington methods: which past points enter each fit, in which group, at which time.

Owns the flexible method's windows and seasonal blocks and the classic method's windows, packed for the compiled
fit. Never reads counts.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tongzhou.core.errors import InputError
from tongzhou.epi.detect.baselines import match_dates, reference_dates, window_dates
from tongzhou.epi.detect.detection import IntArray
from tongzhou.epi.series import Days, FloatMatrix


@dataclass(frozen=True, slots=True)
class ReferenceSets:
    """Reference points of P monitored points, one after the other.

    points : int64 (P,) — monitored time points, 1-based
    start : int64 (P + 1,) — where each point's references begin in the packed arrays
    position, group : int64 — 0-based position and 0-based seasonal group of each reference
    time : float64 — the time that enters the trend
    target : float64 (P, 3) — 0-based position, time and group of the monitored point
    """

    points: IntArray
    start: IntArray
    position: IntArray
    group: IntArray
    time: FloatMatrix
    target: FloatMatrix
    n_groups: int

    @property
    def longest(self) -> int:
        """The largest number of references of a point."""
        return int(np.diff(self.start).max()) if self.points.size else 0


@dataclass(frozen=True, slots=True)
class FlexibleWindows:
    """Shape of the flexible method's reference sets, in years, time steps and groups."""

    b: int
    w: int
    noperiods: int
    past_weeks_not_included: int
    freq: int


def pack(
    found: list[tuple[int, IntArray, IntArray, npt.NDArray[np.float64], float]], group: int, n_groups: int
) -> ReferenceSets:
    """Join (point, positions, groups, times, time of the point) of all points; `group` is the group predicted."""
    sizes = np.array([item[1].size for item in found], dtype=np.int64)
    empty = np.zeros(0)
    return ReferenceSets(
        points=np.array([item[0] for item in found], dtype=np.int64),
        start=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        position=np.concatenate([empty, *(item[1] for item in found)]).astype(np.int64),
        group=np.concatenate([empty, *(item[2] for item in found)]).astype(np.int64),
        time=np.concatenate([empty, *(item[3] for item in found)]),
        target=np.array([[item[0] - 1, item[4], group] for item in found], dtype=np.float64).reshape(-1, 3),
        n_groups=n_groups,
    )


def flexible_sets(points: IntArray, dates: Days | None, shape: FlexibleWindows) -> ReferenceSets:
    """Return windows around the same week of `b` years back, and with `noperiods` > 1 the blocks between them.

    Points whose reference weeks are not all in the series are left out.
    """
    found = []
    for k in points:
        weeks = _reference_weeks(int(k), dates, shape)
        if weeks is None:
            continue
        blocks = _season_blocks(int(k), weeks, shape)
        used = np.flatnonzero(blocks > 0)
        if dates is None:
            time, now = (used + 1).astype(np.float64), float(k)
        else:
            step = float((dates[1] - dates[0]).astype(np.int64))
            time = (dates[used] - dates[used[0]]).astype(np.float64) / step
            now = float((dates[k - 1] - dates[used[0]]).astype(np.float64)) / step
        found.append((int(k), used, blocks[used] - 1, time, now))
    return pack(found, shape.noperiods - 1, shape.noperiods)


def _reference_weeks(k: int, dates: Days | None, shape: FlexibleWindows) -> IntArray | None:
    """Return the 1-based reference weeks, now first, or None where one or its window is not in the series."""
    if dates is None:
        weeks = k - shape.freq * np.arange(shape.b + 1)
    else:
        weeks = match_dates(reference_dates(dates[k - 1], shape.b, shape.freq), dates)
    has_history = weeks.min() >= 1 and weeks[-1] - shape.w >= 1
    return weeks if has_history and k > shape.past_weeks_not_included else None


def _season_blocks(k: int, weeks: IntArray, shape: FlexibleWindows) -> IntArray:
    """Return the group 1 .. noperiods of each time point up to `k`, 0 where it is not a reference."""
    p, w = shape.noperiods, shape.w
    group = np.zeros(k, dtype=np.int64)
    group[max(k - w, 1) - 1 : k] = p
    for later, week in itertools.pairwise(weeks):
        group[week - w - 1 : min(week + w, k)] = p
        if p == 1:
            continue
        period = int(later - 2 * w - 1 - week)
        if period < p - (2 * w + 1):
            raise InputError(
                "detect.noperiods",
                f"noperiods is {p}, but only {period} time points lie between two reference windows.",
                "Use fewer periods or a smaller w.",
            )
        _fill_blocks(group, int(week + w + 1), period, p)
    group[max(k - shape.past_weeks_not_included, 1) - 1 :] = 0
    return group


def _fill_blocks(group: IntArray, first: int, period: int, p: int) -> None:
    """Share `period` time points from `first` (1-based) among the groups 1 .. p - 1, longer ones first."""
    length, rest = divmod(period, p - 1)
    lengths = np.full(p - 1, length)
    lengths[:rest] += 1
    starts = first + np.concatenate([[0], np.cumsum(lengths)[:-1]])
    for j, (start, size) in enumerate(zip(starts, lengths, strict=True), start=1):
        low, high = sorted((int(start), int(start + size - 1)))
        group[low - 1 : min(high, group.size)] = j


def classic_sets(points: IntArray, dates: Days | None, *, b: int, w: int, freq: int) -> ReferenceSets:
    """Return the windows of the 1996 method; reference points before the series are left out."""
    found = []
    for k in points:
        if dates is None:
            years = np.arange(b, 0, -1) * freq
            weeks = (k - years[:, None] + np.arange(-w, w + 1)[None, :]).ravel()
        else:
            weeks = match_dates(window_dates(dates[k - 1], b, w, freq), dates)
        weeks = weeks[weeks > 0]
        found.append((int(k), weeks - 1, np.zeros_like(weeks), weeks.astype(np.float64), float(k)))
    return pack(found, 0, 1)
