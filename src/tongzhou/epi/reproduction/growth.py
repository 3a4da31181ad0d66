"""Growth rate and doubling time in sliding windows, and the bridge between growth rate and R.

Owns quasi-Poisson log-linear regression on short windows. Knows no delay.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

from tongzhou.core.errors import InputError
from tongzhou.core.estimates import Provenance, digest_arrays
from tongzhou.epi.delays.delay import Delay, as_pmf
from tongzhou.epi.reproduction.estimate import DEFAULT_QUANTILES, WindowEstimate
from tongzhou.epi.reproduction.windows import choose_windows
from tongzhou.epi.series import as_series_matrix

Floats = npt.NDArray[np.float64]
MIN_WINDOW = 3
MAX_STEPS = 50


def growth_rate(
    incidence: object,
    *,
    window: int = 14,
    dates: object = None,
    quantiles: Sequence[float] = DEFAULT_QUANTILES,
) -> WindowEstimate:
    """Estimate the exponential growth rate per day in sliding windows by quasi-Poisson regression.

    Parameters
    ----------
    incidence : cases per day, one series or many (see `series.as_series_matrix`)
    window : int >= 3, days
    dates : sequence of T dates, optional
    quantiles : probabilities of the t distribution with window - 2 degrees of freedom around the estimate

    Returns
    -------
    WindowEstimate
        With ``doubling_time, doubling_low, doubling_high``, days; negative halves; null without growth, null bounds
        where the interval of the growth rate holds 0. Null for windows with cases on fewer than two days.

    Raises
    ------
    InputError
        ``series.*``, ``windows.length``

    Notes
    -----
    The variance is inflated by Pearson's dispersion, never deflated below Poisson.

    References
    ----------
    McCullagh & Nelder 1989, chapter 6; Park et al. 2020, J R Soc Interface 17:20200144.

    Examples
    --------
    >>> growth_rate([1, 2, 4, 8, 16], window=5).to_frame()["doubling_time"].round(3).to_list()
    [1.0]
    """
    if window < MIN_WINDOW:
        raise InputError(
            "windows.length", f"A window of {window} days cannot show growth.", "Use 3 days or more."
        )
    series = as_series_matrix(incidence, name="incidence", dates=dates)
    windows = choose_windows(window, series.n_times, first=1)
    counts = np.lib.stride_tricks.sliding_window_view(np.nan_to_num(series.values), window, axis=1)
    rate, error = _fit_log_linear(counts)
    rate[~series.is_good] = np.nan
    error[~series.is_good] = np.nan
    law = stats.t(window - 2)
    at = {p: rate + law.ppf(p) * error for p in quantiles}
    low, high = at[min(quantiles)], at[max(quantiles)]
    is_clear = low * high > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        extra = {
            "doubling_time": np.where(rate == 0, np.nan, np.log(2) / rate),
            "doubling_low": np.where(is_clear, np.log(2) / high, np.nan),
            "doubling_high": np.where(is_clear, np.log(2) / low, np.nan),
        }
    return WindowEstimate(
        series=series,
        windows=windows,
        mean=rate,
        std=error,
        quantiles=at,
        extra=extra,
        label=("growth rate per day", "日增长率"),
        reference=0.0,
        provenance=Provenance(
            "reproduction.growth_rate", {"window": window}, digest_arrays(series.values), "quasi-Poisson"
        ),
    )


def _fit_log_linear(counts: Floats) -> tuple[Floats, Floats]:
    """Newton for log mu = a + r t on the last axis; slope and its standard error without that axis."""
    n = counts.shape[-1]
    t = np.arange(n) - (n - 1) / 2
    usable = (counts > 0).sum(axis=-1) >= 2
    logs = np.log(counts + 0.5)
    slope = (logs * t).sum(axis=-1) / (t**2).sum()
    level = logs.mean(axis=-1)
    for _ in range(MAX_STEPS):
        mu = np.exp(np.clip(level[..., None] + slope[..., None] * t, -50, 50))
        s0, s1, s2 = mu.sum(axis=-1), (mu * t).sum(axis=-1), (mu * t**2).sum(axis=-1)
        g0, g1 = (counts - mu).sum(axis=-1), ((counts - mu) * t).sum(axis=-1)
        determinant = np.maximum(s0 * s2 - s1**2, 1e-300)
        step = np.clip((s0 * g1 - s1 * g0) / determinant, -1, 1)
        level += np.clip((s2 * g0 - s1 * g1) / determinant, -2, 2)
        slope += step
        if np.abs(step[usable]).max(initial=0) < 1e-10:
            break
    mu = np.exp(np.clip(level[..., None] + slope[..., None] * t, -50, 50))
    s0, s1, s2 = mu.sum(axis=-1), (mu * t).sum(axis=-1), (mu * t**2).sum(axis=-1)
    dispersion = np.maximum(((counts - mu) ** 2 / mu).sum(axis=-1) / (n - 2), 1.0)
    error = np.sqrt(dispersion * s0 / np.maximum(s0 * s2 - s1**2, 1e-300))
    return np.where(usable, slope, np.nan), np.where(usable, error, np.nan)


def growth_to_r(growth: npt.ArrayLike, si: npt.ArrayLike | Delay) -> Floats:
    """Return the reproduction number of exponential growth at `growth` per day: 1 / sum_k w_k exp(-r k).

    References
    ----------
    Wallinga & Lipsitch 2007, Proc R Soc B 274:599, equation 2.7.

    >>> float(growth_to_r(0.0, [0, 0.5, 0.5]))
    1.0
    """
    pmf = as_pmf(si, name="serial interval")
    rates = np.asarray(growth, dtype=np.float64)
    return 1 / (np.exp(-rates[..., None] * np.arange(pmf.size)) @ pmf)


def r_to_growth(r: float, si: npt.ArrayLike | Delay) -> float:
    """Return the growth rate per day at which a reproduction number `r` > 0 makes cases grow.

    >>> round(r_to_growth(2.0, [0, 1.0]), 6)
    0.693147
    """
    if not r > 0:
        raise InputError(
            "growth.r", f"A reproduction number of {r} has no growth rate.", "Give a number above 0."
        )
    pmf = as_pmf(si, name="serial interval")
    return float(optimize.brentq(lambda rate: float(growth_to_r(rate, pmf)) - r, -20.0, 20.0, xtol=1e-13))
