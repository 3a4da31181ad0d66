"""What a run needs of each capacity, by area and day.

Owns the meaning of each capacity. Never compares with what is there: `scenario.readiness` does.

Notes
-----
The engine counts where the person concerned lives: beds, tests and investigators of a case, tests and rooms of a
contact, rounds of testing by residents.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from tongzhou.core.measures import Measures
from tongzhou.epi.simulate import Run

Array = np.ndarray[Any, np.dtype[Any]]

CAPACITIES = ("tests_per_day", "tracers", "quarantine_rooms", "beds", "icu_beds", "shelter_beds")


def needs_of(run: Run) -> Array:
    """Return the need of a run, float64, shape (A, 6, D): areas, `CAPACITIES`, days of the horizon."""
    n_days, n_areas = run.simulation.n_days, len(run.simulation.population.area_code)
    series = _by_area(run.daily, n_areas, n_days) | _by_area(run.resources_by_area, n_areas, n_days)
    measures = run.simulation.measures
    isolated = np.maximum(series["in_isolation"] * _share_apart(measures) - series["beds"], 0.0)
    need = np.stack(
        [
            series["tests"],
            (series["traced_cases"] + series["untraced_cases"])
            / max(measures.capacities.cases_per_tracer_day, 1e-9),
            series["in_quarantine"] * _share_of_rooms(measures),
            series["beds"],
            series["icu_beds"],
            isolated,
        ],
        axis=1,
    )
    return np.asarray(need)


def _by_area(frame: pl.DataFrame, n_areas: int, n_days: int) -> dict[str, Array]:
    """Return series by area up to the horizon, float64, shape (A, D)."""
    found = {}
    for name in frame.columns[2:]:
        whole = np.zeros((n_areas, n_days))
        values = frame[name].to_numpy().reshape(-1, n_areas).T
        whole[:, : values.shape[1]] = values
        found[name] = whole
    return found


def _share_of_rooms(measures: Measures) -> float:
    """Return the share of persons in quarantine who need a room: all of them, or none at home."""
    return 0.0 if measures.tracing is None or measures.tracing.is_at_home else 1.0


def _share_apart(measures: Measures) -> float:
    return 0.0 if measures.isolation is None or measures.isolation.is_at_home else 1.0
