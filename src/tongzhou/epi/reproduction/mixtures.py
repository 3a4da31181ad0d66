"""Equal-weight mixtures of gamma distributions of one shape and many rates.

Owns moments and quantiles, exact up to rounding. Knows nothing of epidemics.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.float64]
MAX_STEPS = 80
PRECISION = 1e-11


def mixture_moments(shape: Floats, rate: Floats) -> tuple[Floats, Floats]:
    """Return mean and standard deviation per row.

    shape : float64, shape (W,)
    rate : float64, shape (W, K) — NaN leaves a component out; a row of NaN gives NaN
    """
    n = np.isfinite(rate).sum(axis=1)
    weight = np.divide(1.0, n, out=np.full(n.shape, np.nan), where=n > 0)
    scale = np.nan_to_num(1 / rate)
    mean = shape * scale.sum(axis=1) * weight
    square = shape * (shape + 1) * (scale**2).sum(axis=1) * weight
    return mean, np.sqrt(np.maximum(square - mean**2, 0))


def mixture_quantile(p: float, shape: Floats, rate: Floats) -> Floats:
    """Return the `p` quantile per row, by Newton steps kept inside a shrinking bracket."""
    result = np.full(shape.shape, np.nan)
    rows = np.flatnonzero(np.isfinite(rate).any(axis=1))
    if rows.size == 0:
        return result
    a = shape[rows]
    unit = special.gammaincinv(a, p)
    low = unit / np.nanmax(rate[rows], axis=1)
    high = unit / np.nanmin(rate[rows], axis=1)
    x = np.sqrt(low * high)
    active = np.arange(rows.size)
    for _ in range(MAX_STEPS):
        scaled = x[active, None] * rate[rows[active]]
        value = np.nanmean(special.gammainc(a[active, None], scaled), axis=1) - p
        log_density = (
            special.xlogy(a[active, None] - 1, scaled) - scaled - special.gammaln(a[active])[:, None]
        )
        slope = np.nanmean(np.exp(log_density) * rate[rows[active]], axis=1)
        low[active] = np.where(value <= 0, x[active], low[active])
        high[active] = np.where(value > 0, x[active], high[active])
        with np.errstate(divide="ignore", invalid="ignore"):
            step = x[active] - value / slope
        inside = (step > low[active]) & (step < high[active])
        new = np.where(inside, step, 0.5 * (low[active] + high[active]))
        moved = np.abs(new - x[active]) > PRECISION * x[active]
        x[active] = new
        active = active[moved]
        if active.size == 0:
            break
    result[rows] = x
    return result
