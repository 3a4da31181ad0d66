"""The best time interval of one zone, compiled: exact, without looking at every interval.

Owns the search over start and end of a window. Never sums areas into zones.

The count at which the ratio reaches a level is concave in the expected number, so between two expected numbers it
lies above its chord, a straight line. Whether any interval beats the level can then be answered by the largest sum
of (count - slope x expected) over consecutive days, in one pass. Only where that sum passes the chord are intervals
looked at one by one.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from tongzhou.epi.scan.likelihood import count_reaching, log_ratio, variance

Floats = npt.NDArray[np.float64]

SEGMENT_RATIO = 2.0
MAX_SEGMENTS = 24
TYPICAL_LEVEL = 8.0
# Fields of `whole`: cases, persons, family, longest window.
TOTAL, PERSONS, FAMILY, LONGEST = 0, 1, 2, 3


@njit(cache=True, error_model="numpy")
def cut_segments(e: Floats, whole: Floats, low: Floats, high: Floats, slope: Floats) -> int:
    """Cut the range of expected numbers of a zone's windows into segments; return how many.

    Each gets the slope of the chord at a typical level; any slope is valid, a good one spares work.
    """
    total, persons, family = whole[TOTAL], whole[PERSONS], int(whole[FAMILY])
    longest = int(whole[LONGEST])
    least, most, running = math.inf, 0.0, 0.0
    for t in range(e.size):
        if 0.0 < e[t] < least:
            least = e[t]
        running += e[t]
        if t >= longest:
            running -= e[t - longest]
        most = max(most, running)
    n = 0
    bottom = least * (1.0 - 1e-9)
    most *= 1.0 + 1e-9
    while bottom < most and n < MAX_SEGMENTS:
        top = min(bottom * SEGMENT_RATIO, most) if n < MAX_SEGMENTS - 1 else most
        low[n], high[n] = bottom, top
        at_low = count_reaching(TYPICAL_LEVEL, bottom, total, persons, family)
        at_high = count_reaching(TYPICAL_LEVEL, top, total, persons, family)
        rise = (at_high - at_low) / (top - bottom)
        slope[n] = rise if math.isfinite(rise) and rise > 0.0 else 2.0
        bottom = top
        n += 1
    return n


@njit(cache=True, error_model="numpy")
def may_beat(best_sum: float, low: float, high: float, slope: float, level: float, whole: Floats) -> bool:
    """Return whether an interval of the segment whose largest line sum is `best_sum` can beat `level`."""
    total, persons, family = whole[TOTAL], whole[PERSONS], int(whole[FAMILY])
    for e in (low, high):
        c = best_sum + slope * e
        if c <= e:
            continue
        if (c - e) * (c - e) <= level * variance(e, total, persons, family):
            continue
        if c >= total or log_ratio(c, e, total, persons, family) > level:
            return True
    return False


@njit(cache=True, error_model="numpy")
def line_limit(low: float, high: float, slope: float, level: float, whole: Floats) -> float:
    """Return the sum of (count - slope x expected) that an interval of the segment needs to beat `level`."""
    total, persons, family = whole[TOTAL], whole[PERSONS], int(whole[FAMILY])
    at_low = count_reaching(level, low, total, persons, family) - slope * low
    at_high = count_reaching(level, high, total, persons, family) - slope * high
    return min(at_low, at_high)


@njit(cache=True, error_model="numpy")
def search_segment(
    c: Floats, e: Floats, segment: tuple[float, float, float], level: float, whole: Floats, found: Floats
) -> None:
    """Look at the intervals of one segment that pass its chord; keep the best in `found` (ratio, first, last)."""
    low, high, slope = segment
    total, persons, family, longest = whole[TOTAL], whole[PERSONS], int(whole[FAMILY]), int(whole[LONGEST])
    limit = line_limit(low, high, slope, max(level, 1e-12), whole)
    if not math.isfinite(limit):
        limit = -math.inf
    lowest, running = 0.0, 0.0
    for last in range(c.size):
        running += c[last] - slope * e[last]
        if running - lowest >= limit - 1e-9:
            cases, expected = 0.0, 0.0
            for first in range(last, max(-1, last - longest), -1):
                cases += c[first]
                expected += e[first]
                if expected > high * (1.0 + 1e-9):
                    break
                if expected < low or cases <= expected:
                    continue
                if (cases - expected) ** 2 <= found[0] * variance(expected, total, persons, family):
                    continue
                ratio = log_ratio(cases, expected, total, persons, family)
                if ratio > found[0]:
                    found[0], found[1], found[2] = ratio, first, last
        lowest = min(lowest, running)


@njit(cache=True, error_model="numpy")
def guess_interval(c: Floats, e: Floats, slope: float, whole: Floats, found: Floats) -> float:
    """Return the largest line sum and put its interval into `found` when it is a better window."""
    total, persons, family, longest = whole[TOTAL], whole[PERSONS], int(whole[FAMILY]), int(whole[LONGEST])
    running, best, first, best_first, best_last = 0.0, 0.0, 0, 0, -1
    for t in range(c.size):
        running += c[t] - slope * e[t]
        if running <= 0.0:
            running, first = 0.0, t + 1
        elif running > best:
            best, best_first, best_last = running, first, t
    if best_last >= 0 and best_last - best_first < longest:
        cases, expected = 0.0, 0.0
        for t in range(best_first, best_last + 1):
            cases += c[t]
            expected += e[t]
        ratio = log_ratio(cases, expected, total, persons, family)
        if ratio > found[0]:
            found[0], found[1], found[2] = ratio, best_first, best_last
    return best


@njit(cache=True, error_model="numpy")
def best_interval(c: Floats, e: Floats, whole: Floats, found: Floats) -> None:
    """Find the window of consecutive days with the largest ratio: `found` becomes (ratio, first, last)."""
    found[0], found[1], found[2] = 0.0, 0.0, -1.0
    low, high, slope = np.empty(MAX_SEGMENTS), np.empty(MAX_SEGMENTS), np.empty(MAX_SEGMENTS)
    n = cut_segments(e, whole, low, high, slope)
    sums = np.empty(n)
    for k in range(n):
        sums[k] = guess_interval(c, e, slope[k], whole, found)
    for k in range(n):
        if may_beat(sums[k] + 1e-9, low[k], high[k], slope[k], found[0], whole):
            search_segment(c, e, (low[k], high[k], slope[k]), found[0], whole, found)


@njit(cache=True, error_model="numpy")
def best_suffix(c: Floats, e: Floats, whole: Floats, found: Floats) -> None:
    """Find the window that ends on the last day with the largest ratio: `found` becomes (ratio, first, last)."""
    total, persons, family, longest = whole[TOTAL], whole[PERSONS], int(whole[FAMILY]), int(whole[LONGEST])
    found[0], found[1], found[2] = 0.0, 0.0, -1.0
    cases, expected = 0.0, 0.0
    for first in range(c.size - 1, max(-1, c.size - 1 - longest), -1):
        cases += c[first]
        expected += e[first]
        if cases <= expected:
            continue
        ratio = log_ratio(cases, expected, total, persons, family)
        if ratio > found[0]:
            found[0], found[1], found[2] = ratio, first, c.size - 1
