"""Count series as every estimator wants them: a checked matrix of series by time.

Owns reading NumPy, Polars, pandas and plain Python input and saying what is wrong with it, by row and with
the way out. Never repairs a value and never drops one.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import numpy.typing as npt

from tongzhou.core.errors import InputError
from tongzhou.epi.series_reading import Days, FloatMatrix, list_rows, read_days, read_series

__all__ = [
    "Days",
    "FloatMatrix",
    "SeriesMatrix",
    "SeriesRules",
    "as_days",
    "as_series_matrix",
    "day_labels",
    "list_rows",
    "read_days",
    "require_daily",
]


@dataclass(frozen=True, slots=True)
class SeriesRules:
    """What an estimator accepts.

    min_length : int — fewest time steps
    allow_all_zero : bool — whether a series without any case makes sense
    allow_missing : bool — whether NaN may stay in the matrix
    whole : bool — whether counts must be whole numbers
    """

    min_length: int = 2
    allow_all_zero: bool = False
    allow_missing: bool = False
    whole: bool = False


DEFAULT_RULES = SeriesRules()
LARGEST = 10**12
"""No count of people comes near it; likelihoods of larger numbers overflow."""


@dataclass(frozen=True, slots=True)
class SeriesMatrix:
    """Checked series.

    values : float64, shape (S, T) — counts per time step; a bad series is all NaN
    names : tuple of S str
    dates : datetime64[D], shape (T,), or None
    was_single : bool — the caller gave one series, so results carry no column ``series``
    problems : tuple of S str — empty where the series is good, else what is wrong and the remedy
    """

    values: FloatMatrix
    names: tuple[str, ...]
    dates: Days | None
    was_single: bool
    problems: tuple[str, ...] = field(default=())

    @property
    def n_series(self) -> int:
        """Number of series S."""
        return int(self.values.shape[0])

    @property
    def n_times(self) -> int:
        """Number of time steps T."""
        return int(self.values.shape[1])

    @property
    def is_good(self) -> npt.NDArray[np.bool_]:
        """Which series passed, bool, shape (S,)."""
        return np.array([not problem for problem in self.problems], dtype=np.bool_)


def as_series_matrix(
    x: object, *, name: str, dates: object = None, rules: SeriesRules = DEFAULT_RULES
) -> SeriesMatrix:
    """Return one or many count series as a checked float matrix.

    Parameters
    ----------
    x : array of shape (T,) or (S, T); a mapping name -> array; a Polars or pandas series; a wide frame (a row
        per time step, a column per series, optionally one of dates); or a long frame with the columns
        ``series``, a date, and one of counts
    name : str — what the counts are, for messages (``incidence``)
    dates : sequence of T dates, optional — overrides dates found in `x`
    rules : SeriesRules — what the estimator accepts

    Returns
    -------
    SeriesMatrix

    Raises
    ------
    InputError
        ``series.*`` — for one series any problem; for many only what spoils the whole (shape, dates). In a
        batch a bad series is flagged in `problems` and set to NaN.

    Examples
    --------
    >>> as_series_matrix([1, 2, 0], name="cases").values
    array([[1., 2., 0.]])
    >>> as_series_matrix({"a": [1, 2], "b": [1, -2]}, name="cases").is_good
    array([ True, False])
    >>> as_series_matrix([3, -1], name="cases")
    Traceback (most recent call last):
    tongzhou.core.errors.InputError: cases is negative at row 2. Correct the value, or move a ...
    """
    known: tuple[str, ...] = ()
    if isinstance(x, SeriesMatrix):
        values, names, found, was_single = x.values.copy(), x.names, cast(object, x.dates), x.was_single
        known = x.problems
    else:
        values, names, found, was_single = read_series(x, name)
    if values.ndim != 2 or values.shape[1] == 0:
        raise InputError("series.shape", f"{name} has no time steps.", "Give at least one count per day.")
    days = as_days(dates if dates is not None else found, values.shape[1], name)
    problems: list[str] = []
    for row, series_name in enumerate(names):
        if known and known[row]:
            problems.append(known[row])
            continue
        problem = _find_problem(values[row], name if was_single else f"{name} of {series_name}", days, rules)
        if problem is None:
            problems.append("")
            continue
        if was_single:
            raise problem
        problems.append(str(problem))
    is_bad = np.array([bool(problem) for problem in problems])
    if is_bad.any():
        values[is_bad] = np.nan
    return SeriesMatrix(values, names, days, was_single, tuple(problems))


def as_days(dates: object, n_times: int, name: str) -> Days | None:
    """Return dates as datetime64[D] after checking that they are whole, sorted and evenly spaced.

    Raises
    ------
    InputError
        ``series.dates`` wrong length or unreadable, ``series.unsorted``, ``series.gap``
    """
    if dates is None:
        return None
    days = read_days(dates, name)
    if days.shape != (n_times,):
        raise InputError(
            "series.dates",
            f"{name} has {n_times} time steps but {days.size} dates.",
            "Give one date per time step.",
        )
    steps = np.diff(days).astype(np.int64)
    late = np.flatnonzero(steps <= 0)
    if late.size:
        raise InputError(
            "series.unsorted",
            f"Dates of {name} are unsorted or repeated at rows {list_rows(late + 1, days)}.",
            "Sort by date and add up the counts of equal dates.",
            {"rows": (late + 2).tolist()},
        )
    gaps = _find_gaps(days, steps)
    if gaps.size:
        raise InputError(
            "series.gap",
            f"Dates of {name} have a gap before rows {list_rows(gaps + 1, days)}.",
            "Add the missing dates, with 0 where nothing was reported.",
            {"rows": (gaps + 2).tolist()},
        )
    return days


def _find_gaps(days: Days, steps: npt.NDArray[np.int64]) -> npt.NDArray[np.intp]:
    if steps.size == 0:
        return np.zeros(0, dtype=np.intp)
    months = days.astype("datetime64[M]").astype(np.int64)
    day_of_month = (days - days.astype("datetime64[M]")).astype(np.int64)
    month_steps = np.diff(months)
    if steps.min() >= 28 and np.all(day_of_month == day_of_month[0]):
        return np.flatnonzero(month_steps != month_steps.min())
    return np.flatnonzero(steps != steps.min())


def _find_problem(values: FloatMatrix, name: str, days: Days | None, rules: SeriesRules) -> InputError | None:
    if values.size < rules.min_length:
        return InputError(
            "series.too_short",
            f"{name} has {values.size} time step(s); at least {rules.min_length} are needed.",
            "Give a longer series.",
        )
    missing = np.isnan(values)
    faults = (
        (
            "series.missing",
            "is missing (NaN)",
            missing,
            "Write 0 where nothing was reported, or cut the series.",
        )
        if not rules.allow_missing
        else None,
        ("series.infinite", "is infinite", np.isinf(values), "Correct the value."),
        (
            "series.huge",
            f"is above {LARGEST:,}, more than any count of people,",
            values > LARGEST,
            "Correct the value, or give it in larger units.",
        ),
        ("series.negative", "is negative", values < 0, "Correct the value, or move a correction to its day."),
        (
            "series.fraction",
            "is not whole",
            ~missing & (values != np.floor(values)),
            "Give counts, not rates.",
        )
        if rules.whole
        else None,
    )
    for fault in faults:
        if fault is not None and fault[2].any():
            code, what, where, hint = fault
            rows = np.flatnonzero(where)
            plural = "row" if rows.size == 1 else "rows"
            message = f"{name} {what} at {plural} {list_rows(rows, days)}."
            return InputError(code, message, hint, {"rows": (rows + 1).tolist()})
    if not rules.allow_all_zero and not np.nansum(values) > 0:
        return InputError(
            "series.all_zero",
            f"{name} is 0 at all {values.size} rows, so nothing can be estimated.",
            "Leave this series out, or widen the period until it has a case.",
        )
    return None


def require_daily(matrix: SeriesMatrix, what: str) -> None:
    """Refuse dates a week or a month apart where `what` counts in days.

    Raises
    ------
    InputError
        ``series.not_daily``
    """
    if matrix.dates is None or matrix.n_times < 2:
        return
    step = int((matrix.dates[1] - matrix.dates[0]).astype(np.int64))
    if step != 1:
        raise InputError(
            "series.not_daily",
            f"The dates are {step} days apart, and {what} counts in days.",
            "Give counts per day; a delay may also be given as probabilities per time step.",
        )


def day_labels(matrix: SeriesMatrix, positions: npt.NDArray[np.int64]) -> list[dt.date]:
    """Return the dates of 1-based `positions`; only for a matrix with dates."""
    if matrix.dates is None:
        raise InputError("series.dates", "This series has no dates.", "Give dates=.")
    return cast(list[dt.date], matrix.dates[positions - 1].astype(object).tolist())
