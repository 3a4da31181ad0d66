"""What every count detector returns, and how its input is made ready.

Owns the result type `Detection`, the reading of `counts`, `dates` and `range`, and the null rule: a row outside
the monitored range, or where the method has no answer, has no alarm. Never computes a threshold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt
import polars as pl

from tongzhou.core.errors import InputError
from tongzhou.core.estimates import Provenance, digest_arrays
from tongzhou.epi.results import Chart, Language, Result, Trace, choose_text, find_series
from tongzhou.epi.series import FloatMatrix, SeriesMatrix, SeriesRules, as_series_matrix

if TYPE_CHECKING:
    import datetime as dt

IntArray = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int8]

UNDEFINED = np.int8(-1)
COUNTS = SeriesRules(min_length=2, allow_all_zero=True)
WHOLE_COUNTS = SeriesRules(min_length=2, allow_all_zero=True, whole=True)


@dataclass(frozen=True, kw_only=True)
class Detection(Result):
    """Observed, expected, bound and alarm for every series and time step.

    matrix : SeriesMatrix — the counts, with names, dates and what was wrong with bad series
    expected : float64, shape (S, T), counts — NaN where undefined
    upper : float64, shape (S, T), counts (or the statistic, where the method says so) — NaN where undefined
    alarm : int8, shape (S, T) — 1 alarm, 0 none, -1 undefined
    details : mapping of name to float64, shape (S, T) — what else the method computes
    monitored : float64, shape (S, T) — what `upper` is compared with, when it is not the count itself
    threshold : float, optional — a fixed limit of the statistic
    """

    matrix: SeriesMatrix
    expected: FloatMatrix
    upper: FloatMatrix
    alarm: Codes
    details: Mapping[str, FloatMatrix] = field(default_factory=dict)
    monitored: FloatMatrix | None = None
    threshold: float | None = None

    @property
    def observed(self) -> FloatMatrix:
        """The counts, float64, shape (S, T); NaN for a bad series."""
        return self.matrix.values

    @property
    def problems(self) -> dict[str, str]:
        """What is wrong with each bad series, by name."""
        return {n: p for n, p in zip(self.matrix.names, self.matrix.problems, strict=True) if p}

    def to_frame(self, *, details: bool = False) -> pl.DataFrame:
        """Return a row per series and time step.

        Columns: ``series`` (many series only), ``t`` from 1, ``date`` (when known), ``observed, expected, upper,
        alarm``, ``problem`` (when a series is bad), and what else the method computes when `details`.
        """
        n_series, n_times = self.observed.shape
        columns: dict[str, pl.Series] = {}
        if not self.matrix.was_single:
            columns["series"] = pl.Series(np.repeat(np.array(self.matrix.names, dtype=object), n_times))
            columns["series"] = columns["series"].cast(pl.String)
        columns["t"] = pl.Series(np.tile(np.arange(1, n_times + 1, dtype=np.int64), n_series))
        if self.matrix.dates is not None:
            columns["date"] = pl.Series(np.tile(self.matrix.dates, n_series)).cast(pl.Date)
        for name, values in self._numbers(details).items():
            columns[name] = pl.Series(values.ravel(), nan_to_null=True)
        codes = self.alarm.ravel()
        columns["alarm"] = pl.Series(codes, dtype=pl.Int8).replace(int(UNDEFINED), None).cast(pl.Boolean)
        if self.problems:
            notes = [problem or None for problem in self.matrix.problems for _ in range(n_times)]
            columns["problem"] = pl.Series(notes, dtype=pl.String)
        frame = pl.DataFrame(columns)
        extras = list(self.details) if details else []
        return frame.select([c for c in frame.columns if c not in extras] + extras)

    def _numbers(self, details: bool) -> dict[str, FloatMatrix]:
        numbers = {"observed": self.observed, "expected": self.expected, "upper": self.upper}
        return {**numbers, **self.details} if details else numbers

    def chart(self, series: str | None = None, language: Language = "en") -> Chart:
        """Return counts, expected value, bound and alarms of one series."""
        row = find_series(self.matrix.names, series)
        seen = self.observed[row] if self.monitored is None else self.monitored[row]
        alarms = np.where(self.alarm[row] == 1, seen, np.nan)
        dates = self.matrix.dates
        x: Sequence[dt.date] | Sequence[float]
        if dates is None:
            x = np.arange(1.0, seen.size + 1).tolist()
        else:
            x = cast("list[dt.date]", dates.astype(object).tolist())
        traces = [
            Trace(choose_text(language, "monitored", "监测值"), seen, "bars"),
            Trace(choose_text(language, "expected", "期望"), self.expected[row]),
            Trace(choose_text(language, "upper bound", "上限"), self.upper[row]),
            Trace(choose_text(language, "alarm", "预警"), alarms, "alarm"),
        ]
        if self.threshold is not None:
            traces = [
                Trace(choose_text(language, "statistic", "统计量"), self.details["statistic"][row]),
                Trace(
                    choose_text(language, "alarm", "预警"),
                    np.where(self.alarm[row] == 1, self.details["statistic"][row], np.nan),
                    "alarm",
                ),
            ]
        return Chart(
            title=f"{self.provenance.method}: {self.matrix.names[row]}",
            x=x,
            x_label=choose_text(language, "time", "时间"),
            y_label=choose_text(language, "cases", "病例数") if self.threshold is None else traces[0].label,
            traces=tuple(traces),
            reference=self.threshold,
        )


def read_counts(counts: object, dates: object = None, rules: SeriesRules = COUNTS) -> SeriesMatrix:
    """Return `counts` as a checked matrix; all zeros are a lawful quiet series."""
    return as_series_matrix(counts, name="counts", dates=dates, rules=rules)


def read_range(wanted: object, n_times: int, first: int) -> IntArray:
    """Return the monitored time points, 1-based, ascending.

    wanted : None (from `first` to the end), int (from it to the end), a pair (first, last), both included, or any
        iterable of time points
    """
    if wanted is None:
        return np.arange(first, n_times + 1, dtype=np.int64)
    if isinstance(wanted, int | np.integer):
        points = np.arange(int(wanted), n_times + 1, dtype=np.int64)
    elif isinstance(wanted, tuple) and len(wanted) == 2:
        points = np.arange(int(wanted[0]), int(wanted[1]) + 1, dtype=np.int64)
    else:
        points = np.unique(np.asarray(list(cast("Iterable[int]", wanted)), dtype=np.int64))
    outside = points[(points < 1) | (points > n_times)]
    if outside.size or points.size == 0:
        raise InputError(
            "detect.range",
            f"range has the time points {outside[:10].tolist()}, but the series has 1 to {n_times}."
            if outside.size
            else "range is empty.",
            "Give 1-based time points, for example range=(105, 312).",
        )
    return points


def require_consecutive(points: IntArray) -> IntArray:
    """Return `points` when they follow one another, as a running chart needs."""
    if points.size == 0:
        raise InputError(
            "detect.training",
            "The series ends before the first monitored time point, so nothing is left to watch.",
            "Give a longer series, an earlier range, or the mean in control.",
        )
    if points[-1] - points[0] + 1 != points.size:
        raise InputError(
            "detect.range_gaps", "range has gaps, but the chart runs on.", "Give a pair range=(first, last)."
        )
    return points


def require_share(name: str, value: float) -> float:
    """Return a probability strictly between 0 and 1."""
    if not (_is_number(value) and 0 < value < 1):
        raise InputError(
            "detect.option", f"{name} is {value}; it lies between 0 and 1.", "Give for example 0.05."
        )
    return value


def require_at_least(name: str, value: float, least: float) -> None:
    """Refuse an option that is no number, or below its least value."""
    if not (_is_number(value) and value >= least):
        raise InputError(
            "detect.option", f"{name} is {value}; it is at least {least}.", f"Give {least} or more."
        )


def require_whole(least: int, **options: float) -> None:
    """Refuse options that are not whole numbers of at least `least`."""
    for name, value in options.items():
        require_at_least(name, value, least)
        if value != np.floor(value):
            raise InputError("detect.option", f"{name} is {value}; it is a whole number.", "Give one as 3.")


def check_limit54(limit54: object) -> None:
    """Refuse a pair (cases, time steps) that is none, negative cases, or no time step."""
    if not isinstance(limit54, Sequence) or len(limit54) != 2:
        raise InputError("detect.option", f"limit54 is {limit54}; it is a pair.", "Give (5, 4) or (0, 4).")
    require_at_least("limit54 (cases)", limit54[0], 0)
    require_whole(1, **{"limit54 (time steps)": limit54[1]})


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not np.isnan(value)


def choose_option(name: str, value: str, allowed: Iterable[str]) -> str:
    """Return `value` when allowed, else say what is."""
    known = list(allowed)
    if value not in known:
        raise InputError("detect.option", f"{name} {value!r} is unknown.", f"Use one of {', '.join(known)}.")
    return value


def undefined_like(matrix: SeriesMatrix) -> FloatMatrix:
    """Return NaN in the shape of the series."""
    return np.full(matrix.values.shape, np.nan)


def code_alarms(is_alarm: npt.NDArray[np.bool_], is_defined: npt.NDArray[np.bool_]) -> Codes:
    """Return 1 alarm, 0 none, -1 undefined."""
    return np.where(is_defined, is_alarm.astype(np.int8), UNDEFINED).astype(np.int8)


def describe(method: str, matrix: SeriesMatrix, options: Mapping[str, object], reference: str) -> Provenance:
    """Return where a detection came from."""
    digest = digest_arrays(
        matrix.values, *([matrix.dates.astype(np.int64)] if matrix.dates is not None else [])
    )
    return Provenance(method=method, options=dict(options), inputs_digest=digest, reference=reference)
