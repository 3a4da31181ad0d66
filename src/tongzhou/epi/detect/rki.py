"""The systems of the Robert Koch Institute: the same weeks of past years, Poisson or normal bound.

Owns the bound and the table of Poisson limits it reads. Never fits a trend.
"""

from __future__ import annotations

import numpy as np

from tongzhou.core.errors import InputError
from tongzhou.epi.detect.baselines import same_weeks
from tongzhou.epi.detect.detection import (
    Detection,
    IntArray,
    choose_option,
    code_alarms,
    describe,
    read_counts,
    read_range,
    require_whole,
    undefined_like,
)
from tongzhou.epi.series import FloatMatrix, SeriesMatrix

REFERENCE = "Hoehle (2007), Computational Statistics 22: 571-582."
PRESETS = {
    "rki1": (0, 6, True),
    "rki2": (1, 6, True),
    "rki3": (2, 4, False),
}
"""Years back, half width in weeks, whether the weeks just before count."""

# Upper limits of the 95 % interval of a Poisson mean, for 0 to 20 observed (Crow and Gardner 1959, Biometrika 46,
# table 2; as reprinted in Sachs, Angewandte Statistik).
POISSON_LIMITS = np.array(
    [
        [3.285, 5.323, 6.686, 8.102, 9.598, 11.177, 12.817, 13.765, 14.921, 16.768, 17.633],
        [19.050, 20.335, 21.364, 22.945, 23.762, 25.400, 26.306, 27.735, 28.966, 30.017, np.nan],
    ]
).ravel()[:21]


def rki(
    counts: object,
    method: str = "rki3",
    *,
    b: int | None = None,
    w: int | None = None,
    act_y: bool | None = None,
    freq: int = 52,
    range: object = None,
    dates: object = None,
) -> Detection:
    """Flag counts above mean + 2 sd of the reference weeks; up to a mean of 20, above the Poisson limit.

    Parameters
    ----------
    counts : one series or many
    method : {"rki1", "rki2", "rki3"} — presets of `b`, `w`, `act_y`, which override it
    b : int, years — how far back
    w : int, time steps — half width around the same week
    act_y : bool — use the `w` steps just before as well
    freq : int — time steps a year
    range : time points to monitor, 1-based
    dates : sequence of T dates, optional

    Returns
    -------
    Detection

    Raises
    ------
    InputError
        ``series.*``, ``detect.option``, ``detect.range``

    References
    ----------
    Hoehle (2007); as ``surveillance::algo.rki``.
    """
    preset = PRESETS[choose_option("method", method, PRESETS)]
    b, w = preset[0] if b is None else b, preset[1] if w is None else w
    act_y = preset[2] if act_y is None else act_y
    matrix = read_counts(counts, dates)
    points, baseline = read_baseline(matrix, range, b=b, w=w, act_y=act_y, freq=freq)
    expected, upper = undefined_like(matrix), undefined_like(matrix)
    if points.size:
        mean = baseline.mean(axis=2)
        expected[:, points - 1] = mean
        with np.errstate(invalid="ignore"):
            row = np.where(mean <= 20, np.floor(mean), 0).astype(np.int64)
        bound = np.where(mean > 20, mean + 2 * baseline.std(axis=2, ddof=1), POISSON_LIMITS[row])
        upper[:, points - 1] = np.where(np.isnan(mean), np.nan, bound)
    options = {"method": method, "b": b, "w": w, "act_y": act_y, "freq": freq}
    return Detection(
        matrix=matrix,
        expected=expected,
        upper=upper,
        alarm=code_alarms(matrix.values > upper, ~np.isnan(upper)),
        provenance=describe("RKI", matrix, options, REFERENCE),
    )


def read_baseline(
    matrix: SeriesMatrix, wanted: object, *, b: int, w: int, act_y: bool, freq: int
) -> tuple[IntArray, FloatMatrix]:
    """Return the monitored points and their reference counts, shape (S, points, references)."""
    require_whole(0, b=b)
    require_whole(1 if act_y else 0, w=w)
    require_whole(1, freq=freq)
    if b == 0 and not act_y:
        raise InputError(
            "detect.option", "b is 0 and act_y is False: no reference week is left.", "Set act_y=True."
        )
    first = b * freq + w + 1
    points = read_range(wanted, matrix.n_times, first)
    points = points[points >= first]
    references = same_weeks(points, b=b, w=w, act_y=act_y, freq=freq)
    return points, matrix.values[:, references - 1]
