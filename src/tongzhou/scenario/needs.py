"""What a run needs of each capacity, by area and day.

Owns the meaning of each capacity. Never compares with what is there: `scenario.readiness` does.

Notes
-----
Beds are counted by the engine in each area. Tests of people with symptoms and of contacts, rooms and investigators are
counted for the whole population; they are shared over areas by the cases reported there in the days that an order
lasts, and rounds of testing by residents.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from tongzhou.core.measures import Measures
from tongzhou.epi.simulate import Run

Array = np.ndarray[Any, np.dtype[Any]]

CAPACITIES = ("tests_per_day", "tracers", "quarantine_rooms", "beds", "icu_beds", "shelter_beds")
_TRACE_DAYS = 1
_TEST_DAYS = 3


def needs_of(run: Run) -> Array:
    """Return the need of a run, float64, shape (A, 6, D): areas, `CAPACITIES`, days of the horizon."""
    n_days, n_areas = run.simulation.n_days, len(run.simulation.population.area_code)
    daily = _by_area(run.daily, n_areas, n_days)
    resources = _padded(run.resources, n_days)
    measures = run.simulation.measures
    cases = daily["cases"]
    quarantine_days = measures.tracing.quarantine_days if measures.tracing else 1
    isolation_days = measures.isolation.days if measures.isolation else 1
    tests = _tests(resources, cases, _residents(run))
    traced = resources["traced_cases"] + resources["untraced_cases"]
    rooms = resources["in_quarantine"] * _share_of_rooms(measures)
    isolated = np.maximum(resources["in_isolation"] * _share_apart(measures) - daily["beds"].sum(axis=0), 0.0)
    need = np.stack(
        [
            tests,
            _share_out(traced, cases, _TRACE_DAYS) / max(measures.capacities.cases_per_tracer_day, 1e-9),
            _share_out(rooms, cases, quarantine_days),
            daily["beds"],
            daily["icu_beds"],
            _share_out(isolated, cases, isolation_days),
        ],
        axis=1,
    )
    return np.asarray(need)


def _residents(run: Run) -> Array:
    return np.diff(run.simulation.population.area_start).astype(float)


def _by_area(daily: pl.DataFrame, n_areas: int, n_days: int) -> dict[str, Array]:
    """Return series by area up to the horizon, float64, shape (A, D)."""
    found = {}
    for name in ("cases", "beds", "icu_beds"):
        whole = np.zeros((n_areas, n_days))
        values = daily[name].to_numpy().reshape(-1, n_areas).T
        whole[:, : values.shape[1]] = values
        found[name] = whole
    return found


def _padded(resources: pl.DataFrame, n_days: int) -> dict[str, Array]:
    whole = {}
    for name in resources.columns:
        series = np.zeros(n_days)
        series[: len(resources)] = resources[name].to_numpy()
        whole[name] = series
    return whole


def _tests(resources: dict[str, Array], cases: Array, residents: Array) -> Array:
    """Return tests by area: those around cases by cases, the rest (rounds of everybody) by residents."""
    around = np.minimum(resources["tests"], resources["contacts_found"] + cases.sum(axis=0))
    rounds = resources["tests"] - around
    return _share_out(around, cases, _TEST_DAYS) + np.outer(residents / residents.sum(), rounds)


def _share_of_rooms(measures: Measures) -> float:
    """Return the share of persons in quarantine who need a room: all of them, or none at home."""
    return 0.0 if measures.tracing is None or measures.tracing.is_at_home else 1.0


def _share_apart(measures: Measures) -> float:
    return 0.0 if measures.isolation is None or measures.isolation.is_at_home else 1.0


def _share_out(total: Array, cases: Array, n_days: int) -> Array:
    """Share a daily total over areas by their cases of the last `n_days`; evenly by all cases where there are none.

    Returns float64, shape (A, D).
    """
    running = np.cumsum(cases, axis=1)
    recent = running.copy()
    recent[:, n_days:] -= running[:, :-n_days]
    empty = recent.sum(axis=0) == 0
    recent[:, empty] = running[:, -1:] if running[:, -1].any() else 1.0
    return np.asarray(total * recent / recent.sum(axis=0))
