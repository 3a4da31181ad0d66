"""Refusal of arguments that cannot be, all of them by name, before anything is made or run.

Owns the checks of `synthesize` and `run` beyond areas, measures and diseases, which check themselves.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np

from tongzhou.core.errors import InputError, list_offenders

if TYPE_CHECKING:
    from tongzhou.epi.simulate.engine import EngineOptions

MAX_SEED = 2**63 - 1
_SHARD_BITS = (10, 31)


def is_whole(value: object, least: int, most: int = MAX_SEED) -> bool:
    """Return whether a value is a whole number between two bounds."""
    return isinstance(value, Integral) and not isinstance(value, bool) and least <= value <= most  # type: ignore[operator]


def refuse(bad: list[str]) -> None:
    """Raise for the arguments named, if there are any.

    Raises
    ------
    InputError
        ``simulate.bad_argument``.
    """
    if bad:
        raise InputError(
            "simulate.bad_argument",
            f"These arguments cannot be: {list_offenders(bad)}.",
            "Seeds, counts and days are whole numbers; the docstring says which values are allowed.",
        )


def check_synthesis(
    areas: object, n_persons: object, seed: object, n_threads: object, cell_persons: object
) -> None:
    """Refuse arguments of `synthesize` that cannot be."""
    bad = []
    if isinstance(areas, str | bytes) or not hasattr(areas, "__iter__"):
        bad.append(f"areas {areas!r} (a list of codes, or a frame)")
    if n_persons is not None and not is_whole(n_persons, -MAX_SEED):
        bad.append(f"n_persons {n_persons!r}")
    named = (("seed", seed, 0), ("n_threads", n_threads, 1), ("cell_persons", cell_persons, 1))
    refuse(bad + [f"{name} {value!r}" for name, value, least in named if not is_whole(value, least)])


def check_run(
    population: object, measures: object, introductions: object, first_day: object, seed: object
) -> None:
    """Refuse arguments of a run that cannot be."""
    from tongzhou.core.arrivals import Arrivals
    from tongzhou.core.measures import Measures
    from tongzhou.epi.simulate.population import Population

    kinds = (
        ("population", population, Population, False),
        ("measures", measures, Measures, True),
        ("introductions", introductions, (Mapping, Arrivals), True),
        ("first_day", first_day, date, True),
    )
    bad = [
        f"{name} {type(value).__name__}"
        for name, value, kind, is_optional in kinds
        if not (isinstance(value, kind) or (is_optional and value is None))
    ]
    refuse(bad + ([] if is_whole(seed, 0) else [f"seed {seed!r}"]))


def check_options(options: EngineOptions) -> None:
    """Refuse options of a run that cannot be."""
    bad = [] if is_whole(options.n_threads, 1) else [f"n_threads {options.n_threads!r}"]
    if options.shard_bits is not None and not is_whole(options.shard_bits, *_SHARD_BITS):
        bad.append(f"shard_bits {options.shard_bits!r}")
    if options.scale is not None and not (options.scale >= 0 and math.isfinite(options.scale)):
        bad.append(f"scale {options.scale!r}")
    refuse(bad)


def daily_counts(given: object) -> np.ndarray | None:
    """Return numbers of persons day by day as int64; None where they are no whole numbers of at least 0."""
    try:
        daily = np.atleast_1d(np.asarray(given, float))
    except (TypeError, ValueError):
        return None
    if daily.ndim != 1 or not np.all(np.isfinite(daily)) or np.any(daily < 0) or np.any(daily % 1):
        return None
    return daily.astype(np.int64)
