"""The engine gives the outcomes of the plain reference, in distribution."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tests.epi.simulate.populations import in_homes_and_teams, mixing, plain_disease
from tests.epi.simulate.reference import contact_of, outbreak_size
from tongzhou.epi.simulate import EngineOptions, run

N_RUNS = 400


@pytest.mark.parametrize(
    "weights", [(1.2, 0.0, 0.0), (0.0, 1.5, 0.0), (0.5, 0.5, 0.5), (1.0, 2.0, 0.3)], ids=str
)
def test_outbreak_sizes_follow_the_reference(weights):
    population = in_homes_and_teams(n_homes=12, home_size=3, team_size=6)
    home, team = np.repeat(np.arange(12), 3), population.team
    rng = np.random.default_rng(11)
    contact = contact_of(home, team, weights)
    expected = [outbreak_size(rng, contact, 2.0, 3.0, 1) for _ in range(N_RUNS)]
    disease = plain_disease(1.0, 2.0, 3.0, **mixing(*weights))
    options = EngineOptions(n_threads=1, scale=1.0)
    found = [
        run(population, disease, days=200, seed=seed, introductions={4403: 1}, options=options).summary()[
            "infections"
        ]
        for seed in range(N_RUNS)
    ]
    edges = np.asarray([1, 2, 3, 4, 8, 16, 37])
    table = np.stack([np.histogram(sizes, edges)[0] for sizes in (expected, found)])
    table = table[:, table.sum(axis=0) > 0]
    assert stats.chi2_contingency(table).pvalue > 0.001
    assert np.mean(found) == pytest.approx(np.mean(expected), abs=4 * np.std(expected) / np.sqrt(N_RUNS / 2))
