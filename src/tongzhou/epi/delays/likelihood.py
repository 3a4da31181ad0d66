"""Likelihood of a delay given windows of both events and truncation on the right.

Owns the formula, for many parameter pairs at once. Optimises nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tongzhou.epi.delays.families import Family, Floats
from tongzhou.epi.delays.records import CensoredRecords

NARROW, NARROW_NODES, WIDE_NODES = 2.0, 6, 24
TINY = 1e-290


@dataclass(frozen=True, slots=True)
class DelayModel:
    """What is assumed of a delay whose two parameters are sought.

    shift : float, days — the delay is at least this long
    growth : float, per day — primary events within a window become exp(growth) times likelier each day
    """

    family: Family
    shift: float = 0.0
    growth: float = 0.0


def log_likelihood(model: DelayModel, a: Floats, b: Floats, records: CensoredRecords) -> Floats:
    """Return the log-likelihood of K parameter pairs, shape (K,).

    a, b : float64, shape (K,)

    Notes
    -----
    A record contributes P(second in its window, given the first in its) / P(second before observed_until).

    References
    ----------
    Reich et al. 2009, Stat Med 28:2769; Park et al. 2024, medRxiv 2024.01.12.24301247, equations 16-17;
    Charniga et al. 2024, PLoS Comput Biol 20:e1012520.
    """
    first, second = a[:, None], b[:, None]
    until = np.isfinite(records.observed_until)
    seen = np.ones((a.size, records.weight.size))
    if until.any():
        seen[:, until] = _mean_cdf(model, first, second, records, records.observed_until)[:, until]
    is_exact = records.secondary_low == records.secondary_high
    high = _mean_cdf(model, first, second, records, records.secondary_high)
    low = _mean_cdf(model, first, second, records, records.secondary_low)
    chance = high - low
    if is_exact.any():
        chance[:, is_exact] = _mean_pdf(model, first, second, records)[:, is_exact]
    logs = np.log(np.maximum(chance, TINY)) - np.log(np.maximum(seen, TINY))
    return np.asarray(logs @ records.weight)


def _mean_cdf(model: DelayModel, a: Floats, b: Floats, records: CensoredRecords, at: Floats) -> Floats:
    """Mean of F(at - first event) over the window of the first event, shape (K, N)."""
    family, growth = model.family, model.growth
    at = np.where(np.isfinite(at), at, 0.0) - model.shift
    early, late = records.primary_low, records.primary_high
    width = late - early
    result = family.cdf(np.maximum(at - early, 0.0)[None], a, b)
    wide = width > 0
    if not wide.any():
        return result
    if growth == 0.0:
        span = family.cdf_integral((at - early)[None, wide], a, b)
        span = span - family.cdf_integral((at - late)[None, wide], a, b)
        result[:, wide] = span / width[wide]
        return result
    nodes, weights = _nodes(early[wide], width[wide], growth)
    values = family.cdf(np.maximum(at[wide, None] - nodes, 0.0)[None], a[..., None], b[..., None])
    result[:, wide] = (values * weights).sum(axis=-1)
    return result


def _mean_pdf(model: DelayModel, a: Floats, b: Floats, records: CensoredRecords) -> Floats:
    at = records.secondary_low - model.shift
    nodes, weights = _nodes(records.primary_low, records.primary_high - records.primary_low, model.growth)
    times = at[:, None] - nodes
    logs = model.family.log_pdf(np.maximum(times, 1e-12)[None], a[..., None], b[..., None])
    return np.asarray((np.where(times > 0, np.exp(logs), 0.0) * weights).sum(axis=-1))


def _nodes(start: Floats, width: Floats, growth: float) -> tuple[Floats, Floats]:
    n_nodes = NARROW_NODES if width.max(initial=0.0) <= NARROW else WIDE_NODES
    points, weights = np.polynomial.legendre.leggauss(n_nodes)
    nodes = start[:, None] + width[:, None] * (points + 1) / 2
    tilted = weights * np.exp(growth * (nodes - start[:, None]))
    return nodes, tilted / tilted.sum(axis=1, keepdims=True)
