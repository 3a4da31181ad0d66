"""Quasi-Poisson regression on reference weeks, one fit per series and time point, all in one compiled pass.

Owns the iteratively reweighted fit with group levels and an optional trend, the down-weighting of past outbreaks,
and the decision on the trend. Never turns a prediction into a bound.

The design has one level per group and one slope, so each weighted least squares step has a closed form from sums
within groups: no matrix is built. Starting values, the stopping rule, and the use of the last step's weights for
dispersion and leverage are those of R's ``glm.fit``, since bounds at 1e-6 depend on them.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from numba import njit

from tongzhou.epi.scan.threads import run_all

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MAX_ITERATIONS = 25
TOLERANCE = 1e-8
EPSILON = 2.220446049250313e-16
RANK_TOLERANCE = 1e-22

# Rows of a fit's group sums: weight, mean time, level.
WEIGHT, MEAN_T, LEVEL = 0, 1, 2
# Numbers of a fit: slope, spread of time within groups, converged, residual degrees of freedom.
SLOPE, SPREAD, CONVERGED, DF = 0, 1, 2, 3
# Columns of the output of `fit_points`.
ETA, SE, PHI, TREND, MU, STATUS = 0, 1, 2, 3, 4, 5
N_OUT = 6
PIECES = 16


@njit(cache=True, inline="always")
def _weighted_step(
    y: Floats,
    t: Floats,
    group: Ints,
    offset: Floats,
    prior: Floats,
    eta: Floats,
    mu: Floats,
    weight: Floats,
    sums: Floats,
    has_trend: bool,
) -> tuple[float, float]:
    """Solve one weighted least squares step; return slope and within-group spread of time."""
    n, n_groups = y.size, sums.shape[1]
    sums[:, :] = 0.0
    for i in range(n):
        w = prior[i] * mu[i]
        weight[i] = w
        g = group[i]
        sums[WEIGHT, g] += w
        sums[MEAN_T, g] += w * t[i]
        sums[LEVEL, g] += w * (eta[i] - offset[i] + (y[i] - mu[i]) / mu[i])
    for g in range(n_groups):
        if sums[WEIGHT, g] > 0.0:
            sums[MEAN_T, g] /= sums[WEIGHT, g]
            sums[LEVEL, g] /= sums[WEIGHT, g]
    slope, spread, total = 0.0, 0.0, 0.0
    if has_trend:
        shared = 0.0
        for i in range(n):
            g = group[i]
            centred = t[i] - sums[MEAN_T, g]
            z = eta[i] - offset[i] + (y[i] - mu[i]) / mu[i]
            spread += weight[i] * centred * centred
            shared += weight[i] * centred * (z - sums[LEVEL, g])
            total += weight[i] * t[i] * t[i]
        slope = shared / spread if spread > RANK_TOLERANCE * total else math.nan
        for g in range(n_groups):
            sums[LEVEL, g] -= slope * sums[MEAN_T, g]
    return slope, spread


@njit(cache=True, inline="always")
def _deviance(
    y: Floats,
    log_y: Floats,
    t: Floats,
    group: Ints,
    offset: Floats,
    prior: Floats,
    slope: float,
    level: Floats,
    eta: Floats,
    mu: Floats,
) -> float:
    """Set eta and mu from the coefficients and return the Poisson deviance."""
    deviance = 0.0
    for i in range(y.size):
        e = level[group[i]] + slope * t[i] + offset[i]
        m = max(math.exp(e), EPSILON)
        eta[i], mu[i] = e, m
        if y[i] > 0.0:
            deviance += prior[i] * (y[i] * (log_y[i] - e) - (y[i] - m))
        else:
            deviance += prior[i] * m
    return 2.0 * deviance


@njit(cache=True)
def fit_glm(
    y: Floats,
    log_y: Floats,
    t: Floats,
    group: Ints,
    offset: Floats,
    prior: Floats,
    eta: Floats,
    mu: Floats,
    weight: Floats,
    sums: Floats,
    out: Floats,
    has_trend: bool,
) -> None:
    """Fit log E(y) = level of group + slope t + offset by iteratively reweighted least squares, in place.

    Fills eta, mu (after the last step), weight and group sums (at the last step), and `out`.
    """
    n = y.size
    deviance = 0.0
    for i in range(n):
        eta[i] = math.log(y[i] + 0.1)
        mu[i] = max(math.exp(eta[i]), EPSILON)
        part = y[i] * (log_y[i] - eta[i]) - (y[i] - mu[i]) if y[i] > 0.0 else mu[i]
        deviance += 2.0 * prior[i] * part
    out[:] = 0.0
    old_slope = 0.0
    old_level = np.zeros(sums.shape[1])
    for iteration in range(MAX_ITERATIONS):
        slope, spread = _weighted_step(y, t, group, offset, prior, eta, mu, weight, sums, has_trend)
        if not math.isfinite(slope):
            return
        new = _deviance(y, log_y, t, group, offset, prior, slope, sums[LEVEL], eta, mu)
        halvings = 0
        while not math.isfinite(new):
            if iteration == 0 or halvings > MAX_ITERATIONS:
                return
            slope = (slope + old_slope) / 2
            for g in range(sums.shape[1]):
                sums[LEVEL, g] = (sums[LEVEL, g] + old_level[g]) / 2
            new = _deviance(y, log_y, t, group, offset, prior, slope, sums[LEVEL], eta, mu)
            halvings += 1
        out[SLOPE], out[SPREAD] = slope, spread
        if abs(new - deviance) / (abs(new) + 0.1) < TOLERANCE:
            out[CONVERGED] = 1.0
            break
        deviance, old_slope = new, slope
        old_level[:] = sums[LEVEL]
    n_levels = 0
    for g in range(sums.shape[1]):
        n_levels += sums[WEIGHT, g] > 0.0
    out[DF] = n - n_levels - (1 if has_trend else 0)


@njit(cache=True)
def dispersion(
    y: Floats,
    mu: Floats,
    weight: Floats,
    df: float,
) -> float:
    """Return the sum of weighted squared working residuals over the residual degrees of freedom."""
    if df <= 0:
        return math.nan
    total = 0.0
    for i in range(y.size):
        r = (y[i] - mu[i]) / mu[i]
        total += weight[i] * r * r
    return total / df


@njit(cache=True)
def anscombe_weights(
    y: Floats,
    t: Floats,
    group: Ints,
    mu: Floats,
    weight: Floats,
    sums: Floats,
    spread: float,
    phi: float,
    threshold: float,
    has_trend: bool,
    prior: Floats,
) -> bool:
    """Set `prior` to the weights that lessen past outbreaks; return False where a residual is undefined."""
    n = y.size
    total = 0.0
    for i in range(n):
        g = group[i]
        leverage = weight[i] / sums[WEIGHT, g]
        if has_trend:
            leverage += weight[i] * (t[i] - sums[MEAN_T, g]) ** 2 / spread
        if leverage > 1.0 - 10 * EPSILON:
            return False
        raw = 1.5 * (y[i] ** (2.0 / 3.0) * mu[i] ** (-1.0 / 6.0) - math.sqrt(mu[i]))
        s = raw / math.sqrt(phi * (1.0 - leverage))
        prior[i] = 1.0 / (s * s) if s > threshold else 1.0
        total += prior[i]
    scale = n / total
    for i in range(n):
        prior[i] *= scale
    return True


@njit(cache=True)
def fit_reference(
    y: Floats,
    log_y: Floats,
    t: Floats,
    group: Ints,
    offset: Floats,
    work: Floats,
    prior: Floats,
    sums: Floats,
    out: Floats,
    has_trend: bool,
    threshold: float,
    is_classic: bool,
) -> tuple[bool, float, float, bool]:
    """Fit, down-weight and refit one reference set.

    Returns (usable, phi, reported dispersion, has_trend). `threshold` < 0 switches the down-weighting off. The
    reported dispersion is what the peer's later calls to ``summary`` and ``predict`` see: with down-weighting, the
    flexible method stores the prior weights over the working weights.
    """
    eta, mu, weight = work[0], work[1], work[2]
    prior[:] = 1.0
    fit_glm(y, log_y, t, group, offset, prior, eta, mu, weight, sums, out, has_trend)
    if out[CONVERGED] == 0.0:
        if has_trend:
            has_trend = False
            fit_glm(y, log_y, t, group, offset, prior, eta, mu, weight, sums, out, False)
        if out[CONVERGED] == 0.0 and not is_classic:
            return False, math.nan, math.nan, has_trend
    seen = dispersion(y, mu, weight, out[DF])
    phi = max(seen, 1.0)
    if not math.isfinite(seen):
        return False, math.nan, math.nan, has_trend
    if threshold >= 0.0:
        if not anscombe_weights(y, t, group, mu, weight, sums, out[SPREAD], phi, threshold, has_trend, prior):
            return False, math.nan, math.nan, has_trend
        fit_glm(y, log_y, t, group, offset, prior, eta, mu, weight, sums, out, has_trend)
        seen = dispersion(y, mu, weight, out[DF])
        phi = max(seen, 1.0)
        if not is_classic:
            seen = dispersion(y, mu, prior, out[DF])
    return math.isfinite(seen) and math.isfinite(phi), phi, seen, has_trend


@njit(cache=True)
def fit_point(
    y: Floats,
    t: Floats,
    group: Ints,
    offset: Floats,
    target: Floats,
    limits: Floats,
    options: Floats,
    row: Floats,
) -> None:
    """Fit one series at one time point and fill `row` (see the column names above).

    target : time, group, offset of the point; limits : least |t| of a significant trend by residual degrees of
        freedom; options : wants_trend, may_trend (three years or more), threshold, is_classic, n_groups
    """
    row[:] = math.nan
    row[STATUS] = 0.0
    n = y.size
    is_classic = options[3] > 0
    work, prior = np.empty((3, n)), np.empty(n)
    sums, out = np.empty((3, int(options[4]))), np.empty(4)
    log_y = np.empty(n)
    largest = 0.0
    for i in range(n):
        log_y[i] = math.log(y[i]) if y[i] > 0.0 else 0.0
        largest = max(largest, y[i])
    usable, phi, seen, has_trend = fit_reference(
        y, log_y, t, group, offset, work, prior, sums, out, options[0] > 0, options[2], is_classic
    )
    if not usable:
        return
    g = int(target[1])
    if has_trend:
        predicted = max(math.exp(sums[LEVEL, g] + out[SLOPE] * target[0] + target[2]), EPSILON)
        ratio = abs(out[SLOPE]) / math.sqrt(seen / out[SPREAD])
        if math.isnan(ratio):
            return
        if not (options[1] > 0 and ratio > limits[int(out[DF])] and predicted <= largest):
            usable, phi, seen, has_trend = fit_reference(
                y, log_y, t, group, offset, work, prior, sums, out, False, options[2], is_classic
            )
            if not usable:
                return
    variance = 1.0 / sums[WEIGHT, g]
    if has_trend:
        variance += (target[0] - sums[MEAN_T, g]) ** 2 / out[SPREAD]
        row[TREND] = out[SLOPE]
    row[ETA] = sums[LEVEL, g] + (out[SLOPE] * target[0] if has_trend else 0.0) + target[2]
    row[MU] = max(math.exp(row[ETA]), EPSILON)
    row[SE] = math.sqrt((phi if is_classic else seen) * variance)
    row[PHI] = phi
    row[STATUS] = 1.0


@njit(cache=True, nogil=True)
def fit_series(
    values: Floats,
    log_population: Floats,
    rows: tuple[int, int],
    sets: tuple[Ints, Ints, Ints, Floats, Floats],
    limits: Floats,
    options: Floats,
    out: Floats,
) -> None:
    """Fit the series of the given rows at every point, into `out`; see `fit_points`."""
    start, position, group, time, target = sets
    for s in range(rows[0], rows[1]):
        shift = log_population[s if log_population.shape[0] > 1 else 0]
        for p in range(start.size - 1):
            used = position[start[p] : start[p + 1]]
            here = np.array([target[p, 1], target[p, 2], shift[int(target[p, 0])]])
            times, groups = time[start[p] : start[p + 1]], group[start[p] : start[p + 1]]
            fit_point(values[s][used], times, groups, shift[used], here, limits, options, out[s, p])


def fit_points(
    values: Floats,
    log_population: Floats,
    sets: tuple[Ints, Ints, Ints, Floats, Floats],
    limits: Floats,
    options: Floats,
) -> Floats:
    """Fit every series at every monitored point.

    values : float64 (S, T), a bad series NaN; log_population : float64 (S or 1, T), the offset
    sets : start, int64 (P + 1,), into position, group and time, which hold the 0-based reference positions, their
        group and their time; target, float64 (P, 3), position, time and group of the point
    Returns float64 (S, P, 6), see the column names above.
    """
    n_series, n_points = values.shape[0], sets[0].size - 1
    out = np.full((n_series, n_points, N_OUT), np.nan)
    out[:, :, STATUS] = 0.0
    good = np.asarray(~np.isnan(values).any(axis=1))
    cuts = np.unique(np.linspace(0, n_series, min(n_series, PIECES) + 1).astype(np.int64))
    jobs = [(int(low), int(high)) for low, high in pairwise(cuts)]
    clean = np.where(good[:, None], values, 0.0)
    run_all(lambda rows: fit_series(clean, log_population, rows, sets, limits, options, out), jobs)
    out[~good, :, STATUS] = 0.0
    return out
