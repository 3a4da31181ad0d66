"""The engine gives the outcomes of the plain reference, in distribution: sizes, moments, with and without measures."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tests.epi.simulate.populations import in_homes_and_teams, mixing, plain_disease
from tests.epi.simulate.reference import contact_of, outbreak
from tongzhou.core.measures import CaseIsolation, ContactLayer, ContactLimit, Measures, SymptomaticTesting
from tongzhou.epi.simulate import EngineOptions, run

N_RUNS = 400
POPULATION = in_homes_and_teams(n_homes=12, home_size=3, team_size=6)
HOME = np.repeat(np.arange(12), 3)
ALL = (1.0, 2.0, 0.3)
EDGES = np.asarray([1, 2, 3, 4, 8, 16, 37])


def expected(weights: tuple[float, float, float], **changes: float) -> list[list[float]]:
    """Return the moments of infection of each outbreak of the reference."""
    rng = np.random.default_rng(11)
    contact = contact_of(HOME, POPULATION.team, weights)
    return [outbreak(rng, contact, 2.0, 3.0, **changes) for _ in range(N_RUNS)]


def found(weights: tuple[float, float, float], measures: Measures | None = None) -> list[list[float]]:
    """Return the same of the engine."""
    disease = plain_disease(1.0, 2.0, 3.0, **mixing(*weights))
    options = EngineOptions(n_threads=1, scale=1.0)
    outbreaks = []
    for seed in range(N_RUNS):
        outcome = run(POPULATION, disease, measures, 200, seed, {4403: 1}, options=options)
        moments = outcome.line_list["infected_at"].to_numpy()
        outbreaks.append((moments - moments[0]).tolist())
    return outbreaks


def assert_same_sizes(one: list[list[float]], other: list[list[float]]) -> None:
    """Compare the distributions of sizes, and their means."""
    sizes = [np.asarray([len(moments) for moments in some]) for some in (one, other)]
    table = np.stack([np.histogram(some, EDGES)[0] for some in sizes])
    table = table[:, table.sum(axis=0) > 0]
    assert stats.chi2_contingency(table).pvalue > 0.001
    error = np.sqrt(sum(some.var() for some in sizes) / N_RUNS)
    assert abs(sizes[0].mean() - sizes[1].mean()) < 4 * error


@pytest.mark.parametrize("weights", [(1.2, 0.0, 0.0), (0.0, 1.5, 0.0), (0.5, 0.5, 0.5), ALL], ids=str)
def test_outbreak_sizes_follow_the_reference(weights):
    assert_same_sizes(expected(weights), found(weights))


def test_moments_of_infection_follow_the_reference():
    for rank in (1, 4, 12):
        times = [[m[rank] for m in some if len(m) > rank] for some in (expected(ALL), found(ALL))]
        assert stats.ks_2samp(*times).pvalue > 0.001


def test_outbreaks_under_a_limit_follow_the_reference_of_fewer_contacts():
    half = Measures(limits=(ContactLimit("half", dict.fromkeys(ContactLayer, 0.5)),))
    assert_same_sizes(expected(tuple(w / 2 for w in ALL)), found(ALL, half))


def test_outbreaks_under_isolation_follow_the_reference():
    after = Measures(testing=SymptomaticTesting(1.0, 1.0, 0.01), isolation=CaseIsolation(1.0))
    assert_same_sizes(expected(ALL, isolated_after=1.0), found(ALL, after))
