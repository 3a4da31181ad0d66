"""Which capacity runs short first, where, when, by how much, and by which day it must be decided (R34).

Owns the comparison of a need with what stands ready. Never simulates: the need comes from a comparison of scenarios.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from tomllib import loads
from typing import Any

import numpy as np
import polars as pl

from tongzhou.core.errors import InputError, list_offenders
from tongzhou.scenario.needs import CAPACITIES

LIKELY, POSSIBLE = "likely", "possible"


@dataclass(frozen=True, slots=True)
class LeadTime:
    """How long it takes from a decision until more of a capacity can be used."""

    capacity: str
    days: int
    says_zh: str
    says_en: str
    source: str
    source_zh: str
    is_assumption: bool


@dataclass(frozen=True, slots=True)
class Shortfall:
    """One capacity of one area that runs short under one scenario.

    certainty : ``likely`` when the median of the runs exceeds what is there, ``possible`` when the upper bound does
    first_day : int, day of the run — when `certainty` first holds; `earliest_day` by the upper bound
    gap, gap_high : float, units — largest lack by the median (0 when only possible) and by the upper bound
    decide_on : date — `earliest_day` less the lead time; a day before today is too late already
    """

    scenario: str
    area: str
    capacity: str
    certainty: str
    ready: float
    first_day: int
    first_on: date
    earliest_on: date
    gap: float
    gap_high: float
    n_days: int
    lead_days: int
    decide_on: date


@cache
def lead_times() -> dict[str, LeadTime]:
    """Return the lead times of `lead_times.toml` by capacity.

    >>> lead_times()["shelter_beds"].days
    2
    """
    table = loads((files(__package__) / "lead_times.toml").read_text(encoding="utf-8"))
    return {name: LeadTime(capacity=name, **entry) for name, entry in table.items()}


def find_shortfalls(
    needs: pl.DataFrame,
    ready: Mapping[tuple[str, str], float],
    first_on: date,
    lead_days: Mapping[str, int] | None = None,
) -> list[Shortfall]:
    """Return every shortfall, the one to decide soonest first.

    Parameters
    ----------
    needs : frame of scenario, area, capacity, day, low, median, high — as `WhatIf.needs`
    ready : mapping of (area, capacity) to units that stand ready; what is missing is unknown and not compared
    first_on : date — calendar day of day 0
    lead_days : days by capacity; the sourced table where left out

    Raises
    ------
    InputError
        ``readiness.unknown_capacity``, ``readiness.negative``
    """
    check_ready(ready)
    lead = {name: entry.days for name, entry in lead_times().items()} | dict(lead_days or {})
    found = [
        _shortfall(key, rows.sort("day"), ready[key[1], key[2]], first_on, lead[key[2]])
        for key, rows in _groups(needs)
        if (key[1], key[2]) in ready
    ]
    short = [item for item in found if item is not None]
    return sorted(
        short, key=lambda s: (s.decide_on, s.earliest_on, s.certainty != LIKELY, s.area, s.capacity)
    )


def _groups(needs: pl.DataFrame) -> Iterable[tuple[tuple[str, str, str], pl.DataFrame]]:
    for key, rows in needs.group_by("scenario", "area", "capacity", maintain_order=True):
        yield (str(key[0]), str(key[1]), str(key[2])), rows


def check_ready(ready: Mapping[tuple[str, str], float]) -> None:
    """Refuse what stands ready of an unknown capacity, or below nothing.

    Raises
    ------
    InputError
        ``readiness.unknown_capacity``, ``readiness.negative``
    """
    strange = sorted({capacity for _, capacity in ready} - set(CAPACITIES))
    if strange:
        raise InputError(
            "readiness.unknown_capacity",
            f"No capacity is called {list_offenders(strange)}.",
            f"Choose from {', '.join(CAPACITIES)}.",
        )
    below = [f"{area} {capacity} = {amount}" for (area, capacity), amount in ready.items() if amount < 0]
    if below:
        raise InputError("readiness.negative", f"{list_offenders(below)}.", "Give amounts of at least 0.")


def _shortfall(
    key: tuple[str, str, str], rows: pl.DataFrame, ready: float, first_on: date, lead_days: int
) -> Shortfall | None:
    median, high = rows["median"].to_numpy() - ready, rows["high"].to_numpy() - ready
    if not (high > 0).any():
        return None
    is_likely = bool((median > 0).any())
    earliest = int(np.argmax(high > 0))
    day = int(np.argmax(median > 0)) if is_likely else earliest
    return Shortfall(
        scenario=key[0],
        area=key[1],
        capacity=key[2],
        certainty=LIKELY if is_likely else POSSIBLE,
        ready=ready,
        first_day=day,
        first_on=first_on + timedelta(days=day),
        earliest_on=first_on + timedelta(days=earliest),
        gap=max(float(median.max()), 0.0),
        gap_high=float(high.max()),
        n_days=int(((median if is_likely else high) > 0).sum()),
        lead_days=lead_days,
        decide_on=first_on + timedelta(days=earliest - lead_days),
    )


def peaks(needs: pl.DataFrame) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Return the largest need by scenario, area and capacity: median, upper bound, day of the median's peak."""
    rows = needs.group_by("scenario", "area", "capacity", maintain_order=True).agg(
        pl.col("median").max(),
        pl.col("high").max(),
        pl.col("day").get(pl.col("median").arg_max()).alias("day"),
    )
    return {
        (row["scenario"], row["area"], row["capacity"]): {k: row[k] for k in ("median", "high", "day")}
        for row in rows.iter_rows(named=True)
    }


def sum_ready(areas: Sequence[str], records: Mapping[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    """Return what stands ready in each area: its own record, else the sum of the topmost records below it.

    records : mapping of (area code, capacity) to units, at any level of the tree

    >>> sum_ready(["44", "4403"], {("4403", "beds"): 900.0, ("440305", "beds"): 100.0, ("4401", "beds"): 50.0})
    {('44', 'beds'): 950.0, ('4403', 'beds'): 900.0}
    """
    by_capacity: dict[str, dict[str, float]] = {}
    for (code, capacity), amount in records.items():
        by_capacity.setdefault(capacity, {})[code] = amount
    found = {}
    for area in areas:
        for capacity, amounts in by_capacity.items():
            codes = sorted((c for c in amounts if c.startswith(area)), key=len)
            top = [c for k, c in enumerate(codes) if not any(c.startswith(wider) for wider in codes[:k])]
            if top:
                found[area, capacity] = sum(amounts[c] for c in top)
    return found
