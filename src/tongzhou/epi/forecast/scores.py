"""Proper scores of count forecasts, by formula, by quantiles and by samples.

Owns the scores. Knows no model. Lower is better for every score.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from tongzhou.core.errors import InputError

Floats = npt.NDArray[np.float64]
HUB_LEVELS = (0.01, 0.025, *np.arange(0.05, 0.96, 0.05).round(2).tolist(), 0.975, 0.99)
RPS_REACH = 40.0


def logs(x: npt.ArrayLike, mu: npt.ArrayLike, size: npt.ArrayLike | None = None) -> Floats:
    """Return the logarithmic score -log P(X = x) of Poisson (size None) or negative binomial forecasts.

    References
    ----------
    Czado, Gneiting & Held 2009, Biometrics 65:1254; names as in R's ``surveillance``.
    """
    value, mean, shape = _broadcast(x, mu, size)
    if shape is None:
        return mean - special.xlogy(value, mean) + special.gammaln(value + 1)
    return (
        special.gammaln(shape)
        + special.gammaln(value + 1)
        - special.gammaln(value + shape)
        + shape * np.log1p(mean / shape)
        - special.xlogy(value, mean / (mean + shape))
    )


def dss(x: npt.ArrayLike, mu: npt.ArrayLike, size: npt.ArrayLike | None = None) -> Floats:
    """Return the Dawid-Sebastiani score ((x - mu) / sd)^2 + 2 log sd."""
    value, mean, shape = _broadcast(x, mu, size)
    variance = mean if shape is None else mean * (1 + mean / shape)
    return (value - mean) ** 2 / variance + np.log(variance)


def ses(x: npt.ArrayLike, mu: npt.ArrayLike, size: npt.ArrayLike | None = None) -> Floats:
    """Return the squared error score (x - mu)^2."""
    value, mean, _ = _broadcast(x, mu, size)
    return (value - mean) ** 2


def rps(x: npt.ArrayLike, mu: npt.ArrayLike, size: npt.ArrayLike | None = None) -> Floats:
    """Return the ranked probability score, the sum over k of (P(X <= k) - 1[x <= k])^2.

    The sum runs over 40 standard deviations around the mean, as in R's ``surveillance``.
    """
    value, mean, shape = _broadcast(x, mu, size)
    variance = mean if shape is None else mean * (1 + mean / shape)
    sd = np.sqrt(variance)
    first = np.where(mean > RPS_REACH**2, np.floor(mean - RPS_REACH * sd), 0.0).clip(0)
    last = np.maximum(value, np.ceil(mean + RPS_REACH * sd))
    result = np.empty(value.shape)
    for i in np.ndindex(value.shape):
        k = np.arange(float(first[i]), float(last[i]) + 1)
        if shape is None:
            cdf = special.pdtr(k, mean[i])
        else:
            cdf = special.betainc(shape[i], k + 1, shape[i] / (shape[i] + mean[i]))
        result[i] = ((cdf - (value[i] <= k)) ** 2).sum()
    return result


def crps_sample(samples: npt.ArrayLike, observed: npt.ArrayLike) -> Floats:
    """Return the continuous ranked probability score of forecasts given as samples.

    samples : float, shape (..., N)
    observed : float, shape (...)

    References
    ----------
    Gneiting & Raftery 2007, JASA 102:359, equation 21; the pairwise mean by order statistics.
    """
    draws = np.sort(np.asarray(samples, dtype=np.float64), axis=-1)
    truth = np.asarray(observed, dtype=np.float64)[..., None]
    n = draws.shape[-1]
    error = np.abs(draws - truth).mean(axis=-1)
    weight = (2 * np.arange(1, n + 1) - n - 1) / n**2
    return np.asarray(error - draws @ weight)


def interval_score(low: npt.ArrayLike, high: npt.ArrayLike, observed: npt.ArrayLike, alpha: float) -> Floats:
    """Return width plus 2 / alpha times the miss of a central (1 - alpha) interval."""
    below, above = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    truth = np.asarray(observed, dtype=np.float64)
    miss = np.maximum(below - truth, 0) + np.maximum(truth - above, 0)
    return np.asarray(above - below + 2 / alpha * miss)


def wis(quantiles: npt.ArrayLike, levels: npt.ArrayLike, observed: npt.ArrayLike) -> Floats:
    """Return the weighted interval score.

    Parameters
    ----------
    quantiles : float, shape (..., K) — at `levels`, which are symmetric around 0.5 and hold 0.5
    levels : float, shape (K,)
    observed : float, shape (...)

    References
    ----------
    Bracher et al. 2021, PLoS Comput Biol 17:e1008618: the mean over levels of twice the pinball loss.
    """
    at = np.asarray(levels, dtype=np.float64)
    values = np.asarray(quantiles, dtype=np.float64)
    if values.shape[-1] != at.size or not np.allclose(np.sort(at), np.sort(1 - at)) or 0.5 not in at:
        raise InputError(
            "scores.levels", "WIS needs quantiles at symmetric levels with the median.", "Use HUB_LEVELS."
        )
    truth = np.asarray(observed, dtype=np.float64)[..., None]
    loss = 2 * ((truth <= values) - at) * (values - truth)
    return np.asarray(loss.mean(axis=-1))


def pit_sample(samples: npt.ArrayLike, observed: npt.ArrayLike) -> Floats:
    """Return the mid probability integral transform P(X < x) + P(X = x) / 2 of samples, shape (...)."""
    draws = np.asarray(samples, dtype=np.float64)
    truth = np.asarray(observed, dtype=np.float64)[..., None]
    return np.asarray((draws < truth).mean(axis=-1) + 0.5 * (draws == truth).mean(axis=-1))


def _broadcast(
    x: npt.ArrayLike, mu: npt.ArrayLike, size: npt.ArrayLike | None
) -> tuple[Floats, Floats, Floats | None]:
    value, mean = np.broadcast_arrays(np.asarray(x, dtype=np.float64), np.asarray(mu, dtype=np.float64))
    if not (mean > 0).all():
        raise InputError("scores.mean", "A forecast mean is 0 or below.", "Give means above 0.")
    if size is None:
        return value, mean, None
    shape = np.broadcast_to(np.asarray(size, dtype=np.float64), value.shape)
    if not (shape > 0).all():
        raise InputError("scores.size", "A negative binomial size is 0 or below.", "Give sizes above 0.")
    return value, mean, shape
