"""The 90 % interval of each estimator holds a simulated truth 87 to 93 times in a hundred."""

from __future__ import annotations

import importlib
import inspect

import numpy as np
import pytest

from tests.recovery.epi.registry import CHECKS, measure
from tongzhou.epi.forecast import Forecaster
from tongzhou.epi.nowcast import METHODS
from tongzhou.epi.proportions import METHODS as PROPORTIONS

PARTS = ("chain", "contact", "delays", "detect", "forecast", "nowcast", "reproduction", "scan", "screening")
BY_OPTION = {
    "nowcast.estimate_nowcast": [f"nowcast {method}" for method in METHODS],
    "contact.secondary_attack_rates": [
        f"contact.secondary_attack_rates ({method})" for method in (*PROPORTIONS, "cluster-bootstrap")
    ],
    "delays.fit_delay": ["delays.fit_delay (truncated)", "delays.fit_delay (bootstrap)"],
    "chain.offspring": ["chain.offspring (known pairs)", "chain.offspring (inferred pairs)"],
}
SAME_AS = {
    "delays.compare_families": "delays.fit_delay (truncated)",
    "forecast.forecast_cases": "forecast.Renewal",
    "forecast.evaluate_forecasts": "forecast.Renewal",
    "nowcast.nowcast_groups": "nowcast bayes.trunc",
}
NO_INTERVAL = {
    "chain": "chain_of_pairs contacts_within generations_of infer_chain layout_tree offspring_of read_cases "
    "superspreading_share",
    "contact": "contact_matrix cut_into_bands find_exposures find_shared_sources onward_degrees",
    "delays": "as_pmf check_pmf convolve deconvolve discretise",
    # Bounds that say when to sound; how often they sound in vain is measured in epi/detect/test_detect_recovery.py.
    "detect": "bayes cdc combine cusum ears farrington farrington_flexible find_detector glr_nb glr_poisson knox "
    "moving_percentile outbreak_p rki scan stcd",
    "forecast": "combine_samples crps_sample dss interval_score logs rps ses wis",
    "nowcast": "reporting_triangle",
    "reproduction": "growth_to_r overall_infectivity r_to_growth",
    "scan": "knox scan stcd",
    "screening": "coverage",
}

QUICK = {
    "reproduction.estimate_rt": 0.2,
    "reproduction.case_reproduction": 0.1,
    "reproduction.growth_rate": 0.2,
    "reproduction.smooth_rt": 0.034,
    "nowcast lawless.complete": 0.1,
    "nowcast lawless": 0.04,
    "nowcast bayes.notrunc.bnb": 0.04,
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


@pytest.mark.parametrize("part", PARTS)
def test_every_public_estimator_with_an_interval_has_its_row(part: str) -> None:
    module = importlib.import_module(f"tongzhou.epi.{part}")
    public = {name: getattr(module, name) for name in module.__all__}
    estimators = [
        name
        for name, item in public.items()
        if inspect.isfunction(item)
        or (inspect.isclass(item) and hasattr(item, "min_history") and item is not Forecaster)
    ]
    for name in set(estimators) - set(NO_INTERVAL[part].split()):
        full = f"{part}.{name}"
        rows = BY_OPTION.get(full) or [SAME_AS.get(full, full)]
        assert set(rows) <= set(CHECKS), f"{full} has an interval and no row in CHECKS"


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
