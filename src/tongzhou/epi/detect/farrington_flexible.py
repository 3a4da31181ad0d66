"""Farrington flexible: seasonal quasi-Poisson regression with down-weighting of past outbreaks.

Owns the options of the improved method and the assembly of its result. The fit is in `quasipoisson`, the reference
sets in `reference_sets`, the bounds in `farrington_bounds`.
"""

from __future__ import annotations

import numpy as np
from scipy.special import stdtrit

from tongzhou.core.errors import InputError
from tongzhou.epi.detect import quasipoisson as qp
from tongzhou.epi.detect.baselines import require_spacing
from tongzhou.epi.detect.detection import (
    Detection,
    IntArray,
    check_limit54,
    choose_option,
    code_alarms,
    describe,
    read_counts,
    read_range,
    require_at_least,
    require_share,
    require_whole,
    undefined_like,
)
from tongzhou.epi.detect.farrington_bounds import (
    EXPONENTS,
    Bounds,
    Fit,
    has_enough_cases,
    negative_binomial_bounds,
    transformed_bounds,
)
from tongzhou.epi.detect.reference_sets import FlexibleWindows, ReferenceSets, flexible_sets
from tongzhou.epi.series import FloatMatrix, SeriesMatrix

REFERENCE = "Noufaily et al. (2013), Statistics in Medicine 32: 1206-1222."
WEIGHT_THRESHOLDS = {"noufaily": 2.58, "farrington": 1.0}
THRESHOLD_METHODS = ("delta", "nbPlugin", "muan")


def farrington_flexible(
    counts: object,
    *,
    freq: int = 52,
    b: int = 5,
    w: int = 3,
    past_weeks_not_included: int | None = None,
    weights: str | float | None = "noufaily",
    threshold_method: str = "delta",
    pthreshold_trend: float = 0.05,
    noperiods: int = 1,
    power_transform: str = "2/3",
    alpha: float | None = None,
    trend: bool = True,
    limit54: tuple[float, int] = (5, 4),
    population: object = None,
    range: object = None,
    dates: object = None,
) -> Detection:
    """Flag counts above the upper bound of a quasi-Poisson regression on the same season of past years.

    Parameters
    ----------
    counts : one series or many
    freq : int — time steps a year
    b : int, years — how far back
    w : int, time steps — half width of the window around the same week
    past_weeks_not_included : int — most recent time steps left out of the fit; None is `w`
    weights : {"noufaily", "farrington"}, float or None — down-weight references whose Anscombe residual exceeds
        2.58, 1 or the number given; None weighs all alike
    threshold_method : {"delta", "nbPlugin", "muan"} — normal bound after `power_transform`; negative binomial
        quantile at the fitted mean; the same at the mean's own upper quantile
    pthreshold_trend : float — a trend stays when its p-value is below this, `b` is 3 or more, and the prediction
        does not exceed every reference count; 1 asks only for the other two
    noperiods : int — seasonal levels of the year; 1 uses only the windows, 10 the whole years
    power_transform : {"2/3", "1/2", "none"}
    alpha : float — one-sided level; None is 0.05
    trend : bool — try a linear trend
    limit54 : (cases, time steps) — no alarm with fewer cases in the last time steps
    population : array of shape (T,) or (S, T), optional — an offset
    range : time points to monitor, 1-based — None is every point with a full history
    dates : sequence of T dates, optional — reference weeks are then calendar years back

    Returns
    -------
    Detection
        `upper` and `expected` are null where `limit54` is not met (no alarm) or no model could be fitted (alarm
        null). Details: ``mu0, phi, trend, score, p_value``.

    Raises
    ------
    InputError
        ``series.*``, ``detect.option``, ``detect.range``, ``detect.noperiods``, ``detect.freq``

    References
    ----------
    Farrington et al. (1996), JRSS A 159: 547-563; Noufaily et al. (2013); as ``surveillance::farringtonFlexible``.
    """
    past = w if past_weeks_not_included is None else past_weeks_not_included
    choose_option("threshold_method", threshold_method, THRESHOLD_METHODS)
    choose_option("power_transform", power_transform, EXPONENTS)
    require_whole(1, b=b, noperiods=noperiods, freq=freq)
    require_whole(0, w=w, past_weeks_not_included=past)
    require_at_least("pthreshold_trend", pthreshold_trend, 0)
    check_limit54(limit54)
    level = require_share("alpha", 0.05 if alpha is None else alpha)
    cut = read_weights(weights)
    matrix = read_counts(counts, dates)
    if matrix.dates is not None:
        require_spacing(matrix.dates, freq)
    points = read_range(range, matrix.n_times, freq * b + w + 1)
    sets = flexible_sets(points, matrix.dates, FlexibleWindows(b, w, noperiods, past, freq))
    fit = fit_sets(
        matrix, sets, read_offset(population, matrix), (trend, b >= 3, cut, False), pthreshold_trend
    )
    y = matrix.values[:, sets.points - 1]
    if threshold_method == "delta":
        bounds = transformed_bounds(fit, y, level, power_transform)
    else:
        bounds = negative_binomial_bounds(fit, y, level, threshold_method == "nbPlugin")
    options: dict[str, object] = {"freq": freq, "b": b, "w": w, "past_weeks_not_included": past}
    options |= {
        "weights": weights,
        "threshold_method": threshold_method,
        "pthreshold_trend": pthreshold_trend,
    }
    options |= {"noperiods": noperiods, "power_transform": power_transform, "alpha": level, "trend": trend}
    options |= {"limit54": limit54}
    return _assemble(matrix, sets, fit, bounds, limit54, options)


