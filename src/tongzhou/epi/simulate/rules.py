"""What measures leave of each contact on a day: limits by zone and layer, season, vaccination, the border.

Owns the compilation of `Measures` into the small tables the kernels read each day.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tongzhou.core.errors import InputError, list_offenders
from tongzhou.core.measures import ContactLayer, Measures, Span, Vaccination
from tongzhou.epi.simulate.disease import Disease
from tongzhou.epi.simulate.population import Population

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


class Switch:
    """Tells on which days a span holds; once begun by its number of cases it stays begun."""

    def __init__(self, span: Span) -> None:
        self.span = span
        self.begun: int | None = None

    def is_on(self, day: int, n_cases: int) -> bool:
        """Whether the span holds on a day, given the cases known."""
        span = self.span
        if self.begun is None and day >= span.from_day and n_cases >= span.from_cases:
            self.begun = day
        return self.begun is not None and self.begun <= day < span.until_day


class DayRules:
    """The tables of the current day."""

    def __init__(self, population: Population, disease: Disease, measures: Measures) -> None:
        self._disease, self._measures = disease, measures
        self.switches = [Switch(limit.span) for limit in measures.limits]
        self._border = Switch(measures.border.span) if measures.border else None
        self.zone_of_area, self._limits_of_zone = _cut_zones(population, measures)
        self.has_zones = len(self._limits_of_zone) > 1
        self.zones = self._locate(population)
        self.persons_of_zone = np.bincount(
            self.zone_of_area, np.diff(population.area_start), len(self._limits_of_zone)
        )
        self._product = _one_product(measures.vaccinations, disease)
        n_doses = len(self._product[0]) - 1
        self.coverage = np.zeros((101, n_doses))
        self.kept = np.ones((len(self._limits_of_zone), N_LAYERS))
        self.share_caught_at_border = 0.0
        self.n_restricted = 0.0

    def _locate(self, population: Population) -> tuple[Array, Array, Array]:
        """Return the first cell of each 256 persons, the cells, and their zones."""
        if not self.has_zones:
            return np.zeros(1, np.int32), population.cell_start, np.zeros(1, np.int32)
        marks = np.arange(0, population.n_persons, 256)
        zone = self.zone_of_area[population.cell_area].astype(np.int32)
        return population.cell_of(marks).astype(np.int32), population.cell_start, zone

    def begin_day(self, day: int, n_cases: int) -> None:
        """Compute the tables of a day."""
        amplitude, peak = self._disease.season
        season = (1 + amplitude * math.cos(2 * math.pi * (day - peak) / _YEAR)) / (1 + amplitude)
        self.kept[:] = season
        self.n_restricted = 0.0
        on = [switch.is_on(day, n_cases) for switch in self.switches]
        for zone, limits in enumerate(self._limits_of_zone):
            share = 0.0
            for k in limits:
                if on[k]:
                    limit = self._measures.limits[k]
                    share = max(share, limit.share_restricted)
                    for layer, kept in limit.kept.items():
                        self.kept[zone, LAYER_OF[ContactLayer(layer)]] *= kept
            self.n_restricted += share * float(self.persons_of_zone[zone])
        for campaign in self._measures.vaccinations:
            _fill_coverage(self.coverage, campaign, day)
        caught = self._border is not None and self._border.is_on(day, n_cases)
        self.share_caught_at_border = (
            self._measures.border.share_caught if caught and self._measures.border else 0.0
        )

    @property
    def of_acceptance(self) -> tuple[Any, ...]:
        """Rules as `kernels.accept_shard` takes them; the first flag is for orders."""
        d = self._disease
        flags = (self.has_orders, self.has_zones, len(self._measures.vaccinations) > 0)
        return d.susceptibility, d.immune_days, d.half_days, self.kept, self.coverage, self._product[0], flags

    @property
    def of_spread(self) -> tuple[Any, ...]:
        """Rules as `kernels.spread_shard` takes them."""
        return self.coverage, self._product[1], len(self._measures.vaccinations) > 0

    has_orders: bool = False


def _cut_zones(population: Population, measures: Measures) -> tuple[Array, list[tuple[int, ...]]]:
    """Group areas by the limits that may hold there; return the zone of each area, the limits of each zone."""
    codes = [str(code) for code in population.area_code]
    every = [(f"limits[{k}]", p) for k, limit in enumerate(measures.limits) for p in limit.area_prefixes]
    every += [
        (f"screenings[{k}]", p) for k, some in enumerate(measures.screenings) for p in some.area_prefixes
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
    keys = [
        tuple(
            k
            for k, limit in enumerate(measures.limits)
            if not limit.area_prefixes or any(code.startswith(p) for p in limit.area_prefixes)
        )
        for code in codes
    ]
    zones = sorted(set(keys))
    return np.asarray([zones.index(key) for key in keys], np.int64), zones


def _one_product(vaccinations: tuple[Vaccination, ...], disease: Disease) -> tuple[Array, Array]:
    """Return effectiveness by dose against infection, and against severe outcomes of who is infected."""
    names = sorted({campaign.product for campaign in vaccinations})
    if not names:
        return np.zeros(2), np.zeros(2)
    if len(names) > 1 or names[0] not in disease.vaccines:
        raise InputError(
            "simulate.unknown_vaccine",
            f"Vaccinations use {names}.",
            f"Use one of {sorted(disease.vaccines)} of {disease.name} in one run.",
        )
    table = disease.vaccines[names[0]]
    infection, severe = (
        np.asarray(table["against_infection"], float),
        np.asarray(table["against_severe"], float),
    )
    return infection, 1 - (1 - severe) / (1 - infection)


def _fill_coverage(coverage: Array, campaign: Vaccination, day: int) -> None:
    """Write the shares with each number of doses on a day."""
    length = max(campaign.until_day - campaign.from_day, 1)
    done = min(max((day - campaign.from_day) / length, 0.0), 1.0)
    for dose in range(1, coverage.shape[1] + 1):
        start = campaign.before.get(dose, 0.0)
        share = start + done * max(campaign.coverage.get(dose, start) - start, 0.0)
        coverage[campaign.from_age : campaign.until_age, dose - 1] = share
