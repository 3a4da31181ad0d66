"""A fit finds the parameters that made the series, with the coverage it claims."""

from __future__ import annotations

import numpy as np
import pytest

from tests.epi.simulate.populations import alone, mixing, plain_disease
from tongzhou.core.errors import InputError
from tongzhou.epi.simulate import EngineOptions, run
from tongzhou.epi.simulate.calibrate import Prior, fit_by_rejection


def test_intervals_cover_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(3)
    hits = 0
    for k in range(60):
        truth = rng.uniform(1, 9)
        observed = truth + rng.normal(0, 0.5, 2)

        def simulate(draw: dict[str, float], number: int, k: int = k) -> np.ndarray:
            return draw["mean"] + np.random.default_rng([k, number]).normal(0, 0.5, 2)

        fit = fit_by_rejection(simulate, {"mean": Prior(0, 10)}, observed, n_runs=600, n_kept=60, seed=k)
        low, _, high = fit.interval("mean", 0.9)
        hits += low <= truth <= high
    assert hits / 60 == pytest.approx(0.9, abs=0.11)


def test_reproduction_number_and_seeding_are_recovered_from_a_series():
    population = alone(20_000, 2)

    def simulate(draw: dict[str, float], number: int) -> np.ndarray:
        disease = plain_disease(draw["r0"], 3.0, 4.0, **mixing(community=1.0))
        options = EngineOptions(n_threads=1, keeps_line_list=False, scale=draw["r0"])
        outcome = run(
            population,
            disease,
            days=42,
            seed=number,
            introductions={4403: round(draw["seeds"])},
            options=options,
        )
        return np.sqrt(outcome.daily["infections"].to_numpy().reshape(6, 7).sum(axis=1))

    observed = simulate({"r0": 2.2, "seeds": 40.0}, 10_000)
    priors = {"r0": Prior(1.2, 4.0), "seeds": Prior(10, 160, is_log=True)}
    fit = fit_by_rejection(simulate, priors, observed, n_runs=400, n_kept=40, seed=1)
    low, middle, high = fit.interval("r0", 0.95)
    assert low <= 2.2 <= high
    assert middle == pytest.approx(2.2, abs=0.25)
    assert fit.interval("seeds", 0.95)[0] <= 40 <= fit.interval("seeds", 0.95)[2]
    assert fit.coverage(0.9).mean() > 0.6


@pytest.mark.parametrize(
    ("prior", "n_kept", "code"),
    [(Prior(2, 1), 5, "calibrate.bad_prior"), (Prior(1, 2), 50, "calibrate.bad_numbers")],
)
def test_impossible_fits_are_refused(prior, n_kept, code):
    with pytest.raises(InputError) as error:
        fit_by_rejection(lambda draw, run: np.zeros(1), {"x": prior}, np.zeros(1), n_runs=10, n_kept=n_kept)
    assert error.value.code == code
