"""Simulation of a population person by person: the population, its days, a disease, measures, what follows.

Owns `synthesize` and `run`. Never reads a policy pack (the scenario layer compiles packs into measures), a
ledger or a clock.
"""

from tongzhou.epi.simulate.population import Population, Role, SiteKind, synthesize

__all__ = ["Population", "Role", "SiteKind", "synthesize"]
