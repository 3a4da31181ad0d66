"""EARS C1, C2 and C3: short moving baselines for series without history.

Owns the three bounds. Never uses counts of earlier years.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.special import ndtr, ndtri

from tongzhou.epi.detect.detection import (
    COUNTS,
    Detection,
    choose_option,
    code_alarms,
    describe,
    read_counts,
    read_range,
    require_at_least,
    require_share,
    require_whole,
)
from tongzhou.epi.series import FloatMatrix

REFERENCE = "Fricker, Hegler and Dunfee (2008), Statistics in Medicine 27: 3407-3429."
DEFAULT_ALPHA = {"C1": 0.001, "C2": 0.001, "C3": 0.025}
LAGS = {"C1": 0, "C2": 2, "C3": 4}


def ears(
    counts: object,
    method: str = "C1",
    baseline: int = 7,
    alpha: float | None = None,
    *,
    min_sigma: float = 0.0,
    range: object = None,
    dates: object = None,
) -> Detection:
    """Flag counts above mean + z sd of the last `baseline` time steps.

    Parameters
    ----------
    counts : one series or many, see `tongzhou.epi.series.as_series_matrix`
    method : {"C1", "C2", "C3"} — C2 leaves out the last two steps; C3 adds the C2 excess of the last two
    baseline : int, time steps — at least 3
    alpha : float — one-sided level; None is 0.001, for C3 0.025
    min_sigma : float, counts — lowest standard deviation used
    range : time points to monitor, 1-based — None is every point with a full baseline
    dates : sequence of T dates, optional

    Returns
    -------
    Detection
        `expected` is the baseline mean; details hold ``sigma`` and ``p_value``.

    Raises
    ------
    InputError
        ``series.*`` for bad counts, ``detect.option``, ``detect.range``

    Notes
    -----
    C3 has no answer after a constant baseline with an unchanged count (0/0): `upper` and `alarm` are null there.
    `min_sigma` avoids it.

    References
    ----------
    Fricker, Hegler and Dunfee (2008); the bounds are those of ``surveillance::earsC``.

    Examples
    --------
    >>> found = ears([3, 2, 4, 3, 3, 2, 3, 9])
    >>> found.to_frame()["alarm"].to_list()[-2:]
    [None, True]
    """
    choose_option("method", method, LAGS)
    require_whole(3, baseline=baseline)
    require_at_least("min_sigma", min_sigma, 0)
    level = require_share("alpha", DEFAULT_ALPHA[method] if alpha is None else alpha)
    matrix = read_counts(counts, dates, COUNTS)
    first = baseline + LAGS[method] + 1
    points = read_range(range, matrix.n_times, first)
    is_monitored = np.zeros(matrix.n_times, dtype=np.bool_)
    is_monitored[points[points >= first] - 1] = True

    mean, sigma = _moving_moments(matrix.values, baseline, lag=1 if method == "C1" else 3)
    sigma = np.maximum(sigma, min_sigma)
    with np.errstate(invalid="ignore", divide="ignore"):
        score = (matrix.values - mean) / sigma
        if method == "C3":
            excess = np.fmax(score - 1, 0)
            excess[np.isnan(score)] = np.nan
            carried = np.full_like(excess, np.nan)
            carried[:, 2:] = excess[:, :-2] + excess[:, 1:-1]
            upper = np.maximum(matrix.values + sigma * (ndtri(1 - level) - carried), 0)
            score = score + carried
        else:
            upper = mean + ndtri(1 - level) * sigma
    upper = np.where(is_monitored, upper, np.nan)
    options = {"method": method, "baseline": baseline, "alpha": level, "min_sigma": min_sigma}
    return Detection(
        matrix=matrix,
        expected=np.where(is_monitored, mean, np.nan),
        upper=upper,
        alarm=code_alarms(matrix.values > upper, ~np.isnan(upper)),
        details={"sigma": sigma, "p_value": np.where(is_monitored, ndtr(-score), np.nan)},
        provenance=describe(f"EARS {method}", matrix, options, REFERENCE),
    )


def _moving_moments(values: FloatMatrix, baseline: int, lag: int) -> tuple[FloatMatrix, FloatMatrix]:
    """Return mean and sample sd of the `baseline` steps that end `lag` steps before each time point."""
    mean, sigma = np.full_like(values, np.nan), np.full_like(values, np.nan)
    n_used = values.shape[1] - baseline - lag + 1
    if n_used > 0:
        windows = sliding_window_view(values, baseline, axis=1)[:, :n_used]
        mean[:, baseline + lag - 1 :] = windows.mean(axis=2)
        sigma[:, baseline + lag - 1 :] = windows.std(axis=2, ddof=1)
    return mean, sigma
