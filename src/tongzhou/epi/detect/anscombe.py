"""Anscombe residuals of negative binomial counts.

Owns the transformation and the grid of the hypergeometric function it reads. Never accumulates a chart.
"""

from __future__ import annotations

import numpy as np
from scipy.special import hyp2f1

from tongzhou.epi.series import FloatMatrix

# One bit per grid point: the tabulated value stands one unit of the tenth decimal above the rounded one.
ROUNDED_UP = bytes.fromhex(
    "00002000000410021280380c82a2820200040a02a20e059106b01334d73c04a00408c2c512104ada140d6a4e43257f3b"
    "0f929882ee81c3b238af0828cb7e2649e72944b92c739822922c7001a765be8dad003b0eb0b07bae665e93d0877b1490"
    "35649c95490f985402f2df2821ccfce5818ad07a0ebbc8b5d154784732e44b42d8d6baac12952f9400"
)


def _tabulate() -> FloatMatrix:
    """Return the grid of 2F1(1/3, 2/3; 5/3; z), z = 0, -0.01 .. -10, -11 .. -100, with ten decimals."""
    z = -np.concatenate([np.arange(1001) / 100, np.arange(11, 101)])
    bits = np.unpackbits(np.frombuffer(ROUNDED_UP, dtype=np.uint8))[: z.size]
    return np.asarray(np.round(np.round(hyp2f1(1 / 3, 2 / 3, 5 / 3, z), 10) + bits * 1e-10, 10))


TABLE = _tabulate()


def hypergeometric(x: FloatMatrix) -> FloatMatrix:
    """Return 2F1(1/3, 2/3; 5/3; x) for x <= 0 as the peer reads it.

    Notes
    -----
    The nearest grid point down to -10, linear interpolation between whole numbers down to -100, exact beyond.

    Examples
    --------
    >>> float(hypergeometric(np.array([-0.014]))[0])
    0.998672191
    """
    x = np.asarray(x, dtype=np.float64)
    known = np.clip(np.nan_to_num(x), -100, 0)
    near = TABLE[np.ceil(np.round(-100 * np.maximum(known, -10), 9) - 0.5).astype(np.int64)]
    left = np.clip(-np.floor(known), 10, 100).astype(np.int64)
    low, high = TABLE[990 + left], TABLE[990 + np.maximum(left - 1, 10)]
    between = low + (high - low) * (known + left)
    exact = hyp2f1(1 / 3, 2 / 3, 5 / 3, np.minimum(x, 0))
    return np.where(x >= -10, near, np.where(x >= -100, between, exact))


def anscombe_negative_binomial(x: FloatMatrix, m: FloatMatrix, alpha: float) -> FloatMatrix:
    """Return Anscombe residuals of counts with mean `m` and variance m + alpha m^2.

    References
    ----------
    Hilbe (2007), Negative Binomial Regression, equation 4.28; as ``surveillance::anscombeNB``.
    """
    top = 1.5 * x ** (2 / 3) * hypergeometric(-alpha * x) - 1.5 * m ** (2 / 3) * hypergeometric(-alpha * m)
    return np.asarray(top / (m + alpha * m**2) ** (1 / 6))
