"""Lawless' nowcast: reverse-time hazards of the delay and an asymptotic normal prediction.

Owns the estimate of the delay's distribution function and two variances of the prediction.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from tongzhou.epi.nowcast.triangle import ReportingTriangle

Floats = npt.NDArray[np.float64]


def reported_share(triangle: ReportingTriangle, window: int | None) -> tuple[Floats, Floats]:
    """Return the share reported within x days and the variance of its estimate, shape (D + 1,) each.

    References
    ----------
    Lawless 1994, equations 2.9, 2.13 and 2.15.
    """
    exact, up_to = triangle.totals(window)
    hazard = np.divide(exact, up_to, out=np.zeros_like(exact), where=up_to > 0)
    hazard[0] = 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.nan_to_num(hazard / (up_to * (1 - hazard)), nan=0.0, posinf=0.0)
    share = np.ones(hazard.size)
    spread = np.zeros(hazard.size)
    for x in range(hazard.size - 2, -1, -1):
        share[x] = share[x + 1] * (1 - hazard[x + 1])
        spread[x] = spread[x + 1] + terms[x + 1]
    return share, share**2 * spread


def lawless_pmf(triangle: ReportingTriangle, window: int | None, n_max: int, *, is_complete: bool) -> Floats:
    """Return P(total = n) for n = 0 .. n_max of the last D + 1 days, shape (D + 1, n_max + 1), oldest first.

    Parameters
    ----------
    is_complete : bool — False repeats ``surveillance``: only the second term of equation 2.16, and a left cut whose
        mass is divided but not subtracted, so that probabilities add up to more than 1. True has both terms and a
        proper truncated normal.

    References
    ----------
    Lawless 1994, equations 2.12 and 2.16; Hoehle & an der Heiden 2014, Biometrics 70:993.
    """
    share, share_variance = reported_share(triangle, window)
    observed = triangle.observed[triangle.last - triangle.max_delay :][::-1]
    support = np.arange(n_max + 1, dtype=np.float64)
    rows = []
    for x, seen in enumerate(observed):
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = seen / share[x]
            variance = seen * (1 - share[x]) / share[x] ** 2
            if is_complete:
                variance += seen * (seen + 1) / share[x] ** 4 * share_variance[x]
        if not np.isfinite(mean):
            rows.append(np.full(support.size, np.nan))
        elif variance > 0:
            rows.append(_cut_normal(support, mean, float(np.sqrt(variance)), seen, is_complete))
        else:
            rows.append((support == mean).astype(np.float64))
    return np.array(rows)[::-1]


def _cut_normal(support: Floats, mean: float, sd: float, seen: float, is_complete: bool) -> Floats:
    if is_complete:
        edge = special.ndtr((seen - 0.5 - mean) / sd)
        steps = (special.ndtr((support + 0.5 - mean) / sd) - edge) / (1 - edge)
    else:
        steps = special.ndtr((support - mean) / sd) / (1 - special.ndtr((seen - mean) / sd))
    cumulative = np.where(support < seen, 0.0, steps)
    return np.diff(np.concatenate([[0.0], cumulative]))
