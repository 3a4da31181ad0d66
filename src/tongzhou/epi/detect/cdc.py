"""The CDC method: the last four weeks against the same months of past years.

Owns the normal prediction bound of four-week sums. Never looks at single weeks.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from tongzhou.epi.detect.baselines import same_months
from tongzhou.epi.detect.detection import (
    Detection,
    code_alarms,
    describe,
    read_counts,
    read_range,
    require_share,
    require_whole,
    undefined_like,
)

REFERENCE = "Stroup, Williamson, Herndon and Karon (1989), Statistics in Medicine 8: 323-329."


def cdc(
    counts: object,
    *,
    b: int = 5,
    m: int = 1,
    alpha: float | None = None,
    freq: int = 52,
    range: object = None,
    dates: object = None,
) -> Detection:
    """Flag four-week sums above the prediction bound of past four-week sums.

    Parameters
    ----------
    counts : weekly counts, one series or many
    b : int, years — how far back
    m : int, blocks of four weeks on either side
    alpha : float — two-sided level of the bound; None is 0.025
    freq : int — time steps a year
    range : time points to monitor, 1-based
    dates : sequence of T dates, optional

    Returns
    -------
    Detection
        `upper` and `expected` are four-week sums: compare them with the detail ``aggregate``, not with `observed`.
        `upper` and `alarm` are null where the past is a single block (``b=1, m=0``), which has no spread.

    Raises
    ------
    InputError
        ``series.*``, ``detect.option``, ``detect.range``

    References
    ----------
    Stroup et al. (1989); the interval of Farrington and Andrews (2004); as ``surveillance::algo.cdc``.
    """
    require_whole(1, b=b, freq=freq)
    require_whole(0, m=m)
    level = require_share("alpha", 0.025 if alpha is None else alpha)
    matrix = read_counts(counts, dates)
    first = b * freq + 4 * m + 4
    points = read_range(range, matrix.n_times, first)
    points = points[points >= first]
    expected, upper, aggregate, p_value = (undefined_like(matrix) for _ in "euap")
    if points.size:
        blocks = matrix.values[:, same_months(points, b=b, m=m, freq=freq) - 1].sum(axis=3)
        n_blocks = blocks.shape[2]
        mean = blocks.mean(axis=2)
        sd = blocks.std(axis=2, ddof=1) if n_blocks > 1 else np.full(mean.shape, np.nan)
        spread = sd * np.sqrt(1 + 1 / n_blocks)
        now = matrix.values[:, points[:, None] - 1 - np.arange(4)].sum(axis=2)
        at = points - 1
        expected[:, at], aggregate[:, at] = mean, now
        upper[:, at] = mean + ndtri(1 - level / 2) * spread
        with np.errstate(invalid="ignore", divide="ignore"):
            p_value[:, at] = ndtr(-(now - mean) / spread)
    return Detection(
        matrix=matrix,
        expected=expected,
        upper=upper,
        alarm=code_alarms(aggregate > upper, ~np.isnan(upper)),
        details={"aggregate": aggregate, "p_value": p_value},
        monitored=aggregate,
        provenance=describe("CDC", matrix, {"b": b, "m": m, "alpha": level, "freq": freq}, REFERENCE),
    )
