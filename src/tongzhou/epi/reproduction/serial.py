"""Serial intervals as estimators take them: known, sampled, or with uncertain moments.

Owns the checks and the draws. Estimates nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from tongzhou.core.errors import InputError
from tongzhou.epi.delays.delay import SUM_TOLERANCE, Delay, check_pmf, discretise
from tongzhou.epi.delays.families import FAMILIES
from tongzhou.epi.delays.fit import DelayFit
from tongzhou.epi.series import SeriesMatrix, require_daily

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class UncertainSerialInterval:
    """A shifted gamma serial interval whose mean and sd are uncertain (truncated normals), in days.

    mean, sd : central values
    mean_sd, sd_sd : their standard deviations
    mean_range, sd_range : (low, high) truncation
    n_means, n_sds : int — the two laws are represented by so many equally probable values each
    """

    mean: float
    mean_sd: float
    mean_range: tuple[float, float]
    sd: float
    sd_sd: float
    sd_range: tuple[float, float]
    n_means: int = 48
    n_sds: int = 16

    def draws(self) -> tuple[Floats, Floats]:
        """Return means and sds of n_means * n_sds equally probable serial intervals, in days."""
        low, high = self.mean_range
        if not (self.mean > 1 and 1 <= low <= self.mean <= high and self.mean_sd > 0):
            raise InputError(
                "delay.uncertain",
                f"The mean {self.mean} must lie in its range {low}..{high}, from 1 up.",
                "Widen it.",
            )
        if not (0 < self.sd_range[0] <= self.sd <= self.sd_range[1] and self.sd_sd > 0):
            raise InputError(
                "delay.uncertain",
                f"The sd {self.sd} must lie in its range {self.sd_range}, above 0.",
                "Widen it.",
            )
        means = _truncated_normal(self.mean, self.mean_sd, self.mean_range, self.n_means)
        sds = _truncated_normal(self.sd, self.sd_sd, self.sd_range, self.n_sds)
        return np.repeat(means, sds.size), np.tile(sds, means.size)


SerialInterval = npt.ArrayLike | Delay | DelayFit | UncertainSerialInterval


@dataclass(frozen=True, slots=True)
class SerialDraws:
    """Equally probable serial intervals: pmfs, float64, shape (n_lags, K), and what they are."""

    pmfs: Floats
    label: str


def require_days_of(series: SeriesMatrix, si: object) -> None:
    """Refuse dates a week or a month apart with a delay in days; probabilities are per time step."""
    if isinstance(si, Delay | DelayFit | UncertainSerialInterval):
        require_daily(series, "the serial interval")


def draw_serial_intervals(si: SerialInterval, n_times: int) -> SerialDraws:
    """Return the serial interval as columns of probabilities from lag 0.

    A `Delay` gives lags 0 .. T - 1 without rescaling, as EpiEstim does; if it puts mass on lag 0 it is
    conditioned on at least one day, since the renewal equation has no same-day infection.

    Raises
    ------
    InputError
        ``delay.pmf`` or ``delay.lag_zero``
    """
    if isinstance(si, UncertainSerialInterval):
        means, sds = si.draws()
        a, b = FAMILIES["gamma"].from_moments(means - 1, sds)
        return SerialDraws(discretise("gamma", a, b, n_times, shift=1.0).T, str(si))
    if isinstance(si, DelayFit):
        return SerialDraws(
            si.pmfs(), f"fitted {si.delay.family}(mean {si.delay.mean:.4g}), {si.n_records} records"
        )
    if isinstance(si, Delay):
        pmf = si.pmf(n_times)
        pmf = np.concatenate([[0.0], pmf[1:] / (1 - pmf[0])]) if pmf[0] > 0 else pmf
        return SerialDraws(pmf[:, None], f"{si.family}(mean {si.mean:.4g}, sd {si.sd:.4g})")
    array = np.asarray(si, dtype=np.float64)
    if array.ndim == 2:
        return SerialDraws(_check_draws(array), f"{array.shape[1]} draws")
    pmf = check_pmf(array, "serial interval")
    if pmf[0] != 0:
        raise InputError(
            "delay.lag_zero",
            f"The serial interval gives {pmf[0]:.4g} to lag 0; the first entry is lag 0 and must be 0.",
            "Put a 0 in front, or divide the rest by its sum.",
        )
    return SerialDraws(pmf[:, None], "probabilities")


def _check_draws(draws: Floats) -> Floats:
    wrong = np.flatnonzero(
        ~np.isfinite(draws).all(axis=0)
        | (draws < 0).any(axis=0)
        | (draws[0] != 0)
        | (np.abs(draws.sum(axis=0) - 1) > SUM_TOLERANCE)
    )
    if wrong.size:
        raise InputError(
            "delay.pmf",
            f"Draw {wrong[0] + 1} of the serial interval is not a distribution with 0 at lag 0.",
            "Give a row per lag from 0 and a column per draw, each adding up to 1.",
        )
    return draws


def _truncated_normal(mean: float, sd: float, bounds: tuple[float, float], n: int) -> Floats:
    low, high = special.ndtr((np.asarray(bounds) - mean) / sd)
    shares = low + (high - low) * (np.arange(n) + 0.5) / n
    return mean + sd * special.ndtri(shares)
