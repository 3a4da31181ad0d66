"""Infections brought in from outside: who, when, and since when they are infected. Owns their plan and its checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tongzhou.core.arrivals import Arrivals, check_arrivals
from tongzhou.core.errors import InputError, list_offenders
from tongzhou.epi.simulate.checks import daily_counts
from tongzhou.epi.simulate.course import MOMENT_BITS, TICKS
from tongzhou.epi.simulate.marginals import plain_code
from tongzhou.epi.simulate.population import Population

Array = np.ndarray[Any, np.dtype[Any]]
Introductions = Mapping[int | str, int | Sequence[int]] | Arrivals
_TRIES = 100


@dataclass(frozen=True, slots=True)
class Plan:
    """Who is brought in when.

    by_day : persons, ticks, and a lottery number for the border, by day
    brought : int64, who (person, then moment in `MOMENT_BITS`), rising; float64, days from infection to arrival; empty
        where all are infected on arrival
    """

    by_day: dict[int, tuple[Array, Array, Array]]
    brought: tuple[Array, Array]


def plan_introductions(population: Population, introductions: Introductions, n_days: int, seed: int) -> Plan:
    """Draw who is infected from outside on which day, and how long before."""
    if not isinstance(introductions, Arrivals):
        introductions = Arrivals(introductions)
    check_arrivals(introductions)
    days_since = introductions.days_since
    by_day = _plan_days(population, introductions, n_days, seed)
    if not days_since or not by_day:
        return Plan(by_day, (np.zeros(0, np.int64), np.zeros(0)))
    keys = [person << MOMENT_BITS | (day * TICKS + tick) for day, (person, tick, _) in sorted(by_day.items())]
    key = np.sort(np.concatenate(keys))
    return Plan(by_day, (key, np.random.default_rng([seed, 7]).exponential(days_since, len(key))))


def _plan_days(
    population: Population, arrivals: Arrivals, n_days: int, seed: int
) -> dict[int, tuple[Array, Array, Array]]:
    """Draw who arrives on which day: persons, ticks, and a lottery number for the border."""
    introductions = arrivals.counts
    known = {str(code): k for k, code in enumerate(population.area_code)}
    bounds = population.area_start
    planned: dict[int, list[tuple[Array, Array, Array]]] = {}
    unknown = [code for code in introductions if not _areas_within(known, plain_code(code))]
    if unknown:
        raise InputError(
            "simulate.unknown_area",
            f"The population has no area {list_offenders(unknown)}.",
            f"It has {list_offenders(sorted(known))}.",
        )
    _check_once(introductions)
    for code, given in introductions.items():
        daily = daily_counts(given)
        if daily is None:
            raise InputError(
                "simulate.bad_introductions",
                f"Introductions of {code} are {given}.",
                "Give whole numbers of at least 0.",
            )
        inside = _areas_within(known, plain_code(code))
        low, high = int(bounds[inside[0]]), int(bounds[inside[-1] + 1])
        if daily[n_days:].any():
            raise InputError(
                "simulate.bad_introductions",
                f"Introductions of {code} go on after the {n_days} days of the run.",
                "Run more days, or leave the later ones out.",
            )
        for day, n in enumerate(daily[:n_days].tolist()):
            if n > high - low:
                raise InputError(
                    "simulate.bad_introductions",
                    f"{n} introductions into the {high - low} persons of {code}.",
                    "Give at most one a person.",
                )
            if n:
                rng = np.random.default_rng([seed, int(plain_code(code)), day])
                if len(arrivals.party) == 1:
                    drawn = (
                        low + rng.choice(high - low, n, replace=False),
                        rng.integers(0, TICKS, n),
                        rng.random(n),
                    )
                else:
                    drawn = _draw_parties(population, (low, high), n, arrivals.party, rng)
                planned.setdefault(day, []).append(drawn)
    return {day: _join(some) for day, some in planned.items()}


def _draw_parties(
    population: Population, bounds: tuple[int, int], n: int, shares: Sequence[float], rng: np.random.Generator
) -> tuple[Array, Array, Array]:
    """Draw n persons in parties of one household that share a moment and a lottery number.

    A party larger than the households that are left is cut.
    """
    found: dict[int, tuple[int, float]] = {}
    while len(found) < n:
        size = min(1 + int(rng.choice(len(shares), p=shares)), n - len(found))
        members = _draw_party(population, bounds, size, found, rng)
        moment = int(rng.integers(0, TICKS)), float(rng.random())
        found |= dict.fromkeys(members, moment)
    tick, lottery = zip(*found.values(), strict=True)
    return np.asarray(list(found)), np.asarray(tick), np.asarray(lottery)


def _draw_party(
    population: Population,
    bounds: tuple[int, int],
    size: int,
    taken: Mapping[int, Any],
    rng: np.random.Generator,
) -> list[int]:
    """Draw the members of one party among those not taken."""
    for _ in range(_TRIES):
        household = population.household_of(int(rng.integers(*bounds)))
        free = [person for person in household.tolist() if person not in taken]
        if len(free) == len(household) >= size:
            return [int(person) for person in rng.permutation(free)[:size]]
    left = np.setdiff1d(np.arange(*bounds), list(taken))
    return [int(rng.choice(left))]


def _check_once(introductions: Mapping[int | str, int | Sequence[int]]) -> None:
    """Refuse an area that stands twice, padded and not."""
    codes = [plain_code(code) for code in introductions]
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if twice:
        raise InputError(
            "simulate.area_twice", f"Areas {list_offenders(twice)} stand twice.", "Give each area once."
        )


def _join(parts: Sequence[tuple[Array, Array, Array]]) -> tuple[Array, Array, Array]:
    """Concatenate the introductions of several areas."""
    first, second, third = (np.concatenate(part) for part in zip(*parts, strict=True))
    return first, second, third


def _areas_within(known: Mapping[str, int], code: str) -> list[int]:
    """Return the indices of the areas at or below a code; they stand side by side."""
    return [k for text, k in known.items() if text.startswith(code)]
