"""What is assumed of transmission: when a case infects, and how the onset of the infected follows.

Owns options and the tables of likelihood by lag. Estimates nothing.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tongzhou.core.errors import InputError
from tongzhou.epi.delays import Delay, as_pmf

Floats = npt.NDArray[np.float64]
TAIL = 1e-6
MIN_PROFILE_SD = 1.0


@dataclass(frozen=True, slots=True)
class ChainModel:
    """How one case leads to the next.

    serial_interval : Delay, or probabilities of whole days — onset to onset; a delay with a negative shift
        allows an infectee to fall ill first
    incubation : Delay, optional — infection to onset; needed when exposure, contact or isolation days are
        given
    infectiousness : Delay, optional — onset of the infector to the infection (its shift may be negative);
        without it a normal with the moments that `serial_interval` less `incubation` leave
    first_lag : int, days — lag of the first probability when `serial_interval` is an array
    observed_share : float, optional — share of cases whose infector is among the cases; estimated when None
    substitutions : float, optional — mean genetic distance of a transmission pair; estimated when None
    min_ratio : float — candidates less probable than this times the best one are left out, the others share
        their probability
    """

    serial_interval: Delay | npt.ArrayLike
    incubation: Delay | None = None
    infectiousness: Delay | None = None
    first_lag: int = 0
    observed_share: float | None = None
    substitutions: float | None = None
    min_ratio: float = 0.01

    def __post_init__(self) -> None:
        share, mean = self.observed_share, self.substitutions
        if share is not None and not 0 < share < 1:
            raise InputError("chain.model", f"observed_share is {share}.", "Give a share between 0 and 1.")
        if mean is not None and not mean > 0:
            raise InputError("chain.model", f"substitutions is {mean}.", "Give a mean above 0.")
        if not 0 <= self.min_ratio < 1:
            raise InputError("chain.model", f"min_ratio is {self.min_ratio}.", "Give 0 to 1, as 0.01.")


@dataclass(frozen=True, slots=True)
class LagTables:
    """Likelihoods by lag in days.

    serial : float64, shape (L,) — probability of the onset lags first, first + 1, ...
    first : int
    incubation : float64, shape (I,) — probability of 0, 1, ... days from infection to onset; empty without one
    within : float64, shape (L, P + 1) — for each lag the cumulative probability that the infection fell before
        day `profile_first` + p after the infector's onset; empty without an incubation period
    """

    serial: Floats
    first: int
    incubation: Floats
    within: Floats
    profile_first: int

    @property
    def last(self) -> int:
        """The longest lag in days."""
        return self.first + self.serial.size - 1


def build_tables(model: ChainModel) -> LagTables:
    """Return the tables of a model."""
    serial, first = _by_day(model.serial_interval, model.first_lag, "serial interval")
    if model.incubation is None:
        return LagTables(serial, first, np.zeros(0), np.zeros((0, 0)), 0)
    incubation, shift = _by_day(model.incubation, 0, "incubation")
    incubation = np.concatenate([np.zeros(max(shift, 0)), incubation])
    profile, start = _profile(model, serial, first, incubation)
    within = np.zeros((serial.size, profile.size + 1))
    for row in range(serial.size):
        wait = first + row - (start + np.arange(profile.size))
        fits = (wait >= 0) & (wait < incubation.size)
        joint = np.where(fits, profile * incubation[np.clip(wait, 0, incubation.size - 1)], 0.0)
        total = joint.sum()
        within[row, 1:] = np.cumsum(joint) / total if total > 0 else 0.0
    return LagTables(serial, first, incubation, within, start)


def _by_day(delay: Delay | npt.ArrayLike, first: int, name: str) -> tuple[Floats, int]:
    if not isinstance(delay, Delay):
        return as_pmf(delay, name=name), first
    start = int(np.floor(delay.shift)) if delay.shift < 0 else 0
    p = dataclasses.replace(delay, shift=delay.shift - start).pmf() if start else delay.pmf()
    kept = np.flatnonzero(p > TAIL)
    low, high = int(kept[0]), int(kept[-1]) + 1
    return p[low:high] / p[low:high].sum(), start + low


def _profile(model: ChainModel, serial: Floats, first: int, incubation: Floats) -> tuple[Floats, int]:
    if model.infectiousness is not None:
        return _by_day(model.infectiousness, 0, "infectiousness")
    mean, variance = _moments(serial, first)
    waited, spread = _moments(incubation, 0)
    sd = max(float(np.sqrt(max(variance - spread, 0.0))), MIN_PROFILE_SD)
    centre = mean - waited
    reach = int(np.ceil(5 * sd)) + 1
    start = int(np.floor(centre)) - reach
    day = start + np.arange(2 * reach + 2)
    p = np.exp(-0.5 * ((day - centre) / sd) ** 2)
    return p / p.sum(), start


def _moments(p: Floats, first: int) -> tuple[float, float]:
    lags = first + np.arange(p.size)
    mean = float(p @ lags / p.sum())
    return mean, float(p @ (lags - mean) ** 2 / p.sum())
