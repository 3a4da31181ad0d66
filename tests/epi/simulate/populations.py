"""Populations and diseases small and simple enough to be checked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tongzhou.epi.simulate import Population
from tongzhou.epi.simulate.disease import N_QUANTILES, Disease, load_disease, quantiles


def alone(n_persons: int, n_cells: int = 1) -> Population:
    """Return persons of 40 without household or team, who only meet at random."""
    return _population(np.full(n_persons, 1 << 4, np.uint8), np.full(n_persons, -1, np.int32), n_cells)


def in_homes_and_teams(n_homes: int, home_size: int, team_size: int) -> Population:
    """Return persons of 40 in equal homes; every `n_homes`-th person shares a team."""
    n = n_homes * home_size
    home = np.tile(np.asarray([(home_size << 4) | k for k in range(home_size)], np.uint8), n_homes)
    team = (np.arange(n) % (n // team_size)).astype(np.int32)
    return _population(home, team, 1)


def _population(home: np.ndarray, team: np.ndarray, n_cells: int) -> Population:
    n, n_teams = len(home), int(team.max()) + 1
    order = np.argsort(team, kind="stable")
    member = order[np.sort(team) >= 0].astype(np.int32)
    sizes = np.bincount(team[team >= 0], minlength=n_teams)
    cell_start = np.arange(n_cells + 1, dtype=np.int64) * n // n_cells
    return Population(
        age=np.full(n, 40, np.uint8),
        sex=np.zeros(n, np.uint8),
        role=np.where(team >= 0, 6, 0).astype(np.uint8),
        home=home,
        team=team,
        team_start=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        member=member,
        site_first_team=np.arange(n_teams + 1, dtype=np.int32),
        site_kind=np.full(n_teams, 23, np.uint8),
        site_cell=np.zeros(n_teams, np.int32),
        cell_start=cell_start,
        cell_area=np.zeros(n_cells, np.int32),
        area_code=np.asarray([4403]),
        area_city=np.asarray([4403]),
        area_residents=np.asarray([n]),
        cell_longitude=np.zeros(n_cells),
        cell_latitude=np.zeros(n_cells),
        cell_radius_km=np.ones(n_cells),
    )


def plain_disease(
    r0: float, latent_days: float = 4.0, infectious_days: float = 5.0, **changes: object
) -> Disease:
    """Return a disease of the SEIR kind: exponential periods, everybody alike, immunity for life."""
    base = load_disease("sars-cov-2/wild-type")
    return replace(
        base,
        name="seir",
        r0=r0,
        dispersion_k=0.0,
        incubation=quantiles({"kind": "exponential", "mean": latent_days}, "latent"),
        transmission=(np.arange(N_QUANTILES) + 0.5) / N_QUANTILES,
        infectious_days=quantiles({"kind": "exponential", "mean": infectious_days}, "infectious"),
        start=0.0,
        min_latent=0.0,
        symptomatic=np.ones(101),
        asymptomatic_relative=1.0,
        admitted=np.zeros(101),
        icu=np.zeros(101),
        died=np.zeros(101),
        susceptibility=np.ones(101),
        place_k=0.0,
        immune_days=1e9,
        half_days=1e9,
        **changes,
    )


def mixing(household: float = 0.0, work: float = 0.0, community: float = 0.0) -> dict[str, object]:
    """Return the contact layers of `plain_disease`; all of the work layer within the team, no near neighbours."""
    weights = np.asarray([household, 0.0, work, community])
    return {"layers": weights, "own_team": 1.0, "near": 0.0, "same_city": 1.0}
