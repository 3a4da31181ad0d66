"""Simulation of a population person by person: the population, its days, a disease, measures, what follows.

Owns `synthesize` and `run`. Never reads a policy pack (the scenario layer compiles packs into measures), a
ledger or a clock.
"""

from tongzhou.epi.simulate.engine import EngineOptions, Simulation
from tongzhou.epi.simulate.outcome import outcome_of, run
from tongzhou.epi.simulate.population import Population, Role, SiteKind, synthesize
from tongzhou.epi.simulate.results import Run

__all__ = [
    "EngineOptions",
    "Population",
    "Role",
    "Run",
    "Simulation",
    "SiteKind",
    "outcome_of",
    "run",
    "synthesize",
]
