"""OutbreakP: the start of an outbreak of unknown shape, by monotone regression.

Owns the semiparametric statistic. Never uses a baseline: it asks whether counts rise at all.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from tongzhou.epi.detect.detection import (
    WHOLE_COUNTS,
    Detection,
    choose_option,
    code_alarms,
    describe,
    read_counts,
    read_range,
    require_at_least,
    undefined_like,
)
from tongzhou.epi.series import FloatMatrix

REFERENCE = "Frisen, Andersson and Schioler (2009), Journal of Applied Statistics 36: 1131-1148."
MOST_CASES = 1e5
LARGEST_LOG = 709.0


def outbreak_p(
    counts: object,
    *,
    k: float = 100.0,
    ret: str = "value",
    range: object = None,
    dates: object = None,
) -> Detection:
    """Flag time points at which a rising mean is more than `k` times as likely as a constant one.

    Parameters
    ----------
    counts : whole numbers, one series or many
    k : float — limit of the likelihood ratio
    ret : {"value", "cases"} — what `upper` holds: the statistic, or the count that would have raised the alarm (null
        where any count would, or none up to a hundred thousand)
    range : time points to monitor, 1-based — None is all
    dates : sequence of T dates, optional

    Returns
    -------
    Detection
        `expected` is the monotone regression at its last point; details hold ``statistic`` and
        ``log_statistic``. A ratio beyond exp(709), where numbers end, is given as exp(709); its logarithm and its
        alarm are exact. The series should start at the outset of the season: all counts from its first on enter.

    Raises
    ------
    InputError
        ``series.*``, ``detect.option``, ``detect.range``

    Notes
    -----
    Computed on the log scale by pooling adjacent violators as counts arrive, so it costs O(T) and does not overflow
    in between, where a product of ratios would.

    References
    ----------
    Frisen et al. (2009), equation 5; as ``surveillance::algo.outbreakP``.
    """
    choose_option("ret", ret, ("value", "cases"))
    require_at_least("k", k, 0)
    matrix = read_counts(counts, dates, WHOLE_COUNTS)
    points = read_range(range, matrix.n_times, 1)
    is_monitored = np.zeros(matrix.n_times, dtype=np.bool_)
    is_monitored[points - 1] = True
    expected, log_statistic, cases = (undefined_like(matrix) for _ in "elc")
    log_limit = math.log(k) if k > 0 else -math.inf
    for row in np.flatnonzero(matrix.is_good):
        log_ratio, level, needed = run_chart(matrix.values[row], log_limit, ret == "cases")
        log_statistic[row], expected[row], cases[row] = log_ratio, level, needed
    hidden = ~is_monitored
    for values in (expected, log_statistic, cases):
        values[:, hidden] = np.nan
    statistic = np.exp(np.minimum(log_statistic, LARGEST_LOG))
    return Detection(
        matrix=matrix,
        expected=expected,
        upper=statistic if ret == "value" else cases,
        alarm=code_alarms(log_statistic > log_limit, ~np.isnan(log_statistic)),
        details={"statistic": statistic, "log_statistic": log_statistic},
        threshold=k if ret == "value" else None,
        provenance=describe("OutbreakP", matrix, {"k": k, "ret": ret}, REFERENCE),
    )


@njit(cache=True)
def run_chart(
    x: FloatMatrix, log_limit: float, wants_cases: bool
) -> tuple[FloatMatrix, FloatMatrix, FloatMatrix]:
    """Return the log statistic, the last level, and the count needed for an alarm, at every time point."""
    n = x.size
    sums, sizes, gains = np.zeros(n + 1), np.zeros(n + 1), np.zeros(n + 1)
    log_ratio, level, needed = np.zeros(n), np.zeros(n), np.full(n, np.nan)
    n_blocks, total = 0, 0.0
    for i in range(n):
        if wants_cases and i > 0:
            needed[i] = _cases_needed(sums, sizes, gains, n_blocks, total, i, log_limit)
        total += x[i]
        n_blocks = _push(sums, sizes, gains, n_blocks, x[i])
        log_ratio[i] = _log_ratio(gains, n_blocks, total, i)
        level[i] = sums[n_blocks] / sizes[n_blocks]
    return log_ratio, level, needed


@njit(cache=True)
def _push(
    sums: npt.NDArray[np.float64],
    sizes: npt.NDArray[np.float64],
    gains: npt.NDArray[np.float64],
    n_blocks: int,
    count: float,
) -> int:
    """Add a count as a block, merge blocks that do not rise, and keep the running sum of x log(level)."""
    total, size = count, 1.0
    while n_blocks > 0 and total / size <= sums[n_blocks] / sizes[n_blocks]:
        total += sums[n_blocks]
        size += sizes[n_blocks]
        n_blocks -= 1
    n_blocks += 1
    sums[n_blocks], sizes[n_blocks] = total, size
    gain = total * math.log(total / size) if total > 0.0 else 0.0
    gains[n_blocks] = gains[n_blocks - 1] + gain
    return n_blocks


@njit(cache=True)
def _log_ratio(gains: npt.NDArray[np.float64], n_blocks: int, total: float, i: int) -> float:
    return gains[n_blocks] - total * math.log(total / (i + 1)) if total > 0.0 else 0.0


@njit(cache=True)
def _cases_needed(
    sums: npt.NDArray[np.float64],
    sizes: npt.NDArray[np.float64],
    gains: npt.NDArray[np.float64],
    n_blocks: int,
    total: float,
    i: int,
    log_limit: float,
) -> float:
    """Return the smallest next count that raises the alarm, NaN above a hundred thousand or when even 0 does."""
    low, high = 0.0, MOST_CASES
    if _would_alarm(sums, sizes, gains, n_blocks, total, i, low, log_limit):
        return np.nan
    if not _would_alarm(sums, sizes, gains, n_blocks, total, i, high, log_limit):
        return np.nan
    while high - low > 1.0:
        middle = math.floor((low + high) / 2.0)
        if _would_alarm(sums, sizes, gains, n_blocks, total, i, middle, log_limit):
            high = middle
        else:
            low = middle
    return high


@njit(cache=True)
def _would_alarm(
    sums: npt.NDArray[np.float64],
    sizes: npt.NDArray[np.float64],
    gains: npt.NDArray[np.float64],
    n_blocks: int,
    total: float,
    i: int,
    count: float,
    log_limit: float,
) -> bool:
    new_sum, new_size = count, 1.0
    while n_blocks > 0 and new_sum / new_size <= sums[n_blocks] / sizes[n_blocks]:
        new_sum += sums[n_blocks]
        new_size += sizes[n_blocks]
        n_blocks -= 1
    gain = new_sum * math.log(new_sum / new_size) if new_sum > 0.0 else 0.0
    whole = total + count
    constant = whole * math.log(whole / (i + 1)) if whole > 0.0 else 0.0
    return gains[n_blocks] + gain - constant > log_limit
