"""A population prepared for the engine: contact layers as arrays, and the scale that gives a disease its R0.

Owns nothing lasting: all of it follows from a `Population` and a `Disease`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tongzhou.epi.simulate.contacts import sum_contacts
from tongzhou.epi.simulate.course import gamma_mean_one
from tongzhou.epi.simulate.disease import N_QUANTILES, Disease
from tongzhou.epi.simulate.marginals import composition
from tongzhou.epi.simulate.population import Population

Array = np.ndarray[Any, np.dtype[Any]]

AGE_GROUP_FROM = (0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80)
_SAMPLE, _DRAWS = 40_000, 8


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
    travel = composition()["travel"]
    n_cities = len(city_start) - 1
    persons = np.diff(city_start).astype(float)
    weight = np.maximum(np.bincount(cell_city, minlength=n_cities), 1)
    longitude = np.bincount(cell_city, population.cell_longitude, n_cities) / weight
    latitude = np.bincount(cell_city, population.cell_latitude, n_cities) / weight
    east = (longitude[:, None] - longitude) * 111.0 * np.cos(np.radians(latitude.mean()))
    away = np.maximum(np.hypot(east, (latitude[:, None] - latitude) * 111.0), 10.0)
    pull = persons[None, :] ** travel["gravity_population"] / away ** travel["gravity_distance"]
    np.fill_diagonal(pull, 0.0)
    total = pull.sum(axis=1, keepdims=True)
    return np.asarray(np.cumsum(np.divide(pull, total, out=np.zeros_like(pull), where=total > 0), axis=1))


def contact_matrix(
    layout: Layout, weights: Array, shares: tuple[float, float, float], seed: int = 0
) -> Array:
    """Return mean contacts a day of a person of age group i with age group j, shape (17, 17), from a sample.

    weights : float64, shape (4,) — household, school, work, community, contacts a day
    """
    population, n = layout.population, layout.population.n_persons
    rng = np.random.default_rng([seed, n])
    person = np.sort(rng.integers(0, n, min(_SAMPLE, 4 * n)))
    states = rng.integers(0, 1 << 63, len(person), dtype=np.uint64)
    group = layout.age_group[population.age]
    matrix = np.zeros((len(AGE_GROUP_FROM), len(AGE_GROUP_FROM)))
    cells = population.cell_of(person)
    sum_contacts(person, cells, group, layout.tables, weights, shares, _DRAWS, states, matrix)
    sampled = np.bincount(group[person], minlength=len(AGE_GROUP_FROM))
    return np.asarray(matrix / np.maximum(sampled, 1)[:, None])


def scale_to_r0(layout: Layout, disease: Disease) -> float:
    """Return the infections a day of contact gives so that the next-generation matrix by age has radius R0.

    Notes
    -----
    K[i, j] = contacts of a case of age i with age j x susceptibility of j x infectiousness of i, before anybody
    near the case is immune; in homes and classes depletion makes realised numbers smaller.
    """
    contacts = contact_matrix(layout, disease.layers, (disease.own_team, disease.near, disease.same_city))
    ages = np.asarray(AGE_GROUP_FROM)
    relative = disease.symptomatic + (1 - disease.symptomatic) * disease.asymptomatic_relative
    matrix = relative[ages][:, None] * contacts * disease.susceptibility[ages][None, :]
    radius = float(np.abs(np.linalg.eigvals(matrix)).max())
    return disease.r0 / radius if radius > 0 else 0.0


def individual_factor(disease: Disease) -> Array:
    """Return quantiles of individual infectiousness (gamma, mean 1, shape the dispersion)."""
    if disease.dispersion_k == 0 or not np.isfinite(disease.dispersion_k):
        return np.ones(N_QUANTILES)
    from scipy import stats

    u = (np.arange(N_QUANTILES) + 0.5) / N_QUANTILES
    k = disease.dispersion_k
    return np.asarray(gamma_mean_one(np.maximum(stats.gamma.ppf(u, k, scale=1 / k), 0.0)))
