"""The instantaneous reproduction number after Cori: gamma posterior of R in sliding windows.

Owns `estimate_rt` and the overall infectivity, with known, sampled and uncertain serial intervals and
imported cases. Never corrects for reporting delay; `smooth` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from tongzhou.core.errors import InputError, list_offenders
from tongzhou.core.estimates import Provenance, digest_arrays
from tongzhou.epi.delays.convolution import delay_matrix
from tongzhou.epi.delays.delay import Delay
from tongzhou.epi.reproduction.estimate import DEFAULT_QUANTILES, WindowEstimate
from tongzhou.epi.reproduction.mixtures import mixture_moments, mixture_quantile
from tongzhou.epi.reproduction.serial import (
    SerialInterval,
    UncertainSerialInterval,
    draw_serial_intervals,
    require_days_of,
)
from tongzhou.epi.reproduction.windows import WindowChoice, Windows, choose_windows
from tongzhou.epi.series import SeriesMatrix, SeriesRules, as_series_matrix

Floats = npt.NDArray[np.float64]
REFERENCE = "Cori et al. 2013, Am J Epidemiol 178:1505"


@dataclass(frozen=True, slots=True)
class _Counts:
    total: Floats
    local: Floats


def estimate_rt(
    incidence: object,
    si: SerialInterval,
    *,
    window: WindowChoice = 7,
    prior_mean: float = 5.0,
    prior_std: float = 5.0,
    imported: object = None,
    dates: object = None,
    quantiles: Sequence[float] = DEFAULT_QUANTILES,
) -> WindowEstimate:
    """Estimate the instantaneous reproduction number in sliding windows.

    Parameters
    ----------
    incidence : cases per day, one series (T,) or many (S, T), or a frame (see `series.as_series_matrix`)
    si : the serial interval: probabilities from lag 0 (lag 0 must be 0); a `Delay`; a `DelayFit` with
        its uncertainty; draws, shape (n_lags, n_draws); or an `UncertainSerialInterval`
    window : int, days — or (starts, ends), 1-based inclusive days from 2 on
    prior_mean, prior_std : float > 0 — of the gamma prior of R
    imported : cases per day infected elsewhere, same shape as `incidence`, of which they are a part
    dates : sequence of T dates, optional
    quantiles : probabilities of the posterior to give

    Returns
    -------
    WindowEstimate
        ``.to_frame()`` has ``t_start, t_end, mean, std, q025, median, q975``; null while the window ends
        before the mean serial interval has passed.

    Raises
    ------
    InputError
        ``series.*`` bad counts, ``windows.*``, ``delay.*``, ``rt.imported``, ``rt.prior``

    Notes
    -----
    All cases of the first day count as imported. With draws of the serial interval the posterior is the exact
    equal-weight mixture of gamma distributions, so there is no Monte Carlo error.

    References
    ----------
    Cori et al. 2013, Am J Epidemiol 178:1505; Thompson et al. 2019, Epidemics 29:100356 (imported cases,
    uncertain serial interval).

    Examples
    --------
    >>> rt = estimate_rt([1, 2, 4, 8, 16, 32, 64, 128, 256], [0, 1.0], window=3)
    >>> rt.to_frame()["mean"].round(2).to_list()
    [2.08, 2.04, 2.02, 2.01, 2.01, 2.0]
    """
    if not (prior_mean > 0 and prior_std > 0):
        raise InputError(
            "rt.prior", f"Prior mean {prior_mean} and std {prior_std} must be above 0.", "Use 5 and 5."
        )
    series = as_series_matrix(incidence, name="incidence", dates=dates)
    require_days_of(series, si)
    windows = choose_windows(window, series.n_times)
    counts = _split_imported(series, imported)
    shape = (prior_mean / prior_std) ** 2 + windows.total(counts.local)
    prior_rate = prior_mean / prior_std**2
    draws = draw_serial_intervals(si, series.n_times)
    if draws.pmfs.shape[1] == 1:
        mean, std, at = _one_interval(counts, windows, shape, prior_rate, draws.pmfs[:, 0], quantiles)
    else:
        rows = [
            _many_intervals(
                counts.total[row : row + 1], windows, shape[row], prior_rate, draws.pmfs, quantiles
            )
            for row in range(series.n_series)
        ]
        mean = np.stack([row[0] for row in rows])
        std = np.stack([row[1] for row in rows])
        at = {p: np.stack([row[2][p] for row in rows]) for p in quantiles}
    bad = ~series.is_good
    for values in (mean, std, *at.values()):
        values[bad] = np.nan
    options = {"prior_mean": prior_mean, "prior_std": prior_std, "serial_interval": draws.label}
    return WindowEstimate(
        series=series,
        windows=windows,
        mean=mean,
        std=std,
        quantiles=at,
        label=("reproduction number", "再生数"),
        provenance=Provenance(
            "reproduction.estimate_rt",
            options,
            digest_arrays(counts.total, counts.local, draws.pmfs),
            REFERENCE,
        ),
    )


def overall_infectivity(incidence: object, si: npt.ArrayLike | Delay, *, dates: object = None) -> Floats:
    """Return the infectivity of all earlier cases per day, shape (T,) or (S, T); NaN on the first day.

    References
    ----------
    Cori et al. 2013, equation 1.
    """
    series = as_series_matrix(incidence, name="incidence", dates=dates)
    require_days_of(series, si)
    pmf = draw_serial_intervals(si, series.n_times).pmfs[:, 0]
    infectivity = _infectivity(np.nan_to_num(series.values), pmf)
    infectivity[:, 0] = np.nan
    infectivity[~series.is_good] = np.nan
    return infectivity[0] if series.was_single else infectivity


def _infectivity(total: Floats, pmf: Floats) -> Floats:
    return total @ delay_matrix(pmf, total.shape[1]).T


def _split_imported(series: SeriesMatrix, imported: object) -> _Counts:
    total = np.nan_to_num(series.values)
    local = total.copy()
    if imported is not None:
        rules = SeriesRules(allow_all_zero=True)
        elsewhere = as_series_matrix(imported, name="imported", rules=rules)
        if elsewhere.values.shape != total.shape:
            raise InputError(
                "rt.imported",
                f"imported has shape {elsewhere.values.shape}, incidence {total.shape}.",
                "Give one number of imported cases per number of cases.",
            )
        where = np.argwhere(series.is_good[:, None] & ~(elsewhere.values <= total))
        if where.size:
            rows = list_offenders([f"{series.names[s]} day {t + 1}" for s, t in where])
            raise InputError(
                "rt.imported",
                f"imported exceeds incidence or is missing at {rows}.",
                "Imported is a part of it.",
            )
        local = total - np.nan_to_num(elsewhere.values)
    local[:, 0] = 0.0
    return _Counts(total, local)


_Summary = tuple[Floats, Floats, dict[float, Floats]]


def _one_interval(
    counts: _Counts,
    windows: Windows,
    shape: Floats,
    prior_rate: float,
    pmf: Floats,
    quantiles: Sequence[float],
) -> _Summary:
    rate = prior_rate + windows.total(_infectivity(counts.total, pmf))
    too_early = windows.end <= np.arange(pmf.size) @ pmf
    scale = np.where(too_early[None, :], np.nan, 1 / rate)
    distinct, back = np.unique(shape, return_inverse=True)
    back = back.reshape(shape.shape)
    at = {p: special.gammaincinv(distinct, p)[back] * scale for p in quantiles}
    return shape * scale, np.sqrt(shape) * scale, at


def _many_intervals(
    total: Floats,
    windows: Windows,
    shape: Floats,
    prior_rate: float,
    pmfs: Floats,
    quantiles: Sequence[float],
) -> _Summary:
    n_times = total.shape[1]
    padded = np.zeros((n_times, pmfs.shape[1]))
    used = min(n_times, pmfs.shape[0])
    padded[:used] = pmfs[:used]
    infectivity = delay_matrix(total[0], n_times) @ padded
    rate = prior_rate + windows.total(infectivity.T).T
    means = np.arange(pmfs.shape[0]) @ pmfs
    rate = np.where(windows.end[:, None] > means[None, :], rate, np.nan)
    mean, std = mixture_moments(shape, rate)
    return mean, std, {p: mixture_quantile(p, shape, rate) for p in quantiles}


__all__ = ["UncertainSerialInterval", "estimate_rt", "overall_infectivity"]
