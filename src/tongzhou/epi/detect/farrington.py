"""Farrington 1996: quasi-Poisson regression on the same weeks of past years.

Owns the options of the original method, kept for comparison; `farrington_flexible` is its successor.
"""

from __future__ import annotations

import numpy as np

from tongzhou.epi.detect.baselines import require_spacing
from tongzhou.epi.detect.detection import (
    Detection,
    check_limit54,
    choose_option,
    code_alarms,
    describe,
    read_counts,
    read_range,
    require_share,
    require_whole,
    undefined_like,
)
from tongzhou.epi.detect.farrington_bounds import EXPONENTS, has_enough_cases, transformed_bounds
from tongzhou.epi.detect.farrington_flexible import fit_sets, read_offset
from tongzhou.epi.detect.reference_sets import classic_sets

REFERENCE = "Farrington, Andrews, Beale and Catchpole (1996), JRSS A 159: 547-563."
PTHRESHOLD_TREND = 0.05
WEIGHT_THRESHOLD = 1.0


def farrington(
    counts: object,
    *,
    freq: int = 52,
    b: int = 5,
    w: int = 3,
    reweight: bool = True,
    trend: bool = True,
    power_transform: str = "2/3",
    alpha: float | None = None,
    limit54: tuple[float, int] = (5, 4),
    population: object = None,
    range: object = None,
    dates: object = None,
) -> Detection:
    """Flag counts above the upper bound of a quasi-Poisson regression on the same weeks of past years.

    Parameters
    ----------
    counts : one series or many
    freq : int — time steps a year
    b : int, years — how far back
    w : int, time steps — half width of the window around the same week
    reweight : bool — down-weight references whose Anscombe residual exceeds 1
    trend : bool — try a linear trend; it stays when significant at 5 %, `b` is 3 or more, and the prediction does not
        exceed every reference count
    power_transform : {"2/3", "1/2", "none"}
    alpha : float — two-sided level of the interval; None is 0.05
    limit54 : (cases, time steps) — no alarm with fewer cases in the last time steps
    population : array of shape (T,) or (S, T), optional — an offset
    range : time points to monitor, 1-based — None starts at ``freq b - w``; reference weeks before the series are
        left out
    dates : sequence of T dates, optional — reference weeks are then calendar years back

    Returns
    -------
    Detection
        `upper` is 0 where `limit54` is not met, as the peer has it. Details: ``phi, trend, p_value``.

    Raises
    ------
    InputError
        ``series.*``, ``detect.option``, ``detect.range``, ``detect.freq``

    References
    ----------
    Farrington et al. (1996); as ``surveillance::algo.farrington`` with the fast fit.
    """
    choose_option("power_transform", power_transform, EXPONENTS)
    require_whole(1, b=b, freq=freq)
    require_whole(0, w=w)
    check_limit54(limit54)
    level = require_share("alpha", 0.05 if alpha is None else alpha)
    matrix = read_counts(counts, dates)
    if matrix.dates is not None:
        require_spacing(matrix.dates, freq)
    points = read_range(range, matrix.n_times, max(freq * b - w, limit54[1]))
    sets = classic_sets(points, matrix.dates, b=b, w=w, freq=freq)
    cut = WEIGHT_THRESHOLD if reweight else -1.0
    fit = fit_sets(
        matrix, sets, read_offset(population, matrix), (trend, b >= 3, cut, True), PTHRESHOLD_TREND
    )
    at = sets.points - 1
    bounds = transformed_bounds(fit, matrix.values[:, at], level / 2, power_transform)
    is_enough = has_enough_cases(matrix.values, limit54)[:, at]
    is_fitted = ~np.isnan(bounds.upper)
    expected, upper, phi, slope, p_value = (undefined_like(matrix) for _ in "eupst")
    expected[:, at] = fit.mu
    upper[:, at] = np.where(is_enough | ~is_fitted, bounds.upper, 0.0)
    phi[:, at], slope[:, at], p_value[:, at] = fit.phi, fit.trend, bounds.p_value
    alarm = np.full(matrix.values.shape, -1, dtype=np.int8)
    alarm[:, at] = code_alarms(is_enough & (bounds.score > 1), is_fitted)
    options = {"freq": freq, "b": b, "w": w, "reweight": reweight, "trend": trend, "alpha": level}
    return Detection(
        matrix=matrix,
        expected=expected,
        upper=upper,
        alarm=alarm,
        details={"phi": phi, "trend": slope, "p_value": p_value},
        provenance=describe("Farrington", matrix, options | {"power_transform": power_transform}, REFERENCE),
    )
