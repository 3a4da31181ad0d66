"""Fitting a simulation to series: approximate Bayesian computation by rejection, with regression adjustment.

Owns the method; what is simulated and what is compared is the caller's.

References
----------
Beaumont, Zhang, Balding (2002), Approximate Bayesian computation in population genetics, Genetics 162:2025.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import qmc

from tongzhou.core.errors import EstimationFailed, InputError

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Prior:
    """A uniform prior between two bounds, on the logarithm where `is_log`."""

    low: float
    high: float
    is_log: bool = False

    def at(self, u: Array) -> Array:
        """Return the values at shares `u` of the prior."""
        if self.is_log:
            return np.asarray(np.exp(np.log(self.low) + u * (np.log(self.high) - np.log(self.low))))
        return np.asarray(self.low + u * (self.high - self.low))


@dataclass(frozen=True, slots=True)
class Fit:
    """What a fit gives.

    draws : kept draws — a column a parameter (adjusted), distance, run; equally weighted
    raw : the same before adjustment
    summaries : float64, shape (kept, S) — of the kept runs; observed : float64, shape (S,)
    """

    draws: pl.DataFrame
    raw: pl.DataFrame
    summaries: Array
    observed: Array

    def interval(self, name: str, level: float = 0.9) -> tuple[float, float, float]:
        """Return low, median and high of a parameter."""
        tail = (1 - level) / 2
        low, middle, high = np.quantile(self.draws[name].to_numpy(), [tail, 0.5, 1 - tail])
        return float(low), float(middle), float(high)

    def coverage(self, level: float = 0.9) -> Array:
        """Return, for each summary, whether the kept runs cover what was observed (posterior predictive check)."""
        tail = (1 - level) / 2
        low, high = np.quantile(self.summaries, [tail, 1 - tail], axis=0)
        return np.asarray((low <= self.observed) & (self.observed <= high))


def fit_by_rejection(
    simulate: Callable[[dict[str, float], int], Array],
    priors: Mapping[str, Prior],
    observed: Array,
    *,
    n_runs: int,
    n_kept: int,
    seed: int = 0,
    progress: Callable[[int], bool] | None = None,
) -> Fit:
    """Draw parameters, simulate, keep the draws whose summaries lie nearest to those observed.

    Parameters
    ----------
    simulate : called with parameters and the number of the run; returns summaries, shape (S,)
    observed : float64, shape (S,) — transformed so that their noise is alike (square roots of counts)
    n_runs, n_kept : int — draws from the prior (a Latin hypercube) and draws kept

    Raises
    ------
    InputError
        ``calibrate.bad_numbers``, ``calibrate.bad_prior``.
    EstimationFailed
        ``calibrate.no_variation`` when no summary differs between runs.
    """
    _check(priors, n_runs, n_kept)
    names = list(priors)
    cube = qmc.LatinHypercube(len(names), rng=np.random.default_rng(seed)).random(n_runs)
    values = np.stack([priors[name].at(cube[:, k]) for k, name in enumerate(names)], axis=1)
    rows = []
    for run in range(n_runs):
        rows.append(np.asarray(simulate(dict(zip(names, values[run].tolist(), strict=True)), run), float))
        if progress is not None and progress(run + 1):
            break
    summaries = np.stack(rows)
    values = values[: len(rows)]
    spread = np.median(np.abs(summaries - np.median(summaries, axis=0)), axis=0)
    if not (spread > 0).any():
        raise EstimationFailed(
            "calibrate.no_variation",
            "All runs have the same summaries.",
            "Widen the priors or the summaries.",
        )
    distance = np.sqrt((((summaries - observed) / np.where(spread > 0, spread, 1.0)) ** 2).sum(axis=1))
    nearest = np.argsort(distance, kind="stable")[:n_kept]
    raw = _frame(names, values[nearest], distance[nearest], nearest)
    adjusted = _adjust(values, summaries, distance, nearest, observed, list(priors.values()))
    return Fit(_frame(names, adjusted, distance[nearest], nearest), raw, summaries[nearest], observed)


def _check(priors: Mapping[str, Prior], n_runs: int, n_kept: int) -> None:
    bad = [name for name, p in priors.items() if p.high <= p.low or (p.is_log and p.low <= 0)]
    if bad:
        raise InputError(
            "calibrate.bad_prior", f"Priors of {', '.join(bad)} are empty or below 0.", "Give low < high."
        )
    if not 2 <= n_kept <= n_runs:
        raise InputError(
            "calibrate.bad_numbers",
            f"{n_kept} of {n_runs} draws cannot be kept.",
            "Keep at least 2 of the runs.",
        )


def _frame(names: list[str], values: Array, distance: Array, run: Array) -> pl.DataFrame:
    columns = {name: values[:, k] for k, name in enumerate(names)}
    return pl.DataFrame({**columns, "distance": distance, "run": run})


def _adjust(
    values: Array, summaries: Array, distance: Array, nearest: Array, observed: Array, priors: list[Prior]
) -> Array:
    """Move kept draws to the observed summaries along a weighted linear regression, within the prior.

    What was observed beyond all kept summaries is taken as the nearest of them: a line says nothing outside them.
    """
    low = np.asarray([p.low for p in priors])
    share = (values - low) / (np.asarray([p.high for p in priors]) - low)
    logit = np.log(np.clip(share, 1e-6, 1 - 1e-6) / (1 - np.clip(share, 1e-6, 1 - 1e-6)))
    if len(nearest) < 3 * summaries.shape[1]:
        return np.asarray(values[nearest])
    width = distance[nearest].max() + 1e-12
    weight = np.sqrt(np.maximum(1 - (distance[nearest] / width) ** 2, 1e-6))[:, None]
    observed = np.clip(observed, summaries[nearest].min(axis=0), summaries[nearest].max(axis=0))
    design = np.column_stack([np.ones(len(nearest)), summaries[nearest] - observed])
    slope = np.linalg.lstsq(design * weight, logit[nearest] * weight, rcond=None)[0]
    moved = logit[nearest] - (summaries[nearest] - observed) @ slope[1:]
    high = np.asarray([p.high for p in priors])
    return np.asarray(low + (high - low) / (1 + np.exp(-moved)))
