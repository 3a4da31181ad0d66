"""Seasonal Poisson regression of many training periods.

Owns a small dense iteratively reweighted fit with a log link. Never selects a model.
"""

from __future__ import annotations

import numpy as np

from tongzhou.epi.detect.detection import IntArray
from tongzhou.epi.series import FloatMatrix

MAX_ITERATIONS = 50
TOLERANCE = 1e-12


def seasonal_design(t: IntArray, freq: int, harmonics: int = 1, trend: bool = False) -> FloatMatrix:
    """Return intercept, optional trend, and `harmonics` pairs of cosine and sine, shape (times, columns)."""
    columns: list[FloatMatrix] = [np.ones(t.size)]
    if trend:
        columns.append(t.astype(np.float64))
    for s in np.arange(1, harmonics + 1):
        columns += [np.cos(2 * s * np.pi / freq * t), np.sin(2 * s * np.pi / freq * t)]
    return np.column_stack(columns)


def fit_poisson(design: FloatMatrix, y: FloatMatrix) -> FloatMatrix:
    """Return the coefficients of a log-linear Poisson regression by iteratively reweighted least squares."""
    eta = np.log(y + 0.1)
    deviance = np.inf
    coefficients: FloatMatrix = np.zeros(design.shape[1])
    for _ in range(MAX_ITERATIONS):
        mu = np.exp(eta)
        root = np.sqrt(mu)
        working = eta + (y - mu) / mu
        coefficients = np.asarray(np.linalg.lstsq(design * root[:, None], working * root, rcond=None)[0])
        eta = np.clip(design @ coefficients, -700, 700)
        mu = np.exp(eta)
        with np.errstate(divide="ignore", invalid="ignore"):
            new = 2 * np.sum(np.where(y > 0, y * (np.log(y) - eta), 0) - (y - mu))
        if abs(new - deviance) < TOLERANCE * (abs(new) + 0.1):
            break
        deviance = new
    return coefficients


def fit_seasonal_mean(training: FloatMatrix, points: IntArray, freq: int) -> FloatMatrix:
    """Return the mean at `points` of a one-harmonic Poisson regression on the time points 1 .. n, per series."""
    t = np.arange(1, training.shape[1] + 1)
    design, ahead = seasonal_design(t, freq), seasonal_design(points, freq)
    mean = np.full((training.shape[0], points.size), np.nan)
    for row in np.flatnonzero(~np.isnan(training).any(axis=1)):
        mean[row] = np.exp(ahead @ fit_poisson(design, training[row]))
    return mean
