"""What vaccination leaves of infections and of their severe outcomes, by age and place in the queue, day by day.

Owns the tables. Each person stands at one place of the queue for vaccination, a share in 0..1; a campaign
reaches places in order, so that a place and a day tell which dose a person has and since when.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tongzhou.core.errors import InputError, list_offenders
from tongzhou.core.measures import Vaccination
from tongzhou.epi.simulate.disease import Disease
from tongzhou.epi.simulate.kernels import list_vaccine_places

Array = np.ndarray[Any, np.dtype[Any]]

N_PLACES = 500
"""Places of the queue that are told apart."""
_NEVER = 1.0e9


class Protection:
    """The tables of the current day.

    infection, severe : float64, shape (101, N_PLACES) — share left of infections, and of severe outcomes of who is
        infected; by age and place
    """

    def __init__(self, campaigns: tuple[Vaccination, ...], disease: Disease) -> None:
        self._campaigns = campaigns
        self._tables = {name: _product(disease, name) for name in sorted({c.product for c in campaigns})}
        self.has_any = bool(campaigns)
        shape = (101, N_PLACES) if campaigns else (1, 1)
        self.infection, self.severe = np.ones(shape), np.ones(shape)

    def begin_day(self, day: int) -> None:
        """Compute the tables of a day."""
        if not self.has_any:
            return
        self.infection[:], self.severe[:] = 1.0, 1.0
        for campaign in self._campaigns:
            ages = slice(campaign.from_age, campaign.until_age)
            infection, severe = self._of_campaign(campaign, day)
            self.infection[ages], self.severe[ages] = infection, severe

    def _of_campaign(self, campaign: Vaccination, day: int) -> tuple[Array, Array]:
        """Return what one campaign leaves at each place of the queue."""
        table = self._tables[campaign.product]
        place = (np.arange(N_PLACES) + 0.5) / N_PLACES
        infection, severe = np.zeros(N_PLACES), np.zeros(N_PLACES)
        for dose in range(1, len(table["against_infection"])):
            since = day - dose_day(campaign, dose, place)
            has = since >= 0
            past = np.maximum(since[has] - table["full_days"], 0)
            infection[has] = table["against_infection"][dose] * 0.5 ** (past / table["half_days"])
            severe[has] = table["against_severe"][dose] * 0.5 ** (past / table["severe_half_days"])
        left = 1 - infection
        return left, np.minimum((1 - severe) / np.maximum(left, 1e-9), 1.0)


def severe_left(
    campaigns: tuple[Vaccination, ...], disease: Disease, infections: tuple[Array, Array, Array], seed: int
) -> Array:
    """Return the share of severe outcomes that vaccination leaves of infections.

    infections : persons, their ages, days of infection — int64, shape (I,) each
    """
    person, age, day = infections
    left = np.ones(len(person))
    if not campaigns or len(person) == 0:
        return left
    protection, place = Protection(campaigns, disease), np.empty(len(person), np.int64)
    list_vaccine_places(person, N_PLACES, np.uint64(seed), place)
    for one in np.unique(day).tolist():
        protection.begin_day(one)
        some = day == one
        left[some] = protection.severe[age[some], place[some]]
    return left


def dose_day(campaign: Vaccination, dose: int, place: Array) -> Array:
    """Return the day a dose reaches each place of the queue; far ahead where it never does.

    >>> dose_day(Vaccination("x", 0, 101, {1: 0.8}, until_day=10), 1, np.array([0.4, 0.9])).tolist()
    [5.0, 1000000000.0]
    """
    start = campaign.before.get(dose, 0.0)
    end = max(campaign.coverage.get(dose, start), start)
    length = max(campaign.until_day - campaign.from_day, 1)
    day = campaign.from_day + length * (place - start) / max(end - start, 1e-12)
    day = np.where(place < end, day, _NEVER)
    return np.asarray(np.where(place < start, campaign.from_day - campaign.before_days, day))


def _product(disease: Disease, name: str) -> Mapping[str, Any]:
    """Return the table of a vaccine, checked."""
    if name not in disease.vaccines:
        raise InputError(
            "simulate.unknown_vaccine",
            f"{disease.name} has no vaccine {name!r}.",
            f"Choose from {list_offenders(sorted(disease.vaccines)) or 'none'}.",
        )
    return disease.vaccines[name]
