"""Forecasters: what one is, and the baselines every other must beat.

Owns the protocol, last week's values, drift, and ensembles. Scores nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from tongzhou.core.errors import InputError

Floats = npt.NDArray[np.float64]
Origins = npt.NDArray[np.int64]
WEEK = 7


class Forecaster(Protocol):
    """Draws the future of one series as it looked on several days.

    Attributes
    ----------
    name : str — column value in evaluations
    min_history : int — days needed before the first origin
    """

    @property
    def name(self) -> str: ...

    @property
    def min_history(self) -> int: ...

    def draw(
        self, counts: Floats, origins: Origins, horizon: int, n_samples: int, rng: np.random.Generator
    ) -> Floats:
        """Return samples, shape (O, n_samples, horizon); origin o may use counts[:o] only."""
        ...


@dataclass(frozen=True, slots=True)
class LastWeek:
    """Same weekday of last week, with the errors this rule made over the last `n_weeks` weeks, on the log scale."""

    n_weeks: int = 8
    name: str = "last week"

    @property
    def min_history(self) -> int:
        """Days needed."""
        return 3 * WEEK

    def draw(
        self, counts: Floats, origins: Origins, horizon: int, n_samples: int, rng: np.random.Generator
    ) -> Floats:
        """See `Forecaster.draw`."""
        result = np.empty((origins.size, n_samples, horizon))
        for i, origin in enumerate(origins):
            logs = np.log1p(counts[:origin])
            ahead = np.arange(horizon)
            point = logs[origin - WEEK + ahead % WEEK]
            errors = [self._errors(logs, int(weeks)) for weeks in ahead // WEEK + 1]
            for h in range(horizon):
                drawn = rng.choice(errors[h], n_samples)
                result[i, :, h] = np.maximum(np.expm1(point[h] + drawn), 0.0)
        return np.rint(result)

    def _errors(self, logs: Floats, weeks: int) -> Floats:
        lag = weeks * WEEK
        if logs.size <= lag:
            lag = WEEK
        errors = (logs[lag:] - logs[:-lag])[-self.n_weeks * WEEK :]
        return np.concatenate([errors, -errors])


@dataclass(frozen=True, slots=True)
class Drift:
    """Last week's mean carried on at its recent growth, with errors of such forecasts on past days, on the log scale.

    window : int, days — over which growth is measured
    damping : float — share of the growth kept from one day to the next
    """

    window: int = 14
    damping: float = 0.95
    name: str = "drift"

    @property
    def min_history(self) -> int:
        """Days needed."""
        return self.window + 3 * WEEK

    def draw(
        self, counts: Floats, origins: Origins, horizon: int, n_samples: int, rng: np.random.Generator
    ) -> Floats:
        """See `Forecaster.draw`."""
        result = np.empty((origins.size, n_samples, horizon))
        for i, origin in enumerate(origins):
            logs = np.log1p(counts[:origin])
            point = self._point(logs, horizon)
            errors = self._errors(logs, horizon)
            rows = rng.integers(errors.shape[0], size=n_samples)
            sign = rng.choice(np.array([-1.0, 1.0]), size=(n_samples, 1))
            result[i] = np.maximum(np.expm1(point + sign * errors[rows]), 0.0)
        return np.rint(result)

    def _point(self, logs: Floats, horizon: int) -> Floats:
        level = logs[-WEEK:].mean()
        growth = (level - logs[-WEEK - self.window : -self.window].mean()) / self.window
        weekday = logs[-WEEK:] - level
        steps = np.cumsum(self.damping ** np.arange(horizon + WEEK // 2 + 1))
        return np.asarray(level + growth * steps[WEEK // 2 + 1 :] + 0.5 * weekday[np.arange(horizon) % WEEK])

    def _errors(self, logs: Floats, horizon: int) -> Floats:
        """Whole paths of past errors, shape (n, horizon); unseen ends repeat the last seen error."""
        first = self.window + WEEK
        paths = []
        for origin in range(max(first, logs.size - 8 * WEEK), logs.size):
            seen = logs[origin : origin + horizon]
            error = seen - self._point(logs[:origin], horizon)[: seen.size]
            paths.append(np.concatenate([error, np.full(horizon - seen.size, error[-1])]))
        return np.array(paths)


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Several forecasters as one.

    how : ``quantiles`` averages the quantile functions, ``mixture`` pools the samples
    weights : one per member, adding up to 1; equal when None
    """

    members: tuple[Forecaster, ...]
    how: Literal["quantiles", "mixture"] = "quantiles"
    weights: tuple[float, ...] | None = None
    name: str = "ensemble"

    @property
    def min_history(self) -> int:
        """Days needed."""
        return max(member.min_history for member in self.members)

    def draw(
        self, counts: Floats, origins: Origins, horizon: int, n_samples: int, rng: np.random.Generator
    ) -> Floats:
        """See `Forecaster.draw`."""
        parts = [member.draw(counts, origins, horizon, n_samples, rng) for member in self.members]
        return combine_samples(parts, self.how, self.weights, rng)


def combine_samples(
    parts: Sequence[Floats],
    how: Literal["quantiles", "mixture"] = "quantiles",
    weights: Sequence[float] | None = None,
    rng: np.random.Generator | None = None,
) -> Floats:
    """Combine samples of equal shape (..., n_samples, H) of several forecasts into one of the same shape.

    ``quantiles`` averages the quantiles of each day and strings days together in the rank order of the first forecast,
    so that paths stay paths (Schaake shuffle, Clark et al. 2004).

    Raises
    ------
    InputError
        ``ensemble.weights``, ``ensemble.how``, ``ensemble.rng``
    """
    share = np.full(len(parts), 1 / len(parts)) if weights is None else np.asarray(weights, dtype=np.float64)
    if share.size != len(parts) or (share < 0).any() or abs(share.sum() - 1) > 1e-6:
        raise InputError(
            "ensemble.weights", "Weights must be one per member and add up to 1.", "Divide by the sum."
        )
    if how == "quantiles":
        ordered = [w * np.sort(part, axis=-2) for w, part in zip(share, parts, strict=True)]
        ranks = np.argsort(np.argsort(parts[0], axis=-2), axis=-2)
        return np.take_along_axis(np.sum(ordered, axis=0), ranks, axis=-2)
    if how != "mixture":
        raise InputError("ensemble.how", f"{how!r} is unknown.", "Use 'quantiles' or 'mixture'.")
    if rng is None:
        raise InputError("ensemble.rng", "A mixture needs randomness.", "Give rng=np.random.default_rng(1).")
    n = parts[0].shape[-2]
    source = [int(member) for member in rng.choice(np.arange(len(parts)), size=n, p=share)]
    picked = [parts[member][..., i, :] for i, member in enumerate(source)]
    return np.asarray(np.stack(picked, axis=-2))
