"""The moving percentile of China's automated alert system (CIDARS).

Owns the current block against a percentile of the same season's blocks in past years. Never assumes a distribution.
"""

from __future__ import annotations

import numpy as np

from tongzhou.core.errors import InputError
from tongzhou.epi.detect.baselines import match_dates, reference_dates, require_spacing
from tongzhou.epi.detect.detection import (
    Detection,
    IntArray,
    code_alarms,
    describe,
    read_counts,
    read_range,
    require_whole,
    undefined_like,
)
from tongzhou.epi.series import Days

REFERENCE = "Yang et al. (2011), BMC Medicine 9: 99; Wang et al. (2017), BMC Public Health 17: 570."


def moving_percentile(
    counts: object,
    *,
    percentile: float = 80.0,
    b: int = 5,
    w: int = 2,
    block: int = 1,
    freq: int = 52,
    range: object = None,
    dates: object = None,
) -> Detection:
    """Flag blocks above a percentile of the blocks around the same time in past years.

    Parameters
    ----------
    counts : one series or many
    percentile : float, per cent — between neighbours it is interpolated linearly
    b : int, years — how far back
    w : int, blocks — half width around the same time: (2w + 1) b reference blocks
    block : int, time steps — 1 for weekly counts, 7 for daily ones
    freq : int — time steps a year
    range : time points to monitor, 1-based — None is every point with a full history
    dates : sequence of T dates, optional — reference blocks are then calendar years back

    Returns
    -------
    Detection
        `upper` and `expected` (the median) are sums over a block: compare them with the detail ``aggregate``.
        Details: ``rank``, the share of reference blocks below the current one.

    Raises
    ------
    InputError
        ``series.*``, ``detect.option``, ``detect.range``, ``detect.freq``

    References
    ----------
    Yang et al. (2011): three years, daily, 7-day blocks. Wang et al. (2017): five years, weekly, which is the
    default here.

    Examples
    --------
    >>> found = moving_percentile([2, 3, 4, 9] * 5 + [2, 3, 4, 30], freq=4, w=0)
    >>> found.to_frame()["alarm"].to_list()[-4:]
    [False, False, False, True]
    """
    if not 0 < percentile < 100:
        raise InputError(
            "detect.option", f"percentile is {percentile}; it lies between 0 and 100.", "Give for example 80."
        )
    require_whole(1, b=b, block=block)
    require_whole(0, w=w)
    require_whole((w + 1) * block, freq=freq)
    matrix = read_counts(counts, dates)
    if matrix.dates is not None:
        require_spacing(matrix.dates, freq)
    first = b * freq + (w + 1) * block
    points = read_range(range, matrix.n_times, first)
    points, references = _reference_blocks(points, matrix.dates, b=b, w=w, block=block, freq=freq)
    expected, upper, aggregate, rank = (undefined_like(matrix) for _ in "euar")
    if points.size:
        at = points - 1
        sums = np.cumsum(np.concatenate([np.zeros((matrix.n_series, 1)), matrix.values], axis=1), axis=1)
        past = sums[:, references] - sums[:, references - block]
        now = sums[:, points] - sums[:, points - block]
        expected[:, at], upper[:, at] = np.quantile(past, [0.5, percentile / 100], axis=2)
        aggregate[:, at] = now
        rank[:, at] = np.where(np.isnan(now), np.nan, (past < now[:, :, None]).mean(axis=2))
    options = {"percentile": percentile, "b": b, "w": w, "block": block, "freq": freq}
    return Detection(
        matrix=matrix,
        expected=expected,
        upper=upper,
        alarm=code_alarms(aggregate > upper, ~np.isnan(upper)),
        details={"aggregate": aggregate, "rank": rank},
        monitored=aggregate,
        provenance=describe("Moving percentile", matrix, options, REFERENCE),
    )


def _reference_blocks(
    points: IntArray, dates: Days | None, *, b: int, w: int, block: int, freq: int
) -> tuple[IntArray, IntArray]:
    """Return the points with a full history and the 1-based last step of each reference block, (P, (2w + 1) b)."""
    if dates is None:
        ends = points[:, None] - freq * np.arange(1, b + 1)[None, :]
    else:
        found = [match_dates(reference_dates(dates[k - 1], b, freq), dates)[1:] for k in points]
        ends = np.array(found, dtype=np.int64).reshape(points.size, b)
    shifts = block * np.arange(-w, w + 1)
    is_full = ends.min(axis=1, initial=points.max(initial=1)) - (w + 1) * block >= 0
    blocks = (ends[:, :, None] + shifts[None, None, :]).reshape(points.size, b * shifts.size)
    return points[is_full], np.asarray(blocks[is_full], dtype=np.int64)
