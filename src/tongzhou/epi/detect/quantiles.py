"""Quantiles and tails of count distributions for whole arrays at once.

Owns the smallest count whose distribution function reaches a probability, Poisson and negative binomial with any
positive size. Never draws random numbers.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, gammainc, gammaincc, ndtri

from tongzhou.epi.series import FloatMatrix

Indices = npt.NDArray[np.intp]
Cdf = Callable[[FloatMatrix, Indices], FloatMatrix]


def poisson_quantile(probability: float, mean: FloatMatrix) -> FloatMatrix:
    """Return the smallest count k with P(X <= k) >= probability, elementwise; NaN where `mean` is not finite.

    >>> poisson_quantile(0.95, np.array([1.0, 10.0]))
    array([ 3., 15.])
    """
    mean = np.asarray(mean, dtype=np.float64)
    flat = mean.ravel()
    start = flat + ndtri(probability) * np.sqrt(flat)
    return _search(lambda k, at: gammaincc(k + 1, flat[at]), probability, start).reshape(mean.shape)


def nbinom_quantile(probability: float, size: FloatMatrix, success: FloatMatrix) -> FloatMatrix:
    """Return the smallest count k with P(X <= k) >= probability, elementwise.

    size : float64 > 0 — number of successes, any real
    success : float64 in (0, 1) — probability of success, so that the mean is size (1 - success) / success

    >>> nbinom_quantile(0.95, np.array([0.5, 20.5]), np.array([0.5, 6 / 7]))
    array([2., 7.])
    """
    size, success = np.broadcast_arrays(np.asarray(size, np.float64), np.asarray(success, np.float64))
    n, p = size.ravel(), success.ravel()
    mean = n * (1 - p) / p
    skew = (2 - p) / np.sqrt(np.maximum(n * (1 - p), 1e-300))
    z = float(ndtri(probability))
    start = mean + np.sqrt(mean / p) * (z + np.clip(skew, 0, 10) * (z * z - 1) / 6)
    return _search(lambda k, at: betainc(n[at], k + 1, p[at]), probability, start).reshape(size.shape)


def nbinom_tail(count: FloatMatrix, size: FloatMatrix, success: FloatMatrix) -> FloatMatrix:
    """Return P(X >= count) elementwise."""
    return np.where(count <= 0, 1.0, betainc(np.maximum(count, 1e-300), size, 1 - success))


def poisson_tail(count: FloatMatrix, mean: FloatMatrix) -> FloatMatrix:
    """Return P(X >= count) elementwise."""
    return np.where(count <= 0, 1.0, gammainc(np.maximum(count, 1e-300), mean))


def _search(cdf: Cdf, probability: float, start: FloatMatrix) -> FloatMatrix:
    """Bracket the quantile from `start` by doubling steps, then halve the bracket."""
    found = np.full(start.shape, np.nan)
    everything = np.flatnonzero(np.isfinite(start))
    low, high = np.full(start.shape, -1.0), np.full(start.shape, -1.0)
    high[everything] = np.maximum(np.floor(start[everything]), 0.0)
    reached = cdf(high[everything], everything) >= probability
    _widen_up(cdf, probability, low, high, everything[~reached])
    _widen_down(cdf, probability, low, high, everything[reached])
    todo = everything
    while todo.size:
        middle = np.floor((low[todo] + high[todo]) / 2)
        between = (middle > low[todo]) & (middle < high[todo])
        todo, middle = todo[between], middle[between]
        reached = cdf(middle, todo) >= probability
        high[todo[reached]] = middle[reached]
        low[todo[~reached]] = middle[~reached]
    found[everything] = np.where(np.isfinite(high[everything]), high[everything], np.nan)
    return found


def _widen_up(cdf: Cdf, probability: float, low: FloatMatrix, high: FloatMatrix, todo: Indices) -> None:
    """Raise `high` until it reaches; `low` follows. The start of every point of `todo` falls short."""
    step = 1.0
    low[todo] = high[todo]
    while todo.size and np.isfinite(step):
        high[todo] = low[todo] + np.maximum(step, np.spacing(low[todo]))
        reached = cdf(high[todo], todo) >= probability
        low[todo[~reached]] = high[todo[~reached]]
        todo, step = todo[~reached], step * 2
    high[todo] = np.inf


def _widen_down(cdf: Cdf, probability: float, low: FloatMatrix, high: FloatMatrix, todo: Indices) -> None:
    """Lower `low` until it falls short; `high` follows. The start of every point of `todo` reaches."""
    step = 1.0
    todo = todo[high[todo] > 0]
    while todo.size:
        lower = np.maximum(high[todo] - np.maximum(step, np.spacing(high[todo])), 0.0)
        reached = cdf(lower, todo) >= probability
        low[todo[~reached]] = lower[~reached]
        high[todo[reached]] = lower[reached]
        todo, step = todo[reached & (lower > 0)], step * 2
