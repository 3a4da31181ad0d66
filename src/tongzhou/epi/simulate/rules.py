"""What measures leave of each contact on a day: limits by zone and layer, season, vaccination, the border.

Owns the compilation of `Measures` into the small tables the kernels read each day.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy, deepcopy
from typing import Any

import numpy as np

from tongzhou.core.area_codes import is_within_any, normalise_code
from tongzhou.core.errors import InputError, list_offenders
from tongzhou.core.measures import ContactLayer, ContactLimit, MassScreening, Measures
from tongzhou.epi.simulate.disease import Disease
from tongzhou.epi.simulate.population import Population
from tongzhou.epi.simulate.switches import CaseCount, Switch
from tongzhou.epi.simulate.vaccination import Protection

Array = np.ndarray[Any, np.dtype[Any]]

LAYER_OF = {
    ContactLayer.HOUSEHOLD: 0,
    ContactLayer.SCHOOL: 1,
    ContactLayer.WORK: 2,
    ContactLayer.NEIGHBOURHOOD: 3,
    ContactLayer.CITY: 4,
    ContactLayer.TRAVEL: 5,
    ContactLayer.CARE_HOME: 6,
}
N_LAYERS = 8
_YEAR = 365.25


class DayRules:
    """The tables of the current day.

    year_day : float or None — the day of the year of day 0; None leaves the season out
    """

    def __init__(
        self, population: Population, disease: Disease, measures: Measures, year_day: float | None = None
    ) -> None:
        self._disease, self._measures, self._year_day = disease, measures, year_day
        n_areas = len(population.area_code)
        self._switches = [Switch(limit.span, n_areas) for limit in measures.limits]
        self._border = Switch(measures.border.span, 1) if measures.border else None
        self.zone_of_area, self._area_of_zone, self._holds = _cut_zones(population, measures)
        self.has_zones = len(self._area_of_zone) > 1
        self.zones = self._locate(population)
        self._residents = np.diff(population.area_start)
        self.protection = Protection(measures.vaccinations, disease)
        self.kept = np.ones((len(self._area_of_zone), N_LAYERS))
        self.share_caught_at_border = 0.0
        self.restricted = np.zeros(n_areas)

    def copy(self) -> DayRules:
        """Return an independent copy."""
        twin = copy(self)
        twin._switches = [switch.copy() for switch in self._switches]
        twin._border = self._border and self._border.copy()
        twin.kept, twin.protection = self.kept.copy(), deepcopy(self.protection)
        return twin

    def _locate(self, population: Population) -> tuple[Array, Array, Array]:
        """Return the first cell of each 256 persons, the cells, and their zones."""
        if not self.has_zones:
            return np.zeros(1, np.int32), population.cell_start, np.zeros(1, np.int32)
        marks = np.arange(0, population.n_persons, 256)
        zone = self.zone_of_area[population.cell_area].astype(np.int32)
        return population.cell_of(marks).astype(np.int32), population.cell_start, zone

    def begin_day(self, day: int, count: CaseCount) -> None:
        """Compute the tables of a day."""
        self.kept[:] = self._season(day)
        share = np.zeros(len(self.kept))
        for limit, switch, holds in zip(self._measures.limits, self._switches, self._holds, strict=True):
            on = switch.is_on(day, count)
            self._apply(limit, holds & (on[self._area_of_zone] if limit.span.by_area else on), share)
        self.restricted = share[self.zone_of_area] * self._residents
        self.protection.begin_day(day)
        border = self._measures.border
        caught = border is not None and self._border is not None and self._border.is_on(day, count).any()
        self.share_caught_at_border = border.share_caught if caught and border else 0.0

    def _season(self, day: int) -> float:
        """Return the transmission of a day, relative to its peak of the year."""
        amplitude, peak = self._disease.season
        if self._year_day is None or amplitude == 0:
            return 1.0
        return (1 + amplitude * math.cos(2 * math.pi * (self._year_day + day - peak) / _YEAR)) / (
            1 + amplitude
        )

    def _apply(self, limit: ContactLimit, on: Array, share: Array) -> None:
        """Multiply what a limit keeps into the zones where it holds."""
        share[on] = np.maximum(share[on], limit.share_restricted)
        for layer, kept in limit.kept.items():
            self.kept[on, LAYER_OF[ContactLayer(layer)]] *= kept

    @property
    def of_acceptance(self) -> tuple[Any, ...]:
        """Rules as `kernels.accept_shard` takes them; the first flag is for orders."""
        d = self._disease
        flags = (self.has_orders, self.has_zones, self.protection.has_any)
        return d.susceptibility, d.immune_days, d.half_days, self.kept, self.protection.infection, flags

    has_orders: bool = False


def _cut_zones(population: Population, measures: Measures) -> tuple[Array, Array, list[Array]]:
    """Group areas by the limits that may hold there.

    Returns
    -------
    tuple
        The zone of each area; an area of each zone; for each limit, whether it may hold in each zone.
    """
    codes = [str(code) for code in population.area_code]
    _check_prefixes(codes, measures)
    follows = any(limit.span.by_area for limit in measures.limits)
    inside = [covered(codes, limit.area_prefixes) for limit in measures.limits]
    keys = [(k if follows else 0, *(row[k] for row in inside)) for k in range(len(codes))]
    zones = sorted(set(keys))
    number = {key: k for k, key in enumerate(zones)}
    zone = np.asarray([number[key] for key in keys], np.int64)
    first = np.asarray([keys.index(key) for key in zones], np.int64) if not follows else np.arange(len(codes))
    return zone, first, [np.asarray(row, bool)[first] for row in inside]


def covered(codes: Sequence[str], prefixes: Sequence[str]) -> list[bool]:
    """Return which areas lie within some prefixes, padded to six digits or not; all of them without any.

    >>> covered(["440305", "440306", "4401"], ["440300"])
    [True, True, False]
    """
    plain = [normalise_code(prefix) for prefix in prefixes]
    return [not plain or is_within_any(code, plain) for code in codes]


def _check_prefixes(codes: list[str], measures: Measures) -> None:
    """Refuse measures for areas the population does not have, or does not tell apart."""
    asked: dict[str, Sequence[ContactLimit | MassScreening]] = {
        "limits": measures.limits,
        "screenings": measures.screenings,
    }
    every = [
        (f"{kind}[{k}]", normalise_code(p))
        for kind, some in asked.items()
        for k, one in enumerate(some)
        for p in one.area_prefixes
    ]
    lost = [
        f"{where} {p}" for where, p in every if not any(c.startswith(p) or p.startswith(c) for c in codes)
    ]
    finer = [f"{where} {p}" for where, p in every if not any(c.startswith(p) for c in codes)]
    if lost or finer:
        raise InputError(
            "simulate.unknown_area",
            f"The population has no area within {list_offenders(lost or finer)}.",
            "Make the population of areas as fine as the measures." if not lost else "Correct the prefixes.",
        )
