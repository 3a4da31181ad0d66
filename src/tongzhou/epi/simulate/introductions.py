"""Infections brought in from outside: who, on which day, at which moment. Owns their plan and its checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tongzhou.core.errors import InputError, list_offenders
from tongzhou.epi.simulate.checks import daily_counts
from tongzhou.epi.simulate.course import TICKS
from tongzhou.epi.simulate.marginals import plain_code
from tongzhou.epi.simulate.population import Population

Array = np.ndarray[Any, np.dtype[Any]]
Introductions = Mapping[int | str, int | Sequence[int]]


def plan_introductions(
    population: Population, introductions: Introductions, n_days: int, seed: int
) -> dict[int, tuple[Array, Array, Array]]:
    """Draw who is infected from outside on which day: persons, ticks, and a lottery number for the border."""
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
                person = low + rng.choice(high - low, n, replace=False)
                planned.setdefault(day, []).append((person, rng.integers(0, TICKS, n), rng.random(n)))
    return {day: _join(some) for day, some in planned.items()}


def _check_once(introductions: Introductions) -> None:
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
