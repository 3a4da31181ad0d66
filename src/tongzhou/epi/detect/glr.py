"""Generalised likelihood ratio charts for a lasting change, Poisson and negative binomial.

Owns the options, the mean in control, the restart after an alarm and the result. The charts run in `glr_kernels`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tongzhou.core.errors import InputError
from tongzhou.epi.detect.count_glm import (
    SeasonalMean,
    fit_log_linear,
    fit_negative_binomial,
    means,
    seasonal_design,
)
from tongzhou.epi.detect.detection import (
    WHOLE_COUNTS,
    Detection,
    IntArray,
    choose_option,
    code_alarms,
    describe,
    read_counts,
    read_range,
    require_at_least,
    require_consecutive,
    require_whole,
    undefined_like,
)
from tongzhou.epi.detect.glr_kernels import run_known_change, run_unknown_change
from tongzhou.epi.series import FloatMatrix, SeriesMatrix

REFERENCE = "Hoehle and Paul (2008), Computational Statistics and Data Analysis 52: 4357-4368."
DIRECTIONS = {"inc": 1, "dec": -1}
MeanInControl = float | npt.ArrayLike | SeasonalMean | Mapping[str, int | bool] | None


@dataclass(frozen=True, slots=True)
class ChartOptions:
    """Options of one chart, checked."""

    c_arl: float
    mtilde: int
    m: int
    change: str
    theta: float | None
    dir: str
    ret: str
    freq: int


def glr_poisson(
    counts: object,
    *,
    c_arl: float = 5.0,
    mu0: MeanInControl = None,
    mtilde: int = 1,
    m: int = -1,
    change: str = "intercept",
    theta: float | None = None,
    dir: str = "inc",
    ret: str = "value",
    freq: int = 52,
    range: object = None,
    dates: object = None,
) -> Detection:
    """Flag a lasting change of a Poisson mean: `glr_nb` without dispersion.

    Parameters
    ----------
    counts : whole numbers, one series or many
    c_arl, mu0, mtilde, m, change, theta, dir, ret, freq, range, dates : as in `glr_nb`

    Returns
    -------
    Detection

    Raises
    ------
    InputError
        as `glr_nb`

    References
    ----------
    Hoehle (2006), Bayesian Statistics and Quality Control; as ``surveillance::algo.glrpois``.
    """
    options = ChartOptions(c_arl, mtilde, m, change, theta, dir, ret, freq)
    return _detect(counts, options, mu0, 0.0, wanted=range, dates=dates, method="GLR Poisson")


def glr_nb(
    counts: object,
    *,
    c_arl: float = 5.0,
    mu0: MeanInControl = None,
    alpha: float | None = None,
    mtilde: int = 1,
    m: int = -1,
    change: str = "intercept",
    theta: float | None = None,
    dir: str = "inc",
    ret: str = "value",
    freq: int = 52,
    range: object = None,
    dates: object = None,
) -> Detection:
    """Flag a lasting change of the mean of seasonal counts as soon as its likelihood ratio reaches `c_arl`.

    Parameters
    ----------
    counts : whole numbers, one series or many
    c_arl : float — alarm limit of the statistic
    mu0 : float, array, `SeasonalMean` or mapping of its fields — mean in control: one number, one per monitored
        point, or a seasonal negative binomial regression on the time before `range`; None is the regression with
        one harmonic
    alpha : float — dispersion, variance mu + alpha mu^2; 0 is Poisson; None estimates it with the regression
    mtilde : int, time steps — least number of steps since the change
    m : int, time steps — how far back a change may lie; -1 is the whole run
    change : {"intercept", "epi"} — a jump of the log mean, or counts that feed on the count before (always upwards, its
        rate estimated)
    theta : float — a known jump of the log mean; None estimates it
    dir : {"inc", "dec"} — rises or falls
    ret : {"value", "cases"} — what `upper` holds: the statistic, or the count that would have raised the alarm
    freq : int — time steps a year
    range : consecutive time points to monitor, 1-based — None starts after the first year, at 1 when `mu0` is given
    dates : sequence of T dates, optional

    Returns
    -------
    Detection
        `expected` is the mean in control; details hold ``statistic``. The chart restarts after an alarm.

    Raises
    ------
    InputError
        ``series.*``, ``detect.option``, ``detect.range``, ``detect.range_gaps``, ``detect.training``

    References
    ----------
    Hoehle and Paul (2008), equations 4 to 9; as ``surveillance::algo.glrnb``, whose search for the rate of
    ``change="epi"`` stops short of the maximum.
    """
    if alpha is not None:
        require_at_least("alpha", alpha, 0)
    options = ChartOptions(c_arl, mtilde, m, change, theta, dir, ret, freq)
    return _detect(counts, options, mu0, alpha, wanted=range, dates=dates, method="GLR negative binomial")


def _check(options: ChartOptions) -> None:
    choose_option("dir", options.dir, DIRECTIONS)
    choose_option("ret", options.ret, ("value", "cases"))
    choose_option("change", options.change, ("intercept", "epi"))
    require_whole(1, mtilde=options.mtilde, freq=options.freq)
    require_at_least("c_arl", options.c_arl, 0)
    if options.m != -1 and options.m < options.mtilde:
        raise InputError(
            "detect.option", f"m is {options.m}; it is -1 or at least mtilde {options.mtilde}.", "Use m=-1."
        )
    if options.theta is not None and not options.theta > 0:
        raise InputError(
            "detect.option", f"theta is {options.theta}; it is above 0.", "Give a log ratio, as 0.5."
        )


def _detect(
    counts: object,
    options: ChartOptions,
    mu0: MeanInControl,
    alpha: float | None,
    *,
    wanted: object,
    dates: object,
    method: str,
) -> Detection:
    _check(options)
    matrix = read_counts(counts, dates, WHOLE_COUNTS)
    model = _read_model(mu0)
    first = 1 if model is None else options.freq + 1
    points = require_consecutive(read_range(wanted, matrix.n_times, first))
    if model is None and alpha is None:
        raise InputError(
            "detect.option", "alpha cannot be estimated when mu0 is given.", "Give alpha, 0 for Poisson."
        )
    n_training, n_terms = int(points[0]) - 1, 0 if model is None else 1 + 2 * model.s + model.trend
    if model is not None and n_training <= n_terms:
        raise InputError(
            "detect.training",
            f"range starts at {points[0]}, so {n_training} time point(s) are left to estimate the mean.",
            "Start range later, or give mu0.",
        )
    given = undefined_like(matrix) if model is not None else _spread_mean(mu0, matrix, points)
    at = points - 1
    expected, upper, statistic = (undefined_like(matrix) for _ in "eus")
    alarm = np.full(matrix.values.shape, -1, dtype=np.int8)
    for row in np.flatnonzero(matrix.is_good):
        if model is not None:
            mean, dispersion = _estimate_mean(matrix.values[row], points, model, options.freq, alpha)
        else:
            mean, dispersion = given[row], 0.0 if alpha is None else alpha
        chart = _run(matrix.values[row], points, mean, dispersion, model, options)
        expected[row, at], statistic[row, at] = chart.mu0, chart.value
        shown = chart.value if options.ret == "value" else chart.cases
        upper[row, at] = np.maximum(np.nan_to_num(shown), 0.0)
        alarm[row, at] = code_alarms(chart.is_alarm, np.ones(points.size, dtype=np.bool_))
    listed = {
        k: getattr(options, k) for k in ("c_arl", "mtilde", "m", "change", "theta", "dir", "ret", "freq")
    }
    return Detection(
        matrix=matrix,
        expected=expected,
        upper=upper,
        alarm=alarm,
        details={"statistic": statistic},
        threshold=options.c_arl if options.ret == "value" else None,
        provenance=describe(method, matrix, listed | {"alpha": alpha, "mu0": str(model or mu0)}, REFERENCE),
    )


def _read_model(mu0: MeanInControl) -> SeasonalMean | None:
    if mu0 is None:
        return SeasonalMean()
    if isinstance(mu0, SeasonalMean):
        return mu0
    if isinstance(mu0, Mapping):
        fields = {key.lower(): value for key, value in mu0.items()}
        for key in fields:
            choose_option("mu0", key, ("s", "trend", "refit"))
        return SeasonalMean(
            s=int(fields.get("s", 1)),
            trend=bool(fields.get("trend", False)),
            refit=bool(fields.get("refit", False)),
        )
    return None


def _spread_mean(mu0: MeanInControl, matrix: SeriesMatrix, points: IntArray) -> FloatMatrix:
    mean = np.asarray(mu0, dtype=np.float64)
    shape = (matrix.n_series, points.size)
    if mean.ndim == 1 and mean.size == matrix.n_series and matrix.n_series != points.size:
        mean = mean[:, None]
    is_fitting = mean.ndim <= 2 and all(
        a in (1, b) for a, b in zip(mean.shape[::-1], shape[::-1], strict=False)
    )
    if not is_fitting or not np.all(mean > 0):
        raise InputError(
            "detect.option",
            f"mu0 has the shape {mean.shape} or a value not above 0; {points.size} time points are monitored.",
            "Give one positive number, or one per monitored time point.",
        )
    return np.broadcast_to(mean, shape).copy()


@dataclass(slots=True)
class Chart:
    """A finished chart, each of shape (points,)."""

    mu0: FloatMatrix
    value: FloatMatrix
    cases: FloatMatrix
    is_alarm: npt.NDArray[np.bool_]


def _run(
    series: FloatMatrix,
    points: IntArray,
    mean: FloatMatrix,
    dispersion: float,
    model: SeasonalMean | None,
    options: ChartOptions,
) -> Chart:
    """Run a chart over all points, restarting after each alarm."""
    x = series[points - 1].copy()
    chart = Chart(mean.copy(), np.zeros(x.size), np.zeros(x.size), np.zeros(x.size, dtype=np.bool_))
    shape = np.array([DIRECTIONS[options.dir], options.m, options.mtilde], dtype=np.float64)
    start, before = 0, 0.0
    while start < x.size:
        run_x, run_mu = x[start:], chart.mu0[start:]
        value, cases = chart.value[start:], chart.cases[start:]
        if options.theta is not None and options.change == "intercept":
            n = run_known_change(run_x, run_mu, dispersion, options.theta, options.c_arl, value, cases)
        else:
            is_epidemic = options.change == "epi"
            wants = options.ret == "cases"
            n = run_unknown_change(
                run_x, run_mu, dispersion, is_epidemic, before, options.c_arl, shape, wants, value, cases
            )
        if n >= run_x.size:
            break
        chart.is_alarm[start + n] = True
        before, start = float(run_x[n]), start + n + 1
        if model is not None and model.refit and start < x.size:
            chart.mu0[start:], _ = _estimate_mean(series, points[start:], model, options.freq, dispersion)
    return chart


def _estimate_mean(
    series: FloatMatrix, points: IntArray, model: SeasonalMean, freq: int, alpha: float | None
) -> tuple[FloatMatrix, float]:
    """Return the regression's mean at `points` and the dispersion, from the time before; estimate it when None."""
    training = np.arange(1, points[0])
    design, y = seasonal_design(training, freq, model), series[training - 1]
    if alpha is None and not y.any():
        alpha = 0.0
    if alpha is None:
        coefficients, theta = fit_negative_binomial(design, y)
        alpha = 1 / max(theta, 1e-12)
    elif alpha == 0:
        coefficients = fit_log_linear(design, y)
    else:
        coefficients = fit_log_linear(design, y, 1 / alpha, np.log(y + (y == 0) / 6))
    return means(seasonal_design(points, freq, model), coefficients), alpha
