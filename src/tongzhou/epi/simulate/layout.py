"""A population prepared for the engine: contact layers as arrays, and the scale that gives a disease its R0.

Owns nothing lasting: all of it follows from a `Population` and a `Disease`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq

from tongzhou.core.errors import EstimationFailed
from tongzhou.epi.simulate.contacts import N_PAIR_BINS, sum_contacts
from tongzhou.epi.simulate.course import gamma_mean_one
from tongzhou.epi.simulate.disease import N_QUANTILES, Disease
from tongzhou.epi.simulate.marginals import gravity
from tongzhou.epi.simulate.population import Population

Array = np.ndarray[Any, np.dtype[Any]]

AGE_GROUP_FROM = (0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80)
_SAMPLE, _DRAWS = 40_000, 8
_MAX_SCALE = 1e4


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Arrays the kernels read.

    tables : tuple — home, role, team, team_ranges, member, cell_start, cell_city, city_start, flows; as
        `simulate.contacts.weigh_layers` names them
    age_group : uint8, shape (101,) — index into `AGE_GROUP_FROM`
    """

    population: Population
    tables: tuple[Array, ...]
    age_group: Array


def lay_out(population: Population) -> Layout:
    """Return the layout of a population; O(teams + cells)."""
    p = population
    city = np.concatenate([[0], np.cumsum(np.diff(p.area_city) != 0)])
    cell_city = city[p.cell_area].astype(np.int32)
    n_cities = int(city[-1]) + 1
    city_start = p.cell_start[np.searchsorted(cell_city, np.arange(n_cities + 1))].astype(np.int64)
    tables = (
        p.home, p.role, p.team, _team_ranges(p), p.member, p.cell_start, cell_city, city_start,
        travel_flows(p, cell_city, city_start),
    )  # fmt: skip
    group = (np.searchsorted(AGE_GROUP_FROM, np.arange(101), side="right") - 1).astype(np.uint8)
    return Layout(population, tables, group)


def _team_ranges(population: Population) -> Array:
    """Return, for each team, the ranges of members of the team and of its site: what a contact needs in one place."""
    teams = np.diff(population.site_first_team)
    edges = population.team_start[population.site_first_team]
    ranges = np.empty((len(population.team_start) - 1, 4), np.int32)
    ranges[:, 0], ranges[:, 1] = population.team_start[:-1], population.team_start[1:]
    ranges[:, 2], ranges[:, 3] = np.repeat(edges[:-1], teams), np.repeat(edges[1:], teams)
    return ranges


def travel_flows(population: Population, cell_city: Array, city_start: Array) -> Array:
    """Return cumulative shares of the other cities in the contacts beyond one's own, shape (K, K), by gravity."""
    n_cities = len(city_start) - 1
    weight = np.maximum(np.bincount(cell_city, minlength=n_cities), 1)
    longitude = np.bincount(cell_city, population.cell_longitude, n_cities) / weight
    latitude = np.bincount(cell_city, population.cell_latitude, n_cities) / weight
    return gravity(np.diff(city_start).astype(float), longitude, latitude)


def contacts_by_pair(
    layout: Layout, weights: Array, shares: tuple[float, float, float], seed: int = 0
) -> Array:
    """Return mean contacts a day of a person of age i with age j by the contact of a pair, shape (bins, 17, 17).

    weights : float64, shape (4,) — household, school, work, community, contacts a day

    Notes
    -----
    From a sample of at most 40,000 persons with 8 contacts each.
    """
    population, n = layout.population, layout.population.n_persons
    rng = np.random.default_rng([seed, n])
    person = np.sort(rng.integers(0, n, min(_SAMPLE, 4 * n)))
    states = rng.integers(0, 1 << 63, len(person), dtype=np.uint64)
    n_groups = len(AGE_GROUP_FROM)
    matrix = np.zeros((N_PAIR_BINS, n_groups, n_groups))
    cells, groups = population.cell_of(person), layout.age_group
    sum_contacts(
        person, cells, population.age, groups, layout.tables, weights, shares, _DRAWS, states, matrix
    )
    sampled = np.bincount(groups[population.age[person]], minlength=n_groups)
    return np.asarray(matrix / np.maximum(sampled, 1)[:, None])


