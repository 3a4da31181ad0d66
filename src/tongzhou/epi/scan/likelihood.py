"""Log likelihood ratios of scan windows, compiled.

Owns the three families and the cheap bounds that spare most logarithms. Never looks for a window.

A window holds `c` cases where `e` are expected; the whole holds `total` cases among `persons` (Bernoulli only).
All ratios are convex in (c, e), so the count at which a ratio reaches a level is a concave function of `e`; the
interval search rests on that.
"""

from __future__ import annotations

import math

from numba import njit

POISSON, BERNOULLI, EXPECTATION = 0, 1, 2
SOLVE_STEPS = 60


@njit(cache=True, error_model="numpy")
def log_ratio(c: float, e: float, total: float, persons: float, family: int) -> float:
    """Return the log likelihood ratio of a window with more cases than expected, 0 for fewer.

    References
    ----------
    Kulldorff (1997), Communications in Statistics 26: 1481-1496, Poisson and Bernoulli models; Neill (2009),
    Statistics in Medicine 28: 3389, expectation-based Poisson.
    """
    if c <= e or e <= 0.0:
        return 0.0
    if family == EXPECTATION:
        return c * math.log(c / e) - (c - e)
    if e >= total:
        return 0.0
    if family == POISSON:
        value = c * math.log(c / e)
        if total > c:
            value += (total - c) * math.log((total - c) / (total - e))
        return value
    inside = e * persons / total
    outside = persons - inside
    value = c * math.log(c / inside) - total * math.log(total / persons)
    if inside > c:
        value += (inside - c) * math.log1p(-c / inside)
    if total > c:
        value += (total - c) * math.log((total - c) / outside)
    healthy = outside - (total - c)
    if healthy > 0.0:
        value += healthy * math.log1p(-(total - c) / outside)
    if persons > total:
        value -= (persons - total) * math.log1p(-total / persons)
    return value


@njit(cache=True, error_model="numpy")
def variance(e: float, total: float, persons: float, family: int) -> float:
    """Return v such that the ratio never exceeds (c - e)^2 / v (the chi-squared bound of the divergence)."""
    if family == EXPECTATION:
        return e
    v = e * (1.0 - e / total)
    if family == BERNOULLI:
        v *= 1.0 - total / persons
    return v


@njit(cache=True, error_model="numpy")
def largest_count(e: float, total: float, persons: float, family: int) -> float:
    """Return the largest count a window can hold."""
    if family == EXPECTATION:
        return 1e12
    if family == BERNOULLI:
        return min(total, e * persons / total)
    return total


@njit(cache=True, error_model="numpy")
def count_reaching(level: float, e: float, total: float, persons: float, family: int) -> float:
    """Return a count a little below the least one whose ratio reaches `level`; infinite when none can."""
    high = largest_count(e, total, persons, family)
    if family == EXPECTATION:
        high = e + 2.0 * level + 2.0 * math.sqrt(e * level + level * level) + 10.0
    elif log_ratio(high, e, total, persons, family) < level:
        return math.inf
    low = e
    for _ in range(SOLVE_STEPS):
        middle = 0.5 * (low + high)
        if log_ratio(middle, e, total, persons, family) >= level:
            high = middle
        else:
            low = middle
        if high - low < 1e-7 * high:
            break
    return low
