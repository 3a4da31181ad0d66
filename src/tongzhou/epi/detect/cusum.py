"""The CUSUM chart: small lasting rises, found by adding up standardised excesses.

Owns the transformations, the recursion and the way back to counts. Never resets after an alarm.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt

from tongzhou.core.errors import InputError
from tongzhou.epi.detect.anscombe import anscombe_negative_binomial
from tongzhou.epi.detect.count_glm import fit_seasonal_mean
from tongzhou.epi.detect.detection import (
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
from tongzhou.epi.series import FloatMatrix, SeriesMatrix

REFERENCE = "Rossi, Lampugnani and Marchi (1999), Statistics in Medicine 18: 2111-2122."
Mean = Literal["glm"]


def cusum(
    counts: object,
    *,
    k: float = 1.04,
    h: float = 2.26,
    m: float | npt.ArrayLike | Mean | None = None,
    trans: str = "standard",
    alpha: float | None = None,
    freq: int = 52,
    range: object = None,
    dates: object = None,
) -> Detection:
    """Flag time points at which the sum of standardised excesses over `k` reaches `h`.

    Parameters
    ----------
    counts : one series or many
    k : float — reference value, in standard deviations
    h : float — decision interval
    m : float, array or "glm" — expected count in control: one number, one per monitored time point, or a seasonal
        Poisson regression on the time before `range`; None is the mean before `range`
    trans : {"standard", "rossi", "anscombe", "anscombe2nd", "pearsonNegBin", "anscombeNegBin", "none"}
    alpha : float — dispersion of the negative binomial, variance m + alpha m^2; None is 0.1
    freq : int — time steps a year
    range : consecutive time points to monitor, 1-based — None starts after the first year, or at 1 when `m` is given
    dates : sequence of T dates, optional

    Returns
    -------
    Detection
        `upper` is the count that would have raised the alarm (for "none" and "anscombeNegBin" what is left of
        `h`); details hold ``cusum``. After a history of zeros alone `upper` is 0, and the chart and `alarm` are
        null: a mean of 0 has no standard deviation to count in.

    Raises
    ------
    InputError
        ``series.*``, ``detect.option``, ``detect.range``, ``detect.range_gaps``, ``detect.training``

    References
    ----------
    Rossi et al. (1999); Pierce and Schafer (1986), JASA 81: 977-986; as ``surveillance::algo.cusum``.
    """
    choose_option("trans", trans, TRANSFORMS)
    require_at_least("h", h, 0)
    require_at_least("k", k, -np.inf)
    require_whole(1, freq=freq)
    dispersion = 0.1 if alpha is None else alpha
    require_at_least("alpha", dispersion, 0)
    matrix = read_counts(counts, dates)
    is_given = m is not None and not isinstance(m, str)
    points = require_consecutive(read_range(range, matrix.n_times, 1 if is_given else freq + 1))
    mean = _read_mean(m, matrix, points, freq)
    seen = matrix.values[:, points - 1]
    with np.errstate(invalid="ignore", divide="ignore"):
        score = TRANSFORMS[trans](seen, mean, dispersion)
    running = _accumulate(score, k)
    before = np.concatenate([np.zeros((running.shape[0], 1)), running[:, :-1]], axis=1)
    with np.errstate(invalid="ignore"):
        bound = _to_counts(trans, h + k - before, h - running, mean, dispersion)
    bound = np.maximum(np.nan_to_num(bound, nan=0.0, posinf=np.inf), 0.0)
    bound[~matrix.is_good] = np.nan
    expected, upper, chart = (undefined_like(matrix) for _ in "eus")
    expected[:, points - 1], upper[:, points - 1], chart[:, points - 1] = mean, bound, running
    options = {"k": k, "h": h, "trans": trans, "alpha": dispersion, "freq": freq}
    return Detection(
        matrix=matrix,
        expected=np.where(matrix.is_good[:, None], expected, np.nan),
        upper=upper,
        alarm=code_alarms(chart >= h, ~np.isnan(chart)),
        details={"cusum": chart},
        provenance=describe("CUSUM", matrix, options, REFERENCE),
    )


def _read_mean(m: object, matrix: SeriesMatrix, points: IntArray, freq: int) -> FloatMatrix:
    shape = (matrix.n_series, points.size)
    if m is None or isinstance(m, str):
        if m is not None:
            choose_option("m", m, ("glm",))
        n_training = int(points[0]) - 1
        training = matrix.values[:, :n_training]
        if n_training < (1 if m is None else 4):
            raise InputError(
                "detect.training",
                f"range starts at {points[0]}, so {n_training} time point(s) are left to estimate the mean.",
                "Start range later, or give m.",
            )
        if m == "glm":
            return fit_seasonal_mean(training, points, freq)
        return np.broadcast_to(training.mean(axis=1, keepdims=True), shape).copy()
    mean = np.asarray(m, dtype=np.float64)
    if mean.ndim == 1 and mean.size == matrix.n_series and matrix.n_series != points.size:
        mean = mean[:, None]
    if not np.all(mean >= 0):
        raise InputError(
            "detect.option", "m holds a negative or missing mean.", "Give expected counts, 0 or more."
        )
    try:
        return np.broadcast_to(mean, shape).copy()
    except ValueError:
        raise InputError(
            "detect.option",
            f"m has the shape {mean.shape}; {points.size} time points are monitored.",
            "Give one number, or one per monitored time point.",
        ) from None


def _accumulate(score: FloatMatrix, k: float) -> FloatMatrix:
    running = np.empty_like(score)
    last = np.zeros(score.shape[0])
    for t in np.arange(score.shape[1]):
        last = np.maximum(0.0, last + (score[:, t] - k))
        running[:, t] = last
    return running


Transform = Callable[[FloatMatrix, FloatMatrix, float], FloatMatrix]
TRANSFORMS: dict[str, Transform] = {
    "standard": lambda x, m, _: (x - m) / np.sqrt(m),
    "rossi": lambda x, m, _: (x - 3 * m + 2 * np.sqrt(x * m)) / (2 * np.sqrt(m)),
    "anscombe": lambda x, m, _: 1.5 * (x ** (2 / 3) - m ** (2 / 3)) / m ** (1 / 6),
    "anscombe2nd": lambda x, m, _: (
        (x ** (2 / 3) - (m ** (2 / 3) - m ** (-1 / 3) / 9)) / (2 / 3 * m ** (1 / 6))
    ),
    "pearsonNegBin": lambda x, m, a: (x - m) / np.sqrt(m + a * m**2),
    "anscombeNegBin": anscombe_negative_binomial,
    "none": lambda x, _m, _a: x,
}


def _to_counts(trans: str, gap: FloatMatrix, left: FloatMatrix, m: FloatMatrix, alpha: float) -> FloatMatrix:
    """Return the count that brings the chart to `h`: `gap` is h + k less the last sum, `left` h less this sum."""
    if trans == "rossi":
        root = np.sqrt(4 * m**2 + 2 * m**1.5 * gap)
        return np.asarray(2 * np.sqrt(m) * gap + 5 * m - 2 * root)
    if trans == "standard":
        return np.ceil(np.sqrt(m) * gap + m)
    if trans in ("anscombe", "anscombe2nd"):
        shift = 0.0 if trans == "anscombe" else m ** (1 / 3) / 9
        base = 2 / 3 * m ** (1 / 6) * gap + m ** (2 / 3) - shift
        return np.maximum(base, 0) ** 1.5
    if trans == "pearsonNegBin":
        return np.asarray(np.sqrt(m + alpha * m**2) * gap + m)
    return left