def contact_matrix(
    layout: Layout, weights: Array, shares: tuple[float, float, float], seed: int = 0
) -> Array:
    """Return mean contacts a day of a person of age group i with age group j, shape (17, 17)."""
    return np.asarray(contacts_by_pair(layout, weights, shares, seed).sum(axis=0))


def scale_to_r0(layout: Layout, disease: Disease) -> float:
    """Return the infections a unit of contact gives so that the next-generation matrix by age has radius R0.

    Notes
    -----
    K[i, j] is the number of different persons of age j that a case of age i infects where nobody is immune, all sites
    taken as alike (sites that differ leave the number of the first generations as it is). The contacts of one pair
    infect once: with mean m they count 1 - exp(-m), averaged over individual
    infectiousness. Of cases in one home the later find fewer to infect, so that realised numbers are smaller.
    """
    shares = (disease.own_team, disease.near, disease.same_city)
    contacts = contacts_by_pair(layout, disease.layers, shares)
    if contacts.sum() == 0:
        return 0.0
    ages = np.asarray(AGE_GROUP_FROM)
    by_target = disease.susceptibility[ages][None, None, :]
    symptomatic = disease.symptomatic[ages]
    factor = _infectiousness(disease)
    used = contacts.any(axis=(1, 2))
    pair = np.append(0.0, 2.0 ** ((np.arange(N_PAIR_BINS - 1) + 0.5) / 4 - 6))[used]
    contacts = contacts[used]

    def radius(scale: float) -> float:
        by_source = np.zeros((len(pair), len(ages)))
        for relative, share in ((1.0, symptomatic), (disease.asymptomatic_relative, 1 - symptomatic)):
            if relative == 0 or not share.any():
                continue
            mean = scale * relative * np.maximum(pair, 1e-9)[:, None] * factor[None, :]
            kept = scale * relative * (-np.expm1(-mean)).mean(axis=1) / mean.mean(axis=1)
            by_source += kept[:, None] * share[None, :]
        matrix = (by_source[:, :, None] * contacts * by_target).sum(axis=0)
        return float(np.abs(np.linalg.eigvals(matrix)).max())

    low, high = 0.0, 1e-3
    while radius(high) < disease.r0:
        low, high = high, 2 * high
        if high > _MAX_SCALE:
            raise EstimationFailed(
                "simulate.r0_out_of_reach",
                f"No contact rate gives {disease.name} its R0 {disease.r0}: homes and teams are too small.",
                "Give the disease community contact.",
            )
    return float(brentq(lambda scale: radius(scale) - disease.r0, low, high, rtol=1e-10))


def _infectiousness(disease: Disease) -> Array:
    """Return equally likely values of individual infectiousness times length of the infectious period (mean 1)."""
    factor = individual_factor(disease)
    if disease.infectious_days is None:
        return factor
    length = disease.infectious_days / disease.infectious_days.mean()
    few = [values[8::16] if np.ptp(values) > 0 else values[:1] for values in (factor, length)]
    return np.asarray(np.outer(*few).ravel())


def individual_factor(disease: Disease) -> Array:
    """Return quantiles of individual infectiousness (gamma, mean 1, shape the dispersion)."""
    if disease.dispersion_k == 0 or not np.isfinite(disease.dispersion_k):
        return np.ones(N_QUANTILES)
    return _gamma(disease.dispersion_k)


def site_factor(place_k: float) -> Array:
    """Return quantiles of infectious contact by site (gamma, mean 1, shape `place_k`); one value for 0."""
    return np.ones(1) if place_k == 0 or not np.isfinite(place_k) else _gamma(place_k)


def _gamma(k: float) -> Array:
    """Return quantiles of the gamma distribution of mean 1 and shape k."""
    from scipy import stats

    u = (np.arange(N_QUANTILES) + 0.5) / N_QUANTILES
    return np.asarray(gamma_mean_one(np.maximum(stats.gamma.ppf(u, k, scale=1 / k), 0.0)))
