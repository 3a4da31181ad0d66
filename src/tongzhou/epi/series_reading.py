"""Reading series from NumPy, Polars, pandas and plain Python into one float matrix.

Owns recognising the kind of input and its dates. Never judges the counts; `series` does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import polars as pl

from tongzhou.core.errors import InputError, list_offenders
from tongzhou.epi.frames import refuse_rows

FloatMatrix = npt.NDArray[np.float64]
Days = npt.NDArray[np.datetime64]

DATE_COLUMNS = ("date", "dates", "day", "week", "date_onset", "date_reporting")
LONG_NAME = "series"
NOT_VALUES = frozenset({LONG_NAME, "t", *DATE_COLUMNS})


def list_rows(positions: npt.NDArray[np.intp], days: Days | None = None) -> str:
    """Print 0-based positions as 1-based rows, with their dates where known."""
    labels = [str(p + 1) if days is None else f"{p + 1} ({days[p]})" for p in positions]
    return list_offenders(labels)


def read_days(dates: object, name: str) -> Days:
    """Return any sequence of dates (ISO text, date, datetime, datetime64, Polars, pandas) as
    datetime64[D]."""
    if isinstance(dates, pl.Series):
        dates = dates.to_list()
    elif hasattr(dates, "to_numpy"):
        dates = cast(Any, dates).to_numpy()
    try:
        array = np.asarray(dates)
        if array.dtype.kind not in "MOUS":
            raise ValueError("not dates")
        days = array.astype("datetime64[D]")
    except (ValueError, TypeError) as error:
        raise InputError(
            "series.dates", f"Dates of {name} cannot be read.", "Write them as 2020-01-31."
        ) from error
    bad = np.flatnonzero(np.isnat(days))
    if bad.size:
        raise InputError(
            "series.dates", f"Dates of {name} are missing at rows {list_rows(bad)}.", "Fill in every date."
        )
    return days


ReadSeries = tuple[FloatMatrix, tuple[str, ...], object, bool]


def read_series(x: object, name: str) -> ReadSeries:  # noqa: PLR0911 - one return per kind of input
    """Return values of shape (S, T), names, dates or None, and whether `x` was one series.

    Raises
    ------
    InputError
        ``series.shape``, ``series.not_numeric``, ``series.repeated`` or ``series.dates``
    """
    if isinstance(x, pl.LazyFrame):
        x = x.collect()
    if isinstance(x, pl.DataFrame):
        return _read_frame(x, name)
    if isinstance(x, Mapping):
        return _read_mapping(x, name)
    if isinstance(x, pl.Series):
        return _to_floats(x.to_list(), name)[None, :], (x.name or name,), None, True
    kind = f"{type(x).__module__.partition('.')[0]}.{type(x).__name__}"
    if kind == "pandas.DataFrame":
        return _read_pandas(cast(Any, x), name)
    if kind == "pandas.Series":
        index = cast(Any, x).index
        dates = (
            index.to_numpy()
            if getattr(index, "dtype", None) is not None and index.dtype.kind == "M"
            else None
        )
        return (
            _to_floats(cast(Any, x).to_numpy(), name)[None, :],
            (str(cast(Any, x).name or name),),
            dates,
            True,
        )
    values = _to_floats(x, name)
    if values.ndim == 1:
        return values[None, :], (name,), None, True
    if values.ndim != 2:
        raise InputError(
            "series.shape",
            f"{name} has {values.ndim} dimensions; allowed are (time,) and (series, time).",
            "Flatten areas and ages into rows.",
        )
    return values, tuple(str(i + 1) for i in range(values.shape[0])), None, False


def _read_mapping(x: Mapping[Any, Any], name: str) -> ReadSeries:
    lengths = {str(key): len(value) for key, value in x.items()}
    if len(set(lengths.values())) > 1:
        listed = list_offenders([f"{key}: {length}" for key, length in lengths.items()])
        raise InputError(
            "series.shape", f"{name} has series of unequal length ({listed}).", "Give every series all days."
        )
    columns = {str(key): np.asarray(value).tolist() for key, value in x.items()}
    return _read_frame(pl.DataFrame(columns, strict=False), name, is_mapping=True)


def _to_floats(x: object, name: str) -> FloatMatrix:
    if isinstance(x, Sequence) and not isinstance(x, str):
        x = [np.nan if item is None else item for item in x]
    try:
        array = np.asarray(x)
        if array.dtype.kind not in "biufO":
            raise ValueError("not numbers")
        values = np.array(array, dtype=np.float64)
    except (ValueError, TypeError) as error:
        raise _not_numeric(x, name) from error
    return values


def _not_numeric(x: object, name: str) -> InputError:
    """Name the rows that hold no number, or say that the whole is no series."""
    items = list(x) if isinstance(x, Sequence | np.ndarray) and not isinstance(x, str) else []
    wrong = [n for n, item in enumerate(items) if not isinstance(item, int | float | np.number)]
    if wrong and not any(
        isinstance(item, Sequence | np.ndarray) and not isinstance(item, str) for item in items
    ):
        listed = list_offenders([f"{n + 1} ({items[n]})" for n in wrong])
        return InputError(
            "series.not_numeric",
            f"{name} is no number at rows {listed}.",
            "Give counts as numbers, and leave columns that are no counts out.",
            {"rows": [n + 1 for n in wrong]},
        )
    return InputError(
        "series.not_numeric",
        f"{name} of type {type(x).__name__} is no series of numbers, or has rows of unequal length.",
        "Give counts as numbers, one list of the same length per series.",
    )


def _read_pandas(frame: Any, name: str) -> ReadSeries:
    index_is_dates = getattr(frame.index, "dtype", None) is not None and frame.index.dtype.kind == "M"
    dates = frame.index.to_numpy() if index_is_dates else None
    columns = {str(column): frame[column].to_numpy() for column in frame.columns}
    table = pl.DataFrame({key: _pandas_column(value) for key, value in columns.items()}, strict=False)
    values, names, found, was_single = _read_frame(table, name)
    return values, names, dates if found is None else found, was_single


def _pandas_column(values: npt.NDArray[Any]) -> object:
    if values.dtype.kind == "M":
        return values.astype("datetime64[ms]")
    return values.tolist() if values.dtype.kind == "O" else values


def _read_frame(frame: pl.DataFrame, name: str, is_mapping: bool = False) -> ReadSeries:
    if LONG_NAME in frame.columns:
        return _read_long(frame, name)
    date_column = next(
        (c for c in frame.columns if c in DATE_COLUMNS or frame[c].dtype in (pl.Date, pl.Datetime)), None
    )
    columns = [c for c in frame.columns if c != date_column and c not in NOT_VALUES]
    if not columns:
        raise InputError("series.shape", f"{name} has no column of counts.", "Give a column per series.")
    values = np.stack([_to_floats(frame[c].to_list(), f"column {c}") for c in columns])
    dates = None if date_column is None else frame[date_column]
    return values, tuple(columns), dates, len(columns) == 1 and not is_mapping


def _read_long(frame: pl.DataFrame, name: str) -> ReadSeries:
    date_column = next(
        (c for c in frame.columns if c in DATE_COLUMNS or frame[c].dtype in (pl.Date, pl.Datetime)), None
    )
    counts = [
        c for c in frame.columns if c not in NOT_VALUES and c != date_column and frame[c].dtype.is_numeric()
    ]
    if date_column is None or len(counts) != 1:
        raise InputError(
            "series.shape",
            f"{name} as a long frame needs `series`, a column of dates and one of counts; "
            f"found {frame.columns}.",
            "Select these three columns.",
        )
    table = pl.DataFrame(
        {
            "series": frame[LONG_NAME].cast(pl.String),
            "day": read_days(frame[date_column], name).astype("datetime64[ms]"),
            "count": frame[counts[0]].cast(pl.Float64),
        }
    ).with_columns(pl.col("day").cast(pl.Date))
    refuse_rows(
        table["series"].is_null().to_numpy(),
        "series.name",
        f"{name} has no name of its series",
        "Fill in `series`.",
    )
    repeated = table.filter(table.select("series", "day").is_duplicated()).unique(["series", "day"])
    if repeated.height:
        pairs = [f"{s} {d}" for s, d in repeated.select("series", "day").sort("series", "day").iter_rows()]
        raise InputError(
            "series.repeated",
            f"{name} gives a day twice for {list_offenders(pairs)}.",
            "Add up the counts of one series and day.",
        )
    wide = table.pivot(on="series", index="day", values="count").sort("day")
    names = tuple(column for column in wide.columns if column != "day")
    return wide.select(names).to_numpy().T.astype(np.float64), names, wide["day"], False
