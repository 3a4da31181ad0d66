"""Shares with their intervals: Wilson, Clopper and Pearson, Jeffreys, and a bootstrap over clusters.

Owns binomial intervals. Knows nothing of what is counted.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from tongzhou.core.errors import InputError
from tongzhou.epi.frames import refuse_rows

Floats = npt.NDArray[np.float64]
Method = Literal["wilson", "clopper-pearson", "jeffreys"]
METHODS = ("wilson", "clopper-pearson", "jeffreys")


def proportion_interval(
    k: npt.ArrayLike, n: npt.ArrayLike, *, level: float = 0.95, method: Method = "wilson"
) -> tuple[Floats, Floats]:
    """Return the bounds of k / n, float64, NaN where n is 0.

    Parameters
    ----------
    k, n : whole numbers, any shapes that broadcast, 0 <= k <= n
    method : ``wilson`` (close to the level on average), ``clopper-pearson`` (never below it) or ``jeffreys``

    Raises
    ------
    InputError
        ``proportion.counts``, ``proportion.method``, ``proportion.level``

    References
    ----------
    Wilson 1927, J Am Stat Assoc 22:209; Clopper & Pearson 1934, Biometrika 26:404; Brown, Cai & DasGupta 2001,
    Stat Sci 16:101.

    Examples
    --------
    >>> low, high = proportion_interval(77, 686)
    >>> round(float(low), 3), round(float(high), 3)
    (0.091, 0.138)
    """
    if method not in METHODS:
        raise InputError("proportion.method", f"{method!r} is unknown.", f"Use {', '.join(METHODS)}.")
    if not 0 < level < 1:
        raise InputError(
            "proportion.level", f"The level is {level}.", "Give a share between 0 and 1, as 0.95."
        )
    x, size = np.broadcast_arrays(np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.float64))
    wrong = ~((x >= 0) & (x <= size))
    refuse_rows(wrong.ravel(), "proportion.counts", "A count is negative or above its total", "Check both.")
    tail = (1 - level) / 2
    safe = np.maximum(size, 1)
    if method == "wilson":
        z = stats.norm.isf(tail)
        middle = (x + z**2 / 2) / (safe + z**2)
        half = z / (safe + z**2) * np.sqrt(x * (safe - x) / safe + z**2 / 4)
        low, high = middle - half, middle + half
    elif method == "jeffreys":
        low, high = (
            stats.beta.ppf(tail, x + 0.5, safe - x + 0.5),
            stats.beta.isf(tail, x + 0.5, safe - x + 0.5),
        )
    else:
        low = stats.beta.ppf(tail, np.maximum(x, 0.5), safe - x + 1)
        high = stats.beta.isf(tail, x + 1, np.maximum(safe - x, 0.5))
    low, high = np.where(x == 0, 0.0, low), np.where(x == safe, 1.0, high)
    return np.where(size > 0, low, np.nan), np.where(size > 0, high, np.nan)
