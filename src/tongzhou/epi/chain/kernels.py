"""The loops of the chain over pairs of cases. Arrays in, arrays out; nothing else."""

from __future__ import annotations

import numba as nb
import numpy as np
import numpy.typing as npt

Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Tables = tuple[Floats, int, Floats, int]
"""serial, first lag, within, first day of the profile."""
Windows = tuple[Int64s, Int64s, Int64s, Int64s]
"""onset, exposed_from, exposed_until, isolated_on."""


@nb.njit(cache=True, nogil=True)
def share_within(within: Floats, profile_first: int, lag: int, low: int, high: int) -> float:
    """Return the probability that an infection with a lag (row) fell on days low..high after the infector's
    onset."""
    last = within.shape[1] - 1
    a = min(max(low - profile_first, 0), last)
    b = min(max(high - profile_first + 1, 0), last)
    return within[lag, b] - within[lag, a] if b > a else 0.0


@nb.njit(cache=True, nogil=True)
def days_after(day: int, onset: int) -> int:
    """Return day - onset, with open ends far away on their side."""
    far = 1_000_000
    if day > 4_000_000_000:
        return far
    if day < -4_000_000_000:
        return -far
    return day - onset


@nb.njit(cache=True, nogil=True)
def weigh_pair(tables: Tables, windows: Windows, i: int, j: int, met_from: int, met_until: int) -> float:
    """Return the likelihood of j's onset and windows when i infected j on days met_from..met_until."""
    serial, first, within, profile_first = tables
    onset, exposed_from, exposed_until, isolated_on = windows
    lag = onset[j] - onset[i] - first
    if lag < 0 or lag >= serial.size:
        return 0.0
    if within.size == 0:
        return serial[lag]
    low = max(days_after(exposed_from[j], onset[i]), days_after(met_from, onset[i]))
    high = min(days_after(exposed_until[j], onset[i]), days_after(met_until, onset[i]))
    high = min(high, days_after(isolated_on[i], onset[i]))
    if low <= -900_000 and high >= 900_000:
        return serial[lag]
    return serial[lag] * share_within(within, profile_first, lag, low, high)


@nb.njit(cache=True, nogil=True)
def fill_lags(tables: Tables, windows: Windows, j: int, by_lag: Floats) -> None:
    """Write the likelihood of j's onset and window by lag, shape (L,), for infectors who were not isolated."""
    serial, first, within, profile_first = tables
    onset, exposed_from, exposed_until, _ = windows
    for lag in range(serial.size):
        by_lag[lag] = serial[lag]
        if within.size > 0 and (
            abs(exposed_from[j]) < 4_000_000_000 or abs(exposed_until[j]) < 4_000_000_000
        ):
            ill = onset[j] - first - lag
            low, high = days_after(exposed_from[j], ill), days_after(exposed_until[j], ill)
            by_lag[lag] *= share_within(within, profile_first, lag, low, high)


@nb.njit(cache=True, nogil=True)
def sum_candidates(tables: Tables, windows: Windows, order: Int64s, ranges: Int64s, out: Floats) -> None:
    """Sum the likelihoods of all candidates of each case into `out`, shape (N,).

    order : rows by onset; ranges : int64, shape (N, 2) — candidates of each row as positions in `order`
    """
    low, high = np.int64(-5_000_000_000), np.int64(5_000_000_000)
    onset, isolated_on, first = windows[0], windows[3], tables[1]
    by_lag = np.zeros(tables[0].size)
    for j in range(ranges.shape[0]):
        fill_lags(tables, windows, j, by_lag)
        total = 0.0
        for at in range(ranges[j, 0], ranges[j, 1]):
            i = order[at]
            if i == j:
                continue
            if isolated_on[i] > high:
                total += by_lag[onset[j] - onset[i] - first]
            else:
                total += weigh_pair(tables, windows, i, j, low, high)
        out[j] = total


@nb.njit(cache=True, nogil=True)
def weigh_pairs(
    tables: Tables, windows: Windows, infector: Int64s, infectee: Int64s, met: Int64s, out: Floats
) -> None:
    """Weigh given pairs into `out`, shape (K, 2): over all days, and within the days of their contact (met)."""
    low, high = np.int64(-5_000_000_000), np.int64(5_000_000_000)
    for k in range(infector.shape[0]):
        i, j = infector[k], infectee[k]
        out[k, 0] = weigh_pair(tables, windows, i, j, low, high)
        out[k, 1] = weigh_pair(tables, windows, i, j, met[k, 0], met[k, 1])


@nb.njit(cache=True, nogil=True)
def list_candidates(  # noqa: PLR0912 - one loop over cases, two over their candidates
    tables: Tables,
    windows: Windows,
    order: Int64s,
    ranges: Int64s,
    plain: Floats,
    special: tuple[Int64s, Int64s, Floats],
    least: float,
    offsets: Int64s,
    out: tuple[Int64s, Floats],
) -> None:
    """Write the candidates of each case that reach `least` times its best one, and count them in `offsets`.

    Parameters
    ----------
    plain : float64, shape (N,) — factor from the likelihood of a pair without evidence to its probability;
        negative for cases that take no candidates
    special : offsets (N + 1,), infectors (K,), probabilities (K,) of the pairs with evidence
    offsets : int64, shape (N + 1,) — filled; where `out` is too small only the count is right
    """
    starts, infectors, probabilities = special
    rows, values = out
    low, high = np.int64(-5_000_000_000), np.int64(5_000_000_000)
    onset, isolated_on, first = windows[0], windows[3], tables[1]
    by_lag = np.zeros(tables[0].size)
    mark = np.full(order.shape[0], np.int64(-1))
    likely = np.zeros(order.shape[0])
    n = 0
    for j in range(ranges.shape[0]):
        offsets[j] = n
        if plain[j] < 0:
            continue
        fill_lags(tables, windows, j, by_lag)
        best = 0.0
        for k in range(starts[j], starts[j + 1]):
            mark[infectors[k]] = j
            best = max(best, probabilities[k])
        for at in range(ranges[j, 0], ranges[j, 1]):
            i = order[at]
            likely[at] = -1.0
            if i != j and mark[i] != j:
                if isolated_on[i] > high:
                    likely[at] = plain[j] * by_lag[onset[j] - onset[i] - first]
                else:
                    likely[at] = plain[j] * weigh_pair(tables, windows, i, j, low, high)
                best = max(best, likely[at])
        bar = max(least * best, 1e-300)
        for k in range(starts[j], starts[j + 1]):
            if probabilities[k] >= bar:
                if n < rows.shape[0]:
                    rows[n], values[n] = infectors[k], probabilities[k]
                n += 1
        for at in range(ranges[j, 0], ranges[j, 1]):
            if likely[at] >= bar:
                if n < rows.shape[0]:
                    rows[n], values[n] = order[at], likely[at]
                n += 1
    offsets[ranges.shape[0]] = n
