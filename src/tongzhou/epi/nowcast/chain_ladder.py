"""A negative binomial chain ladder: remaining reports from development factors, spread from past errors.

Owns the estimate of dispersion by replaying past nowcasts with what was known then.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from tongzhou.epi.nowcast.lawless import reported_share
from tongzhou.epi.nowcast.triangle import ReportingTriangle

Floats = npt.NDArray[np.float64]
MAX_REPLAYS = 90
MIN_REPLAYS = 10
DEFAULT_EXTRA = 100.0
LARGEST_EXTRA = 1e6


def chain_ladder_pmf(triangle: ReportingTriangle, window: int | None, n_max: int) -> tuple[Floats, Floats]:
    """Return predictive probabilities, shape (D + 1, n_max + 1), oldest day first, and the share reported by delay.

    Notes
    -----
    Given n reports and the share F reported by now, what remains is negative binomial with size n + 1 and mean
    (n + 1) (1 - F) / F. Changes of the delay from day to day widen it: 1 / size = 1 / (n + 1) + 1 / extra, with `extra`
    per delay from past days.

    References
    ----------
    Mack 1993, ASTIN Bull 23:213 (development factors); Wolffram et al. 2023, PLoS Comput Biol 19:e1011394
    (negative binomial spread from past errors).
    """
    share, _ = reported_share(triangle, window)
    extra = _replay_extra(triangle, window)
    observed = triangle.observed[triangle.last - triangle.max_delay :][::-1]
    rows = []
    for x, seen in enumerate(observed):
        remain = (seen + 1) * (1 - share[x]) / share[x] if share[x] > 0 else np.nan
        size = 1 / (1 / (seen + 1) + 1 / extra[x])
        rows.append(_shifted_negative_binomial(n_max, seen, remain, size))
    return np.array(rows)[::-1], share


def _replay_extra(triangle: ReportingTriangle, window: int | None) -> Floats:
    """Extra size per delay, from remaining counts predicted on past days and seen since."""
    max_delay, last = triangle.max_delay, triangle.last
    complete = last - max_delay
    first = max(min(2 * max_delay, complete - MAX_REPLAYS // 4), max_delay, last - MAX_REPLAYS)
    past: list[list[tuple[float, float, float]]] = [[] for _ in range(max_delay + 1)]
    final = triangle.observed
    for then in range(first, last):
        known = triangle.at(then)
        share, _ = reported_share(known, window)
        seen = known.observed
        for x in range(max(0, then - complete), max_delay):
            row = then - x
            if row >= 0 and 0 < share[x] < 1:
                expected = (seen[row] + 1) * (1 - share[x]) / share[x]
                past[x].append((expected, final[row] - seen[row], seen[row] + 1))
    pooled = _fit_extra([item for items in past for item in items], DEFAULT_EXTRA)
    return np.array([_fit_extra(items, pooled) for items in past])


def _fit_extra(past: list[tuple[float, float, float]], fallback: float) -> float:
    if len(past) < MIN_REPLAYS:
        return fallback
    expected, actual, base = np.array(past).T

    def loss(log_extra: float) -> float:
        size = 1 / (1 / base + np.exp(-log_extra))
        log_pmf = (
            special.gammaln(actual + size)
            - special.gammaln(size)
            + size * np.log(size / (size + expected))
            + special.xlogy(actual, expected / (size + expected))
        )
        return -float(log_pmf.sum())

    found = optimize.minimize_scalar(loss, bounds=(np.log(0.1), np.log(LARGEST_EXTRA)), method="bounded")
    return float(np.exp(found.x))


def _shifted_negative_binomial(n_max: int, seen: float, remain: float, size: float) -> Floats:
    support = np.arange(n_max + 1, dtype=np.float64)
    if not np.isfinite(remain):
        return np.full(support.size, np.nan)
    k = np.maximum(support - seen, 0.0)
    if remain <= 0:
        return (support == seen).astype(np.float64)
    log_pmf = (
        special.gammaln(k + size)
        - special.gammaln(size)
        - special.gammaln(k + 1)
        + size * np.log(size / (size + remain))
        + special.xlogy(k, remain / (size + remain))
    )
    return np.where(support < seen, 0.0, np.exp(log_pmf))
