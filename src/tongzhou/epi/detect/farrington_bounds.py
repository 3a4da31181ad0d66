"""Bounds of the Farrington methods from a fitted mean, its standard error and the dispersion.

Owns the power-transformed normal bound and the negative binomial bounds. Never fits a model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from tongzhou.epi.detect.quantiles import nbinom_quantile, nbinom_tail, poisson_quantile, poisson_tail
from tongzhou.epi.series import FloatMatrix

EXPONENTS = {"2/3": 2 / 3, "1/2": 1 / 2, "none": 1.0}


@dataclass(frozen=True, slots=True)
class Fit:
    """What the compiled fit gives for every series and point, each float64 (S, P), NaN where it failed.

    eta : linear predictor; mu : mean, counts; se : standard error of eta; phi : dispersion, at least 1;
    trend : slope per time step, NaN without trend
    """

    eta: FloatMatrix
    mu: FloatMatrix
    se: FloatMatrix
    phi: FloatMatrix
    trend: FloatMatrix


@dataclass(frozen=True, slots=True)
class Bounds:
    """Upper bound, exceedance score (above 1 is an alarm), p-value and the mean used, each float64 (S, P)."""

    upper: FloatMatrix
    score: FloatMatrix
    p_value: FloatMatrix
    mu0: FloatMatrix


def transformed_bounds(fit: Fit, y: FloatMatrix, tail: float, power: str) -> Bounds:
    """Return the bound that is normal after a power transformation; `tail` is its upper tail probability."""
    exponent = EXPONENTS[power]
    mu, se_mu = fit.mu, fit.se * fit.mu
    tau = fit.phi + se_mu**2 / mu
    spread = {"2/3": 4 / 9 * mu ** (1 / 3) * tau, "1/2": tau / 4, "none": mu * tau}[power]
    se = np.sqrt(spread)
    upper = (mu**exponent + ndtri(1 - tail) * se) ** (1 / exponent)
    with np.errstate(invalid="ignore", divide="ignore"):
        score = (y - mu) / (upper - mu)
    return Bounds(upper, score, ndtr((mu**exponent - y**exponent) / se), mu)


def negative_binomial_bounds(fit: Fit, y: FloatMatrix, alpha: float, is_plugin: bool) -> Bounds:
    """Return the negative binomial quantile at the mean (plug-in) or at the mean's own upper quantile."""
    with np.errstate(over="ignore"):
        mu0 = np.exp(fit.eta) if is_plugin else np.exp(fit.eta + ndtri(1 - alpha) * fit.se)
    is_over = fit.phi > 1
    usable = np.isfinite(mu0)
    upper, p_value = np.full_like(mu0, np.nan), np.full_like(mu0, np.nan)
    at = usable & is_over
    size, success = mu0[at] / (fit.phi[at] - 1), 1 / fit.phi[at]
    upper[at], p_value[at] = nbinom_quantile(1 - alpha, size, success), nbinom_tail(y[at], size, success)
    at = usable & ~is_over
    upper[at], p_value[at] = poisson_quantile(1 - alpha, mu0[at]), poisson_tail(y[at], mu0[at])
    with np.errstate(invalid="ignore", divide="ignore"):
        score = (y - fit.eta) / (upper - fit.eta)
    return Bounds(upper, score, p_value, mu0)


def has_enough_cases(values: FloatMatrix, limit54: tuple[float, int]) -> npt.NDArray[np.bool_]:
    """Return whether the last `limit54[1]` time steps, this one included, hold `limit54[0]` cases or more."""
    sums = np.cumsum(np.concatenate([np.zeros((values.shape[0], 1)), values], axis=1), axis=1)
    end = np.arange(1, values.shape[1] + 1)
    begin = np.maximum(end - limit54[1], 0)
    return np.asarray(sums[:, end] - sums[:, begin] >= limit54[0])
