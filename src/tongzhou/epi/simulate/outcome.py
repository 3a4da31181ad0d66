"""One call from a population to an outcome with its provenance. Owns `run` and the digest of a run's inputs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np

from tongzhou.core.estimates import Provenance, digest_arrays
from tongzhou.core.measures import Measures
from tongzhou.epi.simulate.disease import Disease
from tongzhou.epi.simulate.engine import EngineOptions, Simulation
from tongzhou.epi.simulate.introductions import Introductions
from tongzhou.epi.simulate.population import Population
from tongzhou.epi.simulate.results import Run


def run(
    population: Population,
    disease: Disease | str = "sars-cov-2/wild-type",
    measures: Measures | None = None,
    days: int = 100,
    seed: int = 0,
    introductions: Introductions | None = None,
    *,
    first_day: date | None = None,
    options: EngineOptions | None = None,
    progress: Callable[[int], bool] | None = None,
) -> Run:
    """Simulate an epidemic and return its outcome.

    Parameters and errors as `Simulation`; `progress` as `Simulation.advance`.

    Examples
    --------
    >>> from tongzhou.epi.simulate import synthesize
    >>> outcome = run(synthesize(["4403"], 2000, seed=1), days=30, introductions={"4403": 5})
    >>> outcome.summary()["infections"] >= 5
    True
    """
    simulation = Simulation(
        population, disease, measures, n_days=days, seed=seed, introductions=introductions, first_day=first_day,
        options=options,
    )  # fmt: skip
    simulation.advance(progress=progress)
    return outcome_of(simulation)


def outcome_of(simulation: Simulation) -> Run:
    """Return the outcome of a simulation as it stands."""
    method = Provenance(
        method="tongzhou.epi.simulate",
        options={"disease": simulation.disease.name, "seed": simulation.seed, "n_days": simulation.n_days},
        inputs_digest=digest_inputs(simulation),
    )
    return Run(simulation, method)


def digest_inputs(simulation: Simulation) -> str:
    """Return the SHA-256 of everything that decides the outcome of a simulation, known before it runs."""
    s = simulation
    chosen = repr((s.measures, s.seed, s.n_days, s.scale, s.first_day, s.introductions))
    inputs = s.population_digest() + s.disease.digest() + chosen
    return digest_arrays(np.frombuffer(inputs.encode(), np.uint8))
