"""Who fell ill when, whom they met and who infected them: spread evenly, or as a simulation of a city has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tongzhou.epi.simulate import Population

N_DAYS = 42
PERSONS_A_TRAVELLER = 5_000
"""Who comes into the simulated city infected: one for so many persons."""
MINUTES_A_DAY = 1440


@dataclass(frozen=True, slots=True)
class Course:
    """An outbreak before it is written; cases are counted from 0, persons from 1.

    Attributes
    ----------
    persons : who each case is
    minutes_ago : since each case was found
    contacts : (case, person) of each contact
    infectors : (case, case) of each known transmission, infector first
    """

    persons: list[int]
    minutes_ago: list[int]
    contacts: list[tuple[int, int]]
    infectors: list[tuple[int, int]]


def even_course(n_persons: int, n_contacts: int, n_cases: int) -> Course:
    """Return the first persons as cases, spread evenly over the days, and the following ones as their contacts."""
    persons = list(range(1, n_cases + 1))
    others = n_persons - n_cases
    return Course(
        persons,
        [person % N_DAYS * MINUTES_A_DAY + person % MINUTES_A_DAY for person in persons],
        [(number % n_cases, n_cases + 1 + number % others) for number in range(n_contacts)],
        [(number // 3, number) for number in range(1, n_cases)],
    )


def simulated_course(
    n_persons: int, n_contacts: int, n_cases: int, seed: int = 20_220_712
) -> tuple[list[int], Course]:
    """Return the home of each person, and the outbreak that a simulation of a city of that size makes.

    Cases are the first infections that were reported, up to now; their contacts are those they live with, and as
    many of those they learn or work with as are asked for.
    """
    from tongzhou.core.measures import Measures, SymptomaticTesting
    from tongzhou.epi.simulate import run, synthesize

    population = synthesize(["4403"], n_persons, seed=seed)
    brought_in = {"4403": max(20, n_persons // PERSONS_A_TRAVELLER)}
    tested = Measures(testing=SymptomaticTesting(share=0.9, delay_mean=2.0, delay_sd=1.0))
    line_list = run(population, measures=tested, days=N_DAYS, seed=seed, introductions=brought_in).line_list
    reported = line_list.drop_nulls("report_on").unique("person", keep="first", maintain_order=True)
    found = reported.sort("report_on", maintain_order=True).head(n_cases)
    rng = np.random.default_rng(seed)
    days_ago = (found["report_on"].max() - found["report_on"]).to_numpy()
    persons = found["person"].to_list()
    number_of = {person: number for number, person in enumerate(persons)}
    course = Course(
        [person + 1 for person in persons],
        (days_ago * MINUTES_A_DAY + rng.integers(0, MINUTES_A_DAY, len(persons))).tolist(),
        _contacts(population, number_of, n_contacts, rng),
        [(number_of[who], k) for k, who in enumerate(found["infector"].to_list()) if who in number_of],
    )
    return population.home_of(np.arange(n_persons)).tolist(), course


def _contacts(
    population: Population, number_of: dict[int, int], n_contacts: int, rng: np.random.Generator
) -> list[tuple[int, int]]:
    """Return the household of each case, then some of their classes and teams; cases are nobody's contact."""
    at_home: list[tuple[int, int]] = []
    by_day: list[tuple[int, int]] = []
    for person, case in number_of.items():
        at_home += [
            (case, int(other) + 1) for other in population.household_of(person) if other not in number_of
        ]
        team = population.team[person]
        members = population.member[slice(*population.team_start[team : team + 2])] if team >= 0 else ()
        by_day += [(case, int(other) + 1) for other in members if other not in number_of]
    rng.shuffle(by_day)
    return sorted([*dict.fromkeys(at_home + by_day)][:n_contacts])
