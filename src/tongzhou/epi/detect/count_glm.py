"""Seasonal log-linear regression of counts, Poisson or negative binomial.

Owns a small dense fit whose steps and stopping rules are those of R's ``glm.fit`` and ``MASS::glm.nb``. Never
selects a model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import digamma, gammaln, polygamma

from tongzhou.epi.detect.detection import IntArray
from tongzhou.epi.series import FloatMatrix

MAX_ITERATIONS = 25
TOLERANCE = 1e-8
THETA_TOLERANCE = float(np.finfo(float).eps ** 0.25)
LARGEST_ETA = 700.0
LEAST_MEAN = float(np.finfo(float).eps)
LOG_THETA = (-14.0, 23.0)


@dataclass(frozen=True, slots=True)
class SeasonalMean:
    """What enters the mean: pairs of harmonics `s`, a linear `trend`, and whether to `refit` after an alarm."""

    s: int = 1
    trend: bool = False
    refit: bool = False


def seasonal_design(t: IntArray, freq: int, shape: SeasonalMean) -> FloatMatrix:
    """Return intercept, optional trend, and pairs of cosine and sine, shape (times, columns)."""
    columns: list[FloatMatrix] = [np.ones(t.size)]
    if shape.trend:
        columns.append(t.astype(np.float64))
    for s in np.arange(1, shape.s + 1):
        columns += [np.cos(2 * s * np.pi / freq * t), np.sin(2 * s * np.pi / freq * t)]
    return np.column_stack(columns)


def fit_log_linear(
    design: FloatMatrix, y: FloatMatrix, theta: float = np.inf, eta: FloatMatrix | None = None
) -> FloatMatrix:
    """Return the coefficients of a log-linear regression with variance mu + mu^2 / theta."""
    eta = np.log(y + 0.1) if eta is None else eta
    mu = _link(eta)
    deviance = _deviance(y, mu, theta)
    coefficients: FloatMatrix = np.zeros(design.shape[1])
    for _ in range(MAX_ITERATIONS):
        root = np.sqrt(mu / (1 + mu / theta))
        working = eta + (y - mu) / mu
        coefficients = np.asarray(np.linalg.lstsq(design * root[:, None], working * root, rcond=None)[0])
        eta = design @ coefficients
        mu = _link(eta)
        new = _deviance(y, mu, theta)
        if abs(new - deviance) / (abs(new) + 0.1) < TOLERANCE:
            break
        deviance = new
    return coefficients


def means(design: FloatMatrix, coefficients: FloatMatrix) -> FloatMatrix:
    """Return the means of a log-linear regression, at least the smallest step from 1, as R's log link has them."""
    return _link(design @ coefficients)


def _link(eta: FloatMatrix) -> FloatMatrix:
    return np.maximum(np.exp(np.minimum(eta, LARGEST_ETA)), LEAST_MEAN)


def _deviance(y: FloatMatrix, mu: FloatMatrix, theta: float) -> float:
    logs = y * np.log(np.maximum(y, 1) / mu)
    if np.isinf(theta):
        return float(2 * np.sum(logs - (y - mu)))
    return float(2 * np.sum(logs - (y + theta) * np.log((y + theta) / (mu + theta))))


def estimate_theta(y: FloatMatrix, mu: FloatMatrix) -> float:
    """Return the maximum likelihood size of a negative binomial at the means `mu`, by Newton steps.

    Where they lead out of the positive numbers, the likelihood is searched between e^-14 and e^23.
    """
    with np.errstate(all="ignore"):
        theta = y.size / float(np.sum((y / mu - 1) ** 2))
        for _ in range(MAX_ITERATIONS - 1):
            theta = abs(theta)
            score = digamma(theta + y) - digamma(theta) + np.log(theta) + 1 - np.log(theta + mu)
            score = np.sum(score - (y + theta) / (mu + theta))
            inform = -polygamma(1, theta + y) + polygamma(1, theta) - 1 / theta + 2 / (mu + theta)
            inform = np.sum(inform - (y + theta) / (mu + theta) ** 2)
            step = float(score / inform) if inform != 0 else 0.0
            theta += step
            if abs(step) <= THETA_TOLERANCE or not np.isfinite(theta):
                break
    if np.isfinite(theta) and theta > 0:
        return theta
    found = minimize_scalar(
        lambda log_theta: -_log_likelihood(y, mu, float(np.exp(log_theta))),
        bounds=LOG_THETA,
        method="bounded",
    )
    return float(np.exp(found.x))


def fit_negative_binomial(design: FloatMatrix, y: FloatMatrix) -> tuple[FloatMatrix, float]:
    """Return coefficients and size of a negative binomial regression, fitted in turn until both stand still.

    References
    ----------
    Venables and Ripley (2002), Modern Applied Statistics with S, section 7.4 (``glm.nb``).
    """
    coefficients = fit_log_linear(design, y)
    mu = means(design, coefficients)
    theta = estimate_theta(y, mu)
    scale = np.sqrt(2 * max(1, y.size - design.shape[1]))
    likelihood, change = _log_likelihood(y, mu, theta), 1.0
    before = likelihood + 2 * scale
    for _ in range(MAX_ITERATIONS):
        if abs(before - likelihood) / scale + abs(change) <= TOLERANCE:
            break
        coefficients = fit_log_linear(design, y, theta, np.log(mu))
        last, theta = theta, estimate_theta(y, mu)
        mu = means(design, coefficients)
        change, before, likelihood = last - theta, likelihood, _log_likelihood(y, mu, theta)
    return coefficients, theta


def _log_likelihood(y: FloatMatrix, mu: FloatMatrix, theta: float) -> float:
    parts = gammaln(theta + y) - gammaln(theta) - gammaln(y + 1) + theta * np.log(theta)
    return float(np.sum(parts + y * np.log(mu + (y == 0)) - (theta + y) * np.log(theta + mu)))


def fit_seasonal_mean(training: FloatMatrix, points: IntArray, freq: int) -> FloatMatrix:
    """Return the mean at `points` of a one-harmonic Poisson regression on the time points 1 .. n, per series."""
    shape = SeasonalMean()
    t = np.arange(1, training.shape[1] + 1)
    design, ahead = seasonal_design(t, freq, shape), seasonal_design(points, freq, shape)
    mean = np.full((training.shape[0], points.size), np.nan)
    for row in np.flatnonzero(~np.isnan(training).any(axis=1)):
        mean[row] = means(ahead, fit_log_linear(design, training[row]))
    return mean
