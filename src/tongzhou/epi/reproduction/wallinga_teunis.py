"""The case reproduction number after Wallinga and Teunis: who probably infected how many, by onset day.

Owns `case_reproduction` with exact intervals: the offspring of a group of cases is a sum of independent
trials, so its law is computed and not simulated.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import special

from tongzhou.core.estimates import Provenance, digest_arrays
from tongzhou.epi.delays.convolution import delay_matrix
from tongzhou.epi.delays.delay import Delay
from tongzhou.epi.reproduction.estimate import DEFAULT_QUANTILES, WindowEstimate
from tongzhou.epi.reproduction.serial import draw_serial_intervals, require_days_of
from tongzhou.epi.reproduction.windows import WindowChoice, Windows, choose_windows
from tongzhou.epi.series import SeriesRules, as_series_matrix

Floats = npt.NDArray[np.float64]
EXACT_UP_TO_VARIANCE = 100.0


def case_reproduction(
    incidence: object,
    si: npt.ArrayLike | Delay,
    *,
    window: WindowChoice = 1,
    correct_truncation: bool = False,
    dates: object = None,
    quantiles: Sequence[float] = DEFAULT_QUANTILES,
) -> WindowEstimate:
    """Estimate the mean number of people infected by the cases of each onset day.

    Parameters
    ----------
    incidence : whole numbers of cases per onset day, one series or many (see `series.as_series_matrix`)
    si : probabilities from lag 0 (lag 0 must be 0), or a `Delay`
    window : int, days — 1 gives every onset day; longer ones start on day 2 as in EpiEstim; or (starts, ends)
    correct_truncation : bool — divide by the share of infectees whose onset can be seen by the last day
        (Cauchemez et al. 2006); the last days of an open epidemic are too low without
    dates : sequence of T dates, optional
    quantiles : probabilities of the law of the mean offspring number, given the cases and `si`

    Returns
    -------
    WindowEstimate
        Null for windows without a case.

    Raises
    ------
    InputError
        ``series.*``, ``windows.*``, ``delay.*``

    Notes
    -----
    Each case of day i was infected by the cases of day j with probability w(i - j) I_j / sum_k w(i - k) I_k,
    independently of the others. The interval covers who infected whom, not the serial interval.

    References
    ----------
    Wallinga & Teunis 2004, Am J Epidemiol 160:509; Cauchemez et al. 2006, Emerg Infect Dis 12:110.

    Examples
    --------
    >>> case_reproduction([1, 2, 4, 8], [0, 1.0]).mean.tolist()
    [[2.0, 2.0, 2.0, 0.0]]
    """
    series = as_series_matrix(incidence, name="incidence", dates=dates, rules=SeriesRules(whole=True))
    require_days_of(series, si)
    is_daily = not isinstance(window, tuple | list) and window == 1
    windows = choose_windows(window, series.n_times, first=1 if is_daily else 2)
    pmf = draw_serial_intervals(si, series.n_times).pmfs[:, 0]
    weights = delay_matrix(pmf, series.n_times)
    seen = np.cumsum(np.pad(pmf, (0, series.n_times)))[: series.n_times][::-1]
    reach = np.maximum(seen, 1e-12) if correct_truncation else np.ones(series.n_times)
    mean, std = np.full((2, series.n_series, windows.start.size), np.nan)
    at = {p: np.full(mean.shape, np.nan) for p in quantiles}
    for row in np.flatnonzero(series.is_good):
        summary = _summarise(series.values[row], weights, windows, reach, tuple(quantiles))
        mean[row], std[row] = summary[0], summary[1]
        for p, values in zip(quantiles, summary[2], strict=True):
            at[p][row] = values
    return WindowEstimate(
        series=series,
        windows=windows,
        mean=mean,
        std=std,
        quantiles=at,
        label=("case reproduction number", "病例再生数"),
        provenance=Provenance(
            "reproduction.case_reproduction",
            {"correct_truncation": correct_truncation},
            digest_arrays(series.values, pmf),
            "Wallinga & Teunis 2004",
        ),
    )


def _summarise(
    cases: Floats, weights: Floats, windows: Windows, reach: Floats, quantiles: tuple[float, ...]
) -> tuple[Floats, Floats, Floats]:
    by_infector = weights * cases
    pressure = by_infector.sum(axis=1, keepdims=True)
    by_infector = np.divide(by_infector, pressure, out=np.zeros_like(by_infector), where=pressure > 0)
    share = windows.total(by_infector).T
    n_infectors = windows.total(cases[None])[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = 1 / (windows.total((cases * reach)[None])[0])
        scale[n_infectors == 0] = np.nan
    offspring = share @ cases
    variance = (share * (1 - share)) @ cases
    levels = np.asarray(quantiles)
    values = _normal_quantiles(share, cases, offspring, variance, levels)
    exact = np.flatnonzero((variance <= EXACT_UP_TO_VARIANCE) & (n_infectors > 0))
    values[:, exact] = _exact_quantiles(share[exact], cases, offspring[exact], variance[exact], levels)
    return offspring * scale, np.sqrt(np.maximum(variance, 0)) * scale, values * scale


def _normal_quantiles(share: Floats, cases: Floats, mean: Floats, variance: Floats, levels: Floats) -> Floats:
    """Cornish-Fisher to the third cumulant, shape (len(levels), W)."""
    third = (share * (1 - share) * (1 - 2 * share)) @ cases
    z = special.ndtri(levels)[:, None]
    sd = np.sqrt(np.maximum(variance, 0))
    skewness = np.divide(third, sd**3, out=np.zeros_like(sd), where=sd > 0)
    return np.maximum(mean + sd * (z + (z**2 - 1) * skewness / 6), 0.0)


@njit(cache=True, nogil=True)
def _exact_quantiles(share, cases, mean, variance, levels):  # type: ignore[no-untyped-def]
    """Quantiles of sums of binomials by the inverse Fourier transform of their characteristic function.

    share : (W, T) trial probability per window and day of onset; cases : (T,) trials
    """
    n_windows, n_times = share.shape
    result = np.empty((levels.size, n_windows))
    for w in range(n_windows):
        half = 8.0 * np.sqrt(variance[w]) + 6.0
        first = max(0, int(np.floor(mean[w] - half)))
        size = int(np.ceil(mean[w] + half)) - first + 1
        transform = np.zeros(size, dtype=np.complex128)
        for k in range(size):
            angle = 2 * np.pi * k / size
            turn = complex(np.cos(angle), np.sin(angle))
            log_value = complex(0.0, -angle * first)
            for t in range(n_times):
                p = share[w, t]
                if p > 0 and cases[t] > 0:
                    factor = 1 - p + p * turn
                    if abs(factor) < 1e-300:
                        log_value = complex(-1e9, 0.0)
                        break
                    log_value += cases[t] * np.log(factor)
            transform[k] = np.exp(log_value) if log_value.real > -700 else 0.0
        _invert(transform, first, levels, result[:, w])
    return result


@njit(cache=True, nogil=True)
def _invert(transform, first, levels, result):  # type: ignore[no-untyped-def]
    size = transform.size
    cumulative = 0.0
    found = 0
    for n in range(size):
        mass = 0.0
        for k in range(size):
            angle = -2 * np.pi * ((k * n) % size) / size
            mass += transform[k].real * np.cos(angle) - transform[k].imag * np.sin(angle)
        cumulative += max(mass / size, 0.0)
        for q in range(levels.size):
            if cumulative - max(mass / size, 0.0) < levels[q] - 1e-12 <= cumulative:
                result[q] = first + n
                found += 1
    if found < levels.size:
        for q in range(levels.size):
            if levels[q] - 1e-12 > cumulative:
                result[q] = first + size - 1
