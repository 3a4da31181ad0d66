"""Reads cases, population and coordinates of a scan and says what does not fit.

Owns the input checks and the expected numbers of each model. Never scans.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tongzhou.core.errors import InputError, list_offenders
from tongzhou.epi.scan.likelihood import BERNOULLI, EXPECTATION, POISSON
from tongzhou.epi.series import Days, FloatMatrix, SeriesRules, as_series_matrix

MODELS = {"poisson": POISSON, "bernoulli": BERNOULLI, "permutation": POISSON, "expectation": EXPECTATION}
RULES = SeriesRules(min_length=1, allow_all_zero=True)


@dataclass(frozen=True, slots=True)
class ScanInput:
    """Checked input: cases, expected and persons, each float64 (A, T); weight (A,) for `max_share`."""

    cases: FloatMatrix
    expected: FloatMatrix
    persons: FloatMatrix
    weight: FloatMatrix
    coordinates: FloatMatrix
    names: tuple[str, ...] | None
    dates: Days | None
    family: int


def read_input(
    cases: object, population: object, coordinates: object, model: str, expected: object, dates: object
) -> ScanInput:
    """Return the checked input of a scan.

    Raises
    ------
    InputError
        ``scan.shape``, ``scan.model``, ``scan.no_cases``, ``scan.population``, ``scan.coordinates``, ``series.*``
    """
    if model not in MODELS:
        raise InputError("scan.model", f"model {model!r} is unknown.", f"Use one of {', '.join(MODELS)}.")
    counts, names, days = _read_cases(cases, dates)
    points = _read_coordinates(coordinates, names, counts.shape[0])
    if not counts.sum() > 0:
        raise InputError("scan.no_cases", "There are no cases at all.", "Scan a period with cases.")
    persons = None if population is None else _spread(population, names, counts.shape, "population")
    given = None if expected is None else _spread(expected, names, counts.shape, "expected")
    if given is not None and model == "bernoulli":
        raise InputError(
            "scan.option", "The Bernoulli model has no use for expected numbers.", "Leave expected out."
        )
    if model == "permutation":
        _require_whole(counts, "cases")
        weight = counts.sum(axis=1) if persons is None else persons.sum(axis=1)
        if given is None:
            mean = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / counts.sum()
        else:
            _require_people(counts, given, names, model)
            mean = given * (counts.sum() / given.sum())
        return ScanInput(counts, mean, mean, weight, points, names, days, MODELS[model])
    base = given if given is not None else persons
    if base is None:
        raise InputError(
            "scan.population",
            f"The model {model} needs a population"
            + (" or expected numbers." if model != "bernoulli" else "."),
            "Give population, or use model='permutation', which needs cases only.",
        )
    _require_people(counts, base, names, model)
    mean = base if model == "expectation" else base * (counts.sum() / base.sum())
    weight = (persons if persons is not None else base).sum(axis=1)
    return ScanInput(counts, mean, base, weight, points, names, days, MODELS[model])


def _read_cases(cases: object, dates: object) -> tuple[FloatMatrix, tuple[str, ...] | None, Days | None]:
    if isinstance(cases, Mapping) and all(np.ndim(value) == 0 for value in cases.values()):
        cases = {str(key): [value] for key, value in cases.items()}
    names: tuple[str, ...] | None = None
    if not isinstance(cases, Mapping) and not hasattr(cases, "columns"):
        try:
            array = np.asarray(cases, dtype=np.float64)
        except (ValueError, TypeError) as error:
            raise InputError(
                "scan.cases", f"cases cannot be read: {error}.", "Give counts as numbers."
            ) from error
        cases = array[:, None] if array.ndim == 1 else array
        matrix = as_series_matrix(cases, name="cases", dates=dates, rules=RULES)
    else:
        matrix = as_series_matrix(cases, name="cases", dates=dates, rules=RULES)
        names = matrix.names
    bad = [problem for problem in matrix.problems if problem]
    if bad:
        raise InputError(
            "series.bad", f"Cases cannot be scanned: {list_offenders(bad)}", "Correct the counts."
        )
    return matrix.values, names, matrix.dates


def _read_coordinates(coordinates: object, names: tuple[str, ...] | None, n_areas: int) -> FloatMatrix:
    if isinstance(coordinates, Mapping):
        missing = [name for name in names or () if name not in coordinates]
        if missing or names is None:
            raise InputError(
                "scan.coordinates",
                f"Coordinates are missing for {list_offenders(missing) or 'unnamed areas'}.",
                "Give a point for each area.",
            )
        coordinates = [coordinates[name] for name in names]
    elif hasattr(coordinates, "to_numpy"):
        coordinates = coordinates.to_numpy()
    points = np.asarray(coordinates, dtype=np.float64)
    if points.shape != (n_areas, 2):
        raise InputError(
            "scan.coordinates",
            f"coordinates have the shape {points.shape}; there are {n_areas} areas.",
            "Give x and y (or longitude and latitude) for each area, in the order of cases.",
        )
    bad = np.flatnonzero(~np.isfinite(points).all(axis=1)) + 1
    if bad.size:
        raise InputError(
            "scan.coordinates",
            f"coordinates are missing at rows {list_offenders(bad.tolist())}.",
            "Give a point for each area.",
        )
    return points


def _spread(values: object, names: tuple[str, ...] | None, shape: tuple[int, int], what: str) -> FloatMatrix:
    """Return `values` in the shape of the cases; one number per area holds for all times."""
    if isinstance(values, Mapping):
        missing = [name for name in names or () if name not in values]
        if missing:
            raise InputError(
                "scan.population",
                f"{what} is missing for {list_offenders(missing)}.",
                "Give it for each area.",
            )
        values = [values[name] for name in names or ()]
    array = np.asarray(values, dtype=np.float64)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[0] != shape[0] or array.shape[1] not in (1, shape[1]):
        raise InputError(
            "scan.population",
            f"{what} has the shape {array.shape}; cases have {shape}.",
            "Give one number per area, or per area and time step.",
        )
    bad = np.flatnonzero(~(np.isfinite(array) & (array >= 0)).all(axis=1)) + 1
    if bad.size or not array.sum() > 0:
        raise InputError(
            "scan.population",
            f"{what} is missing, negative or all 0 at areas {list_offenders(bad.tolist())}.",
            "Give numbers of 0 or more.",
        )
    return np.ascontiguousarray(np.broadcast_to(array, shape))


def _require_whole(counts: FloatMatrix, what: str) -> None:
    if np.any(counts % 1 != 0):
        rows = np.flatnonzero((counts % 1 != 0).any(axis=1)) + 1
        raise InputError(
            "scan.whole",
            f"{what} are not whole at areas {list_offenders(rows.tolist())}.",
            "Give whole counts.",
        )


def _require_people(
    counts: FloatMatrix, base: FloatMatrix, names: tuple[str, ...] | None, model: str
) -> None:
    too_many = counts > base + 1e-9 if model == "bernoulli" else (counts > 0) & (base <= 0)
    rows = np.flatnonzero(too_many.any(axis=1))
    if rows.size:
        which = [names[row] if names else int(row) + 1 for row in rows]
        raise InputError(
            "scan.population",
            f"Areas {list_offenders(which)} have more cases than persons."
            if model == "bernoulli"
            else f"Areas {list_offenders(which)} have cases but no population.",
            "Correct the population, or leave these areas out.",
        )
    if model == "bernoulli":
        _require_whole(np.round(base, 9), "persons")
