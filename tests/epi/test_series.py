"""Input checks name rows and the way out."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest

from tongzhou.core.errors import InputError
from tongzhou.epi.series import SeriesRules, as_series_matrix

DAYS = [dt.date(2020, 1, 1) + dt.timedelta(days=i) for i in range(4)]


@pytest.mark.parametrize(
    ("values", "code", "says"),
    [
        ([1, np.nan, 2], "series.missing", "row 2"),
        ([1, None, None], "series.missing", "rows 2, 3"),
        ([1, -3, 2], "series.negative", "row 2"),
        ([0, 0, 0], "series.all_zero", "all 3 rows"),
        ([4], "series.too_short", "1 time step"),
        ([1, np.inf], "series.infinite", "row 2"),
        (["a", "b"], "series.not_numeric", "no number at rows 1"),
        ([[[1]]], "series.shape", "3 dimensions"),
        ([], "series.shape", "no time steps"),
    ],
)
def test_bad_values_are_named(values: object, code: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        as_series_matrix(values, name="cases")
    assert caught.value.code == code
    assert caught.value.hint


@pytest.mark.parametrize(
    ("dates", "code", "says"),
    [
        ([DAYS[0], DAYS[2], DAYS[1]], "series.unsorted", r"3 \(2020-01-02\)"),
        ([DAYS[0], DAYS[0], DAYS[1]], "series.unsorted", r"2 \(2020-01-01\)"),
        ([DAYS[0], DAYS[1], DAYS[3]], "series.gap", r"3 \(2020-01-04\)"),
        (["2020-01-01", "x", "2020-01-03"], "series.dates", "cannot be read"),
        (DAYS, "series.dates", "3 time steps but 4 dates"),
    ],
)
def test_bad_dates_are_named(dates: object, code: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        as_series_matrix([1, 2, 3], name="cases", dates=dates)
    assert caught.value.code == code


def test_weekly_and_monthly_dates_are_regular() -> None:
    weeks = pd.date_range("2020-01-06", periods=5, freq="7D")
    months = ["2020-01-01", "2020-02-01", "2020-03-01", "2020-04-01", "2020-05-01"]
    for dates in (weeks, months):
        assert as_series_matrix(np.arange(5), name="cases", dates=dates).n_times == 5


def test_one_bad_series_is_flagged_and_the_others_stay() -> None:
    matrix = as_series_matrix(np.array([[1, 2, 3], [1, -2, 3], [0, 0, 0]]), name="cases")
    assert matrix.is_good.tolist() == [True, False, False]
    assert "negative at row 2" in matrix.problems[1]
    assert np.isnan(matrix.values[1:]).all()


def test_every_kind_of_frame_gives_the_same_matrix() -> None:
    columns = {"a": [1, 2, 3, 4], "b": [5, 6, 7, 8]}
    wide = pl.DataFrame({"date": DAYS, **columns})
    long = wide.unpivot(index="date", variable_name="series", value_name="count").sample(
        8, shuffle=True, seed=1
    )
    forms = [wide, wide.lazy(), wide.to_pandas(), pd.DataFrame(columns, index=pd.to_datetime(DAYS)), long]
    for form in forms:
        matrix = as_series_matrix(form, name="cases")
        order = np.argsort(matrix.names)
        assert matrix.values[order].tolist() == list(columns.values())
        assert matrix.dates is not None
        assert not matrix.was_single


def test_one_series_of_any_library_is_single() -> None:
    for form in (
        pl.Series("cases", [1, 2]),
        pd.Series([1, 2]),
        np.array([1, 2]),
        [1, 2],
        pl.DataFrame({"n": [1, 2]}),
    ):
        assert as_series_matrix(form, name="cases").was_single


def test_repeated_day_of_long_frame_is_refused() -> None:
    frame = pl.DataFrame({"series": ["a", "a"], "date": [DAYS[0], DAYS[0]], "count": [1, 2]})
    with pytest.raises(InputError, match="a 2020-01-01"):
        as_series_matrix(frame, name="cases")


def test_missing_day_of_long_frame_flags_its_series() -> None:
    frame = pl.DataFrame({"series": ["a", "a", "b"], "date": [DAYS[0], DAYS[1], DAYS[0]], "count": [1, 2, 3]})
    matrix = as_series_matrix(frame, name="cases")
    assert matrix.is_good.tolist() == [True, False]


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(InputError, match="unequal length"):
        as_series_matrix({"a": [1, 2], "b": [1]}, name="cases")


def test_rules_allow_zeros_and_demand_whole_counts() -> None:
    assert as_series_matrix([0, 0], name="cases", rules=SeriesRules(allow_all_zero=True)).is_good.all()
    with pytest.raises(InputError, match="not whole at row 1"):
        as_series_matrix([0.5, 1], name="cases", rules=SeriesRules(whole=True))
