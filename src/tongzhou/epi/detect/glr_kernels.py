"""Running charts of likelihood ratios, compiled: one run from a start to its first alarm.

Owns the generalised and the plain likelihood ratio of a change in level, and the generalised ratio of counts that feed
on the count before, Poisson and negative binomial. Never restarts a chart.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]

LOWEST = -1e99
NEWTON_STEPS = 1000
NEWTON_TOLERANCE = 1e-6
LEAST_KAPPA = -18.0
MOST_KAPPA = 60.0
HALVINGS = 60
RATE_GRID = 24
MOST_CASES = 1e9


@njit(cache=True)
def glr_poisson_at(x: Floats, mu0: Floats, n: int, direction: int, window: int, mtilde: int) -> float:
    """Return the largest log likelihood ratio over change points up to `n` (0-based).

    window : -1 looks back to the start and ignores `mtilde`, as the peer does
    """
    best, sum_x, sum_mu = LOWEST, 0.0, 0.0
    first, last = 0, n
    if window > 0:
        for i in range(n - mtilde + 1, n + 1):
            sum_x += x[i]
            sum_mu += mu0[i]
        first, last = max(0, n - window), n - mtilde
    for k in range(last, first - 1, -1):
        sum_x += x[k]
        sum_mu += mu0[k]
        ratio = math.log(sum_x / sum_mu) if sum_x > 0.0 else -math.inf
        kappa = direction * max(0.0, direction * ratio)
        value = sum_mu if kappa == -math.inf else kappa * sum_x + (1.0 - math.exp(kappa)) * sum_mu
        best = max(best, value)
    return best


@njit(cache=True)
def _find_rise(x: Floats, mu0: Floats, alpha: float, k: int, n: int) -> float:
    """Return where the likelihood of a change of the log mean from `k` to `n` is highest, by halving."""
    low, high = LEAST_KAPPA, MOST_KAPPA
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        growth, score = math.exp(middle), 0.0
        for i in range(k, n + 1):
            score += (x[i] - growth * mu0[i]) / (1.0 + alpha * growth * mu0[i])
        if score > 0.0:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


@njit(cache=True)
def glr_nb_at(
    x: Floats, mu0: Floats, alpha: float, n: int, direction: int, window: int, mtilde: int
) -> float:
    """Return the largest negative binomial log likelihood ratio over change points up to `n` (0-based)."""
    best, kappa_ml = LOWEST, 0.5
    first = 0 if window == -1 else max(0, n - window)
    for k in range(first, n - mtilde + 2):
        before, kappa = 0.4, kappa_ml
        steps = 0
        while kappa > LEAST_KAPPA and abs(kappa - before) > NEWTON_TOLERANCE and steps < NEWTON_STEPS:
            steps += 1
            before = kappa
            growth = math.exp(before)
            score, inform = 0.0, 0.0
            for i in range(k, n + 1):
                base = 1.0 + alpha * growth * mu0[i]
                score += (x[i] - growth * mu0[i]) / base
                inform += mu0[i] * (alpha * x[i] + 1.0) / (base * base)
            kappa = before + score / (growth * inform) if growth * inform > 0.0 else math.nan
        if not LEAST_KAPPA - 50.0 < kappa < MOST_KAPPA:
            kappa = _find_rise(x, mu0, alpha, k, n)
        kappa_ml = direction * max(0.0, direction * kappa)
        growth = math.exp(kappa_ml)
        value = 0.0
        for i in range(k, n + 1):
            ratio = math.log((1.0 + alpha * mu0[i]) / (1.0 + alpha * mu0[i] * growth))
            value += kappa_ml * x[i] + (x[i] + 1.0 / alpha) * ratio
        best = max(best, value)
    return best


@njit(cache=True)
def _epidemic_score(
    x: Floats, mu0: Floats, alpha: float, before_first: float, k: int, n: int, rate: float
) -> float:
    """Return the slope of the log likelihood from `k` to `n` in the rate at which counts feed on the one before."""
    score = 0.0
    for i in range(k, n + 1):
        last = x[i - 1] if i > 0 else before_first
        mean = mu0[i] + rate * last
        score += last * (x[i] - mean) / (mean * (1.0 + alpha * mean))
    return score


@njit(cache=True)
def _epidemic_gain(
    x: Floats, mu0: Floats, alpha: float, before_first: float, k: int, n: int, rate: float
) -> float:
    """Return the log likelihood ratio from `k` to `n` of a rate against none."""
    gain = 0.0
    for i in range(k, n + 1):
        added = rate * (x[i - 1] if i > 0 else before_first)
        if alpha == 0.0:
            gain += x[i] * math.log1p(added / mu0[i]) - added
        else:
            growth = math.log1p(alpha * added / (1.0 + alpha * mu0[i]))
            gain += x[i] * math.log1p(added / mu0[i]) - (x[i] + 1.0 / alpha) * growth
    return gain


@njit(cache=True)
def _find_peak(
    x: Floats, mu0: Floats, alpha: float, before_first: float, k: int, n: int, low: float, high: float
) -> float:
    """Return where the slope falls through 0 between `low`, where it rises, and `high`, where it falls (Illinois)."""
    at_low = _epidemic_score(x, mu0, alpha, before_first, k, n, low)
    at_high = _epidemic_score(x, mu0, alpha, before_first, k, n, high)
    middle = low
    for _ in range(HALVINGS):
        middle = (low * at_high - high * at_low) / (at_high - at_low) if at_high < at_low else low
        score = _epidemic_score(x, mu0, alpha, before_first, k, n, middle)
        if abs(score) < NEWTON_TOLERANCE or high - low < NEWTON_TOLERANCE * high:
            break
        if score > 0.0:
            low, at_low, at_high = middle, score, at_high / 2.0
        else:
            high, at_high, at_low = middle, score, at_low / 2.0
    return middle


@njit(cache=True)
def _epidemic_ratio(x: Floats, mu0: Floats, alpha: float, before_first: float, k: int, n: int) -> float:
    """Return the log likelihood ratio from `k` to `n` at the rate of the highest likelihood.

    Beyond the largest rate that one count alone would ask for, the likelihood falls. Poisson it has one peak; negative
    binomial it may have more, so every fall of the slope through 0 on a grid is looked into.
    """
    top = 0.0
    for i in range(k, n + 1):
        last = x[i - 1] if i > 0 else before_first
        if last > 0.0:
            top = max(top, (x[i] - mu0[i]) / last)
    if top <= 0.0:
        return 0.0
    best, low, n_steps = 0.0, 0.0, RATE_GRID if alpha > 0.0 else 1
    rises = _epidemic_score(x, mu0, alpha, before_first, k, n, low) > 0.0
    for step in range(1, n_steps + 1):
        high = top * (step / n_steps) ** 3
        rises_on = step < n_steps and _epidemic_score(x, mu0, alpha, before_first, k, n, high) > 0.0
        if rises and not rises_on:
            rate = _find_peak(x, mu0, alpha, before_first, k, n, low, high)
            best = max(best, _epidemic_gain(x, mu0, alpha, before_first, k, n, rate))
        low, rises = high, rises_on
    return best


@njit(cache=True)
def glr_epidemic_at(
    x: Floats, mu0: Floats, alpha: float, before_first: float, n: int, window: int, mtilde: int
) -> float:
    """Return the largest log likelihood ratio of counts that feed on the count before, mean mu0 + rate x[t-1]."""
    best = 0.0
    first = 0 if window == -1 else max(0, n - window)
    for k in range(first, n - mtilde + 2):
        best = max(best, _epidemic_ratio(x, mu0, alpha, before_first, k, n))
    return best


@njit(cache=True)
def level_ratio(x: float, mu0: float, kappa: float, alpha: float) -> float:
    """Return the log likelihood ratio of one count for a known change `kappa` of the log mean."""
    if alpha == 0.0:
        return kappa * x + (1.0 - math.exp(kappa)) * mu0
    ratio = math.log((1.0 + alpha * mu0) / (1.0 + alpha * mu0 * math.exp(kappa)))
    return kappa * x + (x + 1.0 / alpha) * ratio


@njit(cache=True)
def run_known_change(
    x: Floats, mu0: Floats, alpha: float, kappa: float, limit: float, value: Floats, cases: Floats
) -> int:
    """Run the cumulative sum for a known change; fill `value` and `cases`, return the 0-based alarm or x.size."""
    last = 0.0
    for n in range(x.size):
        value[n] = max(0.0, last + level_ratio(x[n], mu0[n], kappa, alpha))
        if alpha == 0.0:
            cases[n] = (limit - last + mu0[n] * (math.exp(kappa) - 1.0)) / kappa
        else:
            ratio = math.log((1.0 + alpha * mu0[n]) / (1.0 + alpha * mu0[n] * math.exp(kappa)))
            cases[n] = (limit - last - ratio / alpha) / (kappa + ratio)
        last = value[n]
        if last > limit:
            return n
    return x.size


@njit(cache=True)
def _statistic(
    x: Floats, mu0: Floats, alpha: float, is_epidemic: bool, before_first: float, n: int, shape: Floats
) -> float:
    direction, window, mtilde = int(shape[0]), int(shape[1]), int(shape[2])
    if is_epidemic:
        return glr_epidemic_at(x, mu0, alpha, before_first, n, window, mtilde)
    if alpha == 0.0:
        return glr_poisson_at(x, mu0, n, direction, window, mtilde)
    return glr_nb_at(x, mu0, alpha, n, direction, window, mtilde)


@njit(cache=True)
def _cases_for_alarm(
    x: Floats,
    mu0: Floats,
    alpha: float,
    is_epidemic: bool,
    before_first: float,
    n: int,
    shape: Floats,
    limit: float,
) -> float:
    """Return the smallest last count whose statistic lies at or beyond the limit in the chart's direction."""
    seen, rising = x[n], shape[0] > 0
    low, high, step = -1.0, 0.0, 1.0
    while high < MOST_CASES:
        x[n] = high
        value = _statistic(x, mu0, alpha, is_epidemic, before_first, n, shape)
        if (value >= limit) if rising else (value <= limit):
            break
        low, high, step = high, high + step, step * 2.0
    while high - low > 1.0:
        middle = math.floor((low + high) / 2.0)
        x[n] = middle
        value = _statistic(x, mu0, alpha, is_epidemic, before_first, n, shape)
        if (value >= limit) if rising else (value <= limit):
            high = middle
        else:
            low = middle
    x[n] = seen
    return high


@njit(cache=True)
def run_unknown_change(
    x: Floats,
    mu0: Floats,
    alpha: float,
    is_epidemic: bool,
    before_first: float,
    limit: float,
    shape: Floats,
    wants_cases: bool,
    value: Floats,
    cases: Floats,
) -> int:
    """Run the generalised chart until its first alarm; fill `value` and `cases`, return the alarm or x.size.

    shape : direction, window, mtilde
    """
    window, mtilde = int(shape[1]), int(shape[2])
    starts_late = alpha == 0.0 and not is_epidemic and window > 0
    for n in range(mtilde if starts_late else max(mtilde - 1, 0), x.size):
        value[n] = _statistic(x, mu0, alpha, is_epidemic, before_first, n, shape)
        if wants_cases:
            cases[n] = _cases_for_alarm(x, mu0, alpha, is_epidemic, before_first, n, shape, limit)
        if (value[n] > limit) if is_epidemic else (value[n] >= limit):
            return n
    return x.size
