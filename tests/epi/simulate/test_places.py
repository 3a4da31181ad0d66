"""Sites differ in how much contact they hold: infections at work gather in few of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from tests.epi.simulate.populations import in_homes_and_teams, mixing, plain_disease
from tongzhou.epi.simulate import EngineOptions, run
from tongzhou.epi.simulate.disease import Disease
from tongzhou.epi.simulate.layout import site_factor


def infected_by_team(disease: Disease) -> np.ndarray:
    """Return how many of each team of 20 their one index case infected."""
    population = in_homes_and_teams(n_homes=8000, home_size=1, team_size=20)
    n_teams = int(population.team.max()) + 1
    options = EngineOptions(scale=1.0)
    lines = run(
        population, disease, days=40, seed=1, introductions={4403: n_teams}, options=options
    ).line_list
    index = lines.filter(pl.col("infector").is_null()).select(infector="person")
    found = index.join(lines.group_by("infector").len(), on="infector", how="left")
    return found["len"].fill_null(0).to_numpy()


def test_infections_gather_in_few_sites():
    plain = plain_disease(1.0, 1.0, 2.0, **mixing(work=1.0))
    alike, apart = infected_by_team(plain), infected_by_team(replace(plain, place_k=0.3))
    assert 0.5 * alike.mean() < apart.mean() < alike.mean()  # who is at a hot site is soon infected already
    assert (apart == 0).mean() > (alike == 0).mean() + 0.1
    assert apart.var() > 1.5 * alike.var()


@pytest.mark.parametrize("k", [0.3, 1.0, 5.0])
def test_contact_by_site_has_mean_one_and_the_variance_of_its_shape(k):
    factor = site_factor(k)
    assert factor.mean() == pytest.approx(1.0)
    assert factor.var() == pytest.approx(1 / k, rel=0.05)
