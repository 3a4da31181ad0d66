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
PSEUDO_COUNT = 0.5
MAX_REPLAYS = 90
MIN_REPLAYS = 8
POISSON_SIZE = 1e6


def chain_ladder_pmf(triangle: ReportingTriangle, window: int | None, n_max: int) -> tuple[Floats, Floats]:
    """Return predictive probabilities, shape (D + 1, n_max + 1), oldest day first, and the share reported by delay.

    Notes
    -----
    Half a case is added to a day's count before scaling it up, so that a day without a report yet can still grow.

    References
    ----------
    Mack 1993, ASTIN Bull 23:213 (development factors); Wolffram et al. 2023, PLoS Comput Biol 19:e1011394
    (negative binomial spread from past errors).
    """
    share, _ = reported_share(triangle, window)
    sizes = _replay_sizes(triangle, window)
    observed = triangle.observed[triangle.last - triangle.max_delay :][::-1]
    rows = []
    for x, seen in enumerate(observed):
        remain = (seen + PSEUDO_COUNT) * (1 - share[x]) / share[x] if share[x] > 0 else np.nan
        rows.append(_shifted_negative_binomial(n_max, seen, remain, sizes[x]))
    return np.array(rows)[::-1], share


def _replay_sizes(triangle: ReportingTriangle, window: int | None) -> Floats:
    """Size of the negative binomial per delay x, from remaining counts predicted on past days and seen since."""
    max_delay = triangle.max_delay
    complete = triangle.last - max_delay
    first = max(2 * max_delay, triangle.last - MAX_REPLAYS)
    expected: list[list[float]] = [[] for _ in range(max_delay + 1)]
    actual: list[list[float]] = [[] for _ in range(max_delay + 1)]
    final = triangle.observed
    for then in range(first, triangle.last):
        past = triangle.at(then)
        share, _ = reported_share(past, window)
        seen = past.observed
        for x in range(max_delay):
            row = then - x
            if row <= complete and share[x] > 0:
                expected[x].append((seen[row] + PSEUDO_COUNT) * (1 - share[x]) / share[x])
                actual[x].append(final[row] - seen[row])
    pooled = _fit_size(
        np.concatenate([np.array(e) for e in expected]), np.concatenate([np.array(a) for a in actual])
    )
    sizes = [
        _fit_size(np.array(e), np.array(a)) if len(e) >= MIN_REPLAYS else pooled
        for e, a in zip(expected, actual, strict=True)
    ]
    return np.array(sizes)


def _fit_size(expected: Floats, actual: Floats) -> float:
    if expected.size < MIN_REPLAYS:
        return 1 / 0.3**2

    def loss(log_size: float) -> float:
        size = np.exp(log_size)
        log_pmf = (
            special.gammaln(actual + size)
            - special.gammaln(size)
            + size * np.log(size / (size + expected))
            + special.xlogy(actual, expected / (size + expected))
        )
        return -float(log_pmf.sum())

    found = optimize.minimize_scalar(loss, bounds=(np.log(0.1), np.log(POISSON_SIZE)), method="bounded")
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
