"""The Bayes systems: a predictive negative binomial bound from the same weeks of past years.

Owns the bound of a Poisson mean with Jeffreys' prior. Never fits a trend.
"""

from __future__ import annotations

import numpy as np

from tongzhou.epi.detect.detection import (
    WHOLE_COUNTS,
    Detection,
    choose_option,
    code_alarms,
    describe,
    read_counts,
    require_share,
    undefined_like,
)
from tongzhou.epi.detect.quantiles import nbinom_quantile, nbinom_tail
from tongzhou.epi.detect.rki import read_baseline

REFERENCE = (
    "Riebler (2004), diploma thesis, University of Munich; Hoehle (2007), Computational Statistics 22."
)
PRESETS = {
    "bayes1": (0, 6, True),
    "bayes2": (1, 6, True),
    "bayes3": (2, 4, False),
}
"""Years back, half width in weeks, whether the weeks just before count."""


def bayes(
    counts: object,
    method: str = "bayes1",
    *,
    b: int | None = None,
    w: int | None = None,
    act_y: bool | None = None,
    alpha: float | None = None,
    freq: int = 52,
    range: object = None,
    dates: object = None,
) -> Detection:
    """Flag counts above the (1 - alpha) quantile of the predictive distribution.

    Parameters
    ----------
    counts : whole numbers, one series or many
    method : {"bayes1", "bayes2", "bayes3"} — presets of `b`, `w`, `act_y`, which override it
    b : int, years — how far back
    w : int, time steps — half width around the same week
    act_y : bool — use the `w` steps just before as well
    alpha : float — one-sided level; None is 0.05
    freq : int — time steps a year
    range : time points to monitor, 1-based
    dates : sequence of T dates, optional

    Returns
    -------
    Detection
        `upper` is whole; an alarm is a count above it.

    Raises
    ------
    InputError
        ``series.*``, ``detect.option``, ``detect.range``

    References
    ----------
    Riebler (2004); as ``surveillance::algo.bayes``.
    """
    preset = PRESETS[choose_option("method", method, PRESETS)]
    b, w = preset[0] if b is None else b, preset[1] if w is None else w
    act_y = preset[2] if act_y is None else act_y
    level = require_share("alpha", 0.05 if alpha is None else alpha)
    matrix = read_counts(counts, dates, WHOLE_COUNTS)
    points, baseline = read_baseline(matrix, range, b=b, w=w, act_y=act_y, freq=freq)
    expected, upper, p_value = (undefined_like(matrix) for _ in "eup")
    if points.size:
        n_references = baseline.shape[2]
        size = baseline.sum(axis=2) + 0.5
        success = np.full_like(size, n_references / (n_references + 1))
        at = points - 1
        expected[:, at] = size / n_references
        upper[:, at] = nbinom_quantile(1 - level, size, success)
        p_value[:, at] = nbinom_tail(matrix.values[:, at], size, success)
    options = {"method": method, "b": b, "w": w, "act_y": act_y, "alpha": level, "freq": freq}
    return Detection(
        matrix=matrix,
        expected=expected,
        upper=upper,
        alarm=code_alarms(matrix.values > upper, ~np.isnan(upper)),
        details={"p_value": p_value},
        provenance=describe("Bayes", matrix, options, REFERENCE),
    )
