"""The 90 % interval of each estimator holds a simulated truth 87 to 93 times in a hundred."""

from __future__ import annotations

import numpy as np
import pytest

from tests.recovery.epi.registry import CHECKS, measure

QUICK = {
    "reproduction.estimate_rt": 0.2,
    "reproduction.case_reproduction": 0.1,
    "reproduction.growth_rate": 0.2,
    "reproduction.smooth_rt": 0.034,
    "nowcast lawless.complete": 0.1,
    "nowcast chain.ladder": 0.1,
    "forecast.Renewal": 0.07,
    "reproduction.estimate_rt, imported cases": 0.1,
    "forecast.LastWeek": 0.1,
    "forecast.Drift": 0.1,
    "delays.back_project": 0.1,
    "chain.fit_offspring": 0.05,
    "chain.generation_interval": 0.04,
    "contact.secondary_attack_rates (wilson)": 0.05,
    "contact.secondary_attack_rates (cluster-bootstrap)": 0.05,
    "screening.prevalence_from_pools": 0.1,
    "screening.prevalence_from_pools (mixed sizes)": 0.1,
}


@pytest.mark.parametrize("name", QUICK)
def test_interval_covers_within_the_error_of_few_simulations(name: str) -> None:
    found = measure(name, QUICK[name])
    slack = 3 * max(found.standard_error, np.sqrt(0.09 / found.n_intervals))
    assert 0.87 - slack < found.share < 0.93 + slack


@pytest.mark.slow
@pytest.mark.parametrize("name", CHECKS)
def test_interval_covers_at_full_size(name: str) -> None:
    found = measure(name)
    assert 0.87 - found.standard_error <= found.share <= 0.93 + found.standard_error