def read_weights(weights: str | float | None) -> float:
    """Return the residual above which a reference is down-weighted, -1 for never."""
    if weights is None:
        return -1.0
    if isinstance(weights, str):
        return WEIGHT_THRESHOLDS[choose_option("weights", weights, WEIGHT_THRESHOLDS)]
    require_at_least("weights", weights, 0)
    return float(weights)


def read_offset(population: object, matrix: SeriesMatrix) -> FloatMatrix:
    """Return log population, shape (1 or S, T); zero without one."""
    if population is None:
        return np.zeros((1, matrix.n_times))
    people = np.atleast_2d(np.asarray(population, dtype=np.float64))
    if people.shape not in ((1, matrix.n_times), matrix.values.shape) or not np.all(people > 0):
        raise InputError(
            "detect.population",
            f"population has the shape {people.shape} or holds values that are not above 0; counts have "
            f"{matrix.values.shape}.",
            "Give one positive number per time step, or per series and time step.",
        )
    return np.log(people)


def fit_sets(
    matrix: SeriesMatrix,
    sets: ReferenceSets,
    offset: FloatMatrix,
    switches: tuple[bool, bool, float, bool],
    pthreshold_trend: float,
) -> Fit:
    """Fit all series at all points; `switches` are wants_trend, may_trend, threshold and is_classic."""
    df = np.arange(sets.longest + 1, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        limits = stdtrit(np.maximum(df, 1), 1 - min(max(pthreshold_trend, 0.0), 1.0) / 2)
    options = np.array([*switches, sets.n_groups], dtype=np.float64)
    values = np.ascontiguousarray(matrix.values)
    packed = (sets.start, sets.position, sets.group, sets.time, sets.target)
    out = qp.fit_points(values, offset, packed, np.nan_to_num(limits, nan=np.inf), options)
    out[out[:, :, qp.STATUS] == 0, :5] = np.nan
    return Fit(*(out[:, :, column] for column in (qp.ETA, qp.MU, qp.SE, qp.PHI, qp.TREND)))


def _assemble(
    matrix: SeriesMatrix,
    sets: ReferenceSets,
    fit: Fit,
    bounds: Bounds,
    limit54: tuple[float, int],
    options: dict[str, object],
) -> Detection:
    at: IntArray = sets.points - 1
    is_enough = has_enough_cases(matrix.values, limit54)[:, at]
    is_fitted = ~np.isnan(fit.phi)
    y = matrix.values[:, at]
    is_alarm = is_enough & (bounds.score > 1) & (y != 0)
    full = {
        name: undefined_like(matrix)
        for name in ("expected", "upper", "mu0", "phi", "trend", "score", "p_value")
    }
    full["expected"][:, at] = np.where(is_enough & ~np.isnan(bounds.upper), fit.mu, np.nan)
    full["upper"][:, at] = np.where(is_enough, bounds.upper, np.nan)
    full["mu0"][:, at], full["phi"][:, at], full["trend"][:, at] = bounds.mu0, fit.phi, fit.trend
    full["score"][:, at], full["p_value"][:, at] = bounds.score, bounds.p_value
    alarm = np.full(matrix.values.shape, -1, dtype=np.int8)
    alarm[:, at] = code_alarms(is_alarm, is_fitted)
    return Detection(
        matrix=matrix,
        expected=full.pop("expected"),
        upper=full.pop("upper"),
        alarm=alarm,
        details=full,
        provenance=describe("Farrington flexible", matrix, options, REFERENCE),
    )
