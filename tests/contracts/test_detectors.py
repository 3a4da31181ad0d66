"""What every registered detector of count series keeps: columns, nulls, many series, bad input, dates, plots."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from polars.testing import assert_frame_equal, assert_series_equal

from tongzhou.core.errors import InputError
from tongzhou.epi.detect import DETECTORS, find_detector

N_YEARS = 7
T = 52 * N_YEARS
NEEDS_TRAINING = ("cusum", "glr-poisson", "glr-nb")
EVERY = pytest.mark.parametrize("detector", list(DETECTORS.values()), ids=list(DETECTORS))


@pytest.fixture(scope="module")
def counts():
    rng = np.random.default_rng(20)
    season = np.exp(1.5 + 0.5 * np.sin(2 * np.pi * np.arange(T) / 52))
    return rng.negative_binomial(6, 6 / (6 + season), size=(3, T)).astype(float)


@EVERY
def test_one_series_gives_the_contract_columns_and_every_time_point(detector, counts):
    frame = detector(counts[0]).to_frame()
    assert frame.columns == ["t", "observed", "expected", "upper", "alarm"]
    assert frame["t"].to_list() == list(range(1, T + 1))
    assert frame["observed"].to_list() == counts[0].tolist()
    assert frame["alarm"].dtype == pl.Boolean


@EVERY
def test_one_series_is_the_same_from_every_kind_of_input(detector, counts):
    alone = detector(counts[0]).to_frame()
    kinds = (counts[0].tolist(), counts[0].astype(int), pl.Series(counts[0]), pd.Series(counts[0]))
    frames = (pl.DataFrame({"cases": counts[0]}), pd.DataFrame({"cases": counts[0]}))
    for given in (*kinds, *frames):
        assert_frame_equal(detector(given).to_frame(), alone)


@EVERY
def test_many_series_are_the_same_from_every_kind_of_frame(detector, counts):
    many = dict(zip("abc", counts, strict=True))
    wide = detector(many).to_frame()
    days = (np.datetime64("2014-01-06") + 7 * np.arange(T)).astype("datetime64[ns]")
    long = {"series": np.repeat(list(many), T), "date": np.tile(days, 3), "n": counts.ravel()}
    dated = detector(many, dates=days).to_frame()
    for given in (pl.DataFrame(many), pd.DataFrame(many)):
        assert_frame_equal(detector(given).to_frame(), wide)
    for given in (pl.DataFrame(long), pd.DataFrame(long)):
        assert_frame_equal(detector(given).to_frame(), dated)
    rows = detector(counts).to_frame()
    assert rows["series"].unique(maintain_order=True).to_list() == ["1", "2", "3"]
    assert_frame_equal(rows.drop("series"), wide.drop("series"))


EDGES = {
    "constant": np.full(T, 5.0),
    "one case at the end": np.r_[np.zeros(T - 1), 1.0],
    "first half quiet": np.r_[np.zeros(T // 2), np.random.default_rng(1).poisson(6, T - T // 2)],
    "millions": np.random.default_rng(2).poisson(3e6, T).astype(float),
    "wildly uneven": np.random.default_rng(3).negative_binomial(0.1, 0.001, T).astype(float),
    "nearly all zero": np.random.default_rng(4).poisson(0.03, T).astype(float),
    "ends": np.r_[np.random.default_rng(5).poisson(9, T - 60), np.zeros(60)],
}


@EVERY
@pytest.mark.parametrize("series", list(EDGES))
def test_unusual_series_give_numbers_or_nulls(detector, series):
    frame = detector(EDGES[series]).to_frame()
    assert not frame["expected"].is_nan().any()
    assert not frame["upper"].is_nan().any()
    if series == "constant":
        assert not frame["alarm"].any()


@EVERY
@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0])
def test_what_is_no_count_is_named_by_its_row(detector, counts, value):
    spoiled = counts[0].copy()
    spoiled[100] = value
    with pytest.raises(InputError, match="row 101"):
        detector(spoiled)


@EVERY
def test_a_gap_in_the_dates_is_named_by_its_row(detector, counts):
    days = np.datetime64("2014-01-06") + 7 * np.arange(T)
    with pytest.raises(InputError, match=r"gap before rows 51 \(2014-12-29\)"):
        detector(np.delete(counts[0], 50), dates=np.delete(days, 50))


@EVERY
@pytest.mark.parametrize("given", [[], [3], ["many", "few"], np.zeros((2, 2, 2))])
def test_what_is_no_series_is_refused_with_the_way_out(detector, given):
    with pytest.raises(InputError) as caught:
        detector(given)
    assert caught.value.hint


WRONG = [
    ("ears-c1", {"baseline": 7.5}),
    ("ears-c1", {"alpha": "high"}),
    ("cdc", {"freq": -5}),
    ("rki1", {"freq": 0}),
    ("bayes1", {"freq": 0}),
    ("cusum", {"freq": 0}),
    ("glr-nb", {"freq": 0}),
    ("farrington", {"limit54": 5}),
    ("farrington-flexible", {"limit54": (5, 0)}),
    ("farrington-flexible", {"freq": 0}),
    ("farrington-flexible", {"b": 2.5}),
    ("farrington-flexible", {"pthreshold_trend": -1}),
    ("farrington-flexible", {"past_weeks_not_included": -3}),
    ("moving-percentile", {"w": 1.5}),
]


@pytest.mark.parametrize(("name", "options"), WRONG)
def test_an_option_out_of_range_is_refused_with_what_is_allowed(name, options, counts):
    with pytest.raises(InputError, match=r"at least|whole number|between|pair"):
        DETECTORS[name](counts[0], **options)


@EVERY
def test_alarm_is_null_without_history_and_defined_after_it(detector, counts):
    alarm = detector(counts[0]).to_frame()["alarm"]
    assert alarm[-52:].null_count() <= 2
    if detector.needs_years:
        assert alarm[: int(52 * (detector.needs_years - 1))].null_count() == int(
            52 * (detector.needs_years - 1)
        )


@EVERY
def test_many_series_give_what_each_gives_alone(detector, counts):
    many = detector({"a": counts[0], "b": counts[1], "c": counts[2]}).to_frame()
    assert many.columns[0] == "series"
    for name, values in zip("abc", counts, strict=True):
        alone = detector(values).to_frame()
        here = many.filter(pl.col("series") == name).drop("series")
        assert_frame_equal(here, alone, rel_tol=1e-12)


@EVERY
def test_a_bad_series_flags_its_own_rows_and_no_other(detector, counts):
    spoiled = counts[1].copy()
    spoiled[40] = -1
    mixed = detector({"good": counts[0], "bad": spoiled})
    frame = mixed.to_frame()
    bad = frame.filter(pl.col("series") == "bad")
    assert bad["alarm"].null_count() == bad["upper"].null_count() == T
    assert "negative at row" in bad["problem"][0]
    good = frame.filter(pl.col("series") == "good")
    assert_series_equal(good["upper"], detector(counts[0]).to_frame()["upper"], rel_tol=1e-12)


@EVERY
def test_a_bad_single_series_raises_with_its_rows(detector, counts):
    spoiled = counts[0].copy()
    spoiled[[4, 9]] = np.nan
    with pytest.raises(InputError, match="rows 5, 10"):
        detector(spoiled)


@EVERY
def test_a_quiet_series_of_zeros_gives_no_alarm(detector):
    assert not detector(np.zeros(T)).to_frame()["alarm"].any()


@EVERY
def test_a_clear_outbreak_is_found(detector, counts):
    risen = counts[0].copy()
    risen[-4:] += 60
    assert detector(risen).to_frame()["alarm"][-4:].any()


@EVERY
def test_too_short_a_series_has_no_alarm_or_says_so(detector):
    if detector.name in NEEDS_TRAINING:
        with pytest.raises(InputError, match="nothing is left to watch"):
            detector([3, 1, 4])
    else:
        assert detector([3, 1, 4]).to_frame()["alarm"].null_count() == (
            0 if detector.name == "outbreak-p" else 3
        )


@EVERY
def test_dates_become_a_column_and_unsorted_ones_are_refused(detector, counts):
    days = np.datetime64("2014-01-06") + 7 * np.arange(T)
    frame = detector(counts[0], dates=days).to_frame()
    assert frame["date"][0].isoformat() == "2014-01-06"
    with pytest.raises(InputError, match="unsorted"):
        detector(counts[0], dates=days[::-1])


@EVERY
def test_result_carries_method_options_and_digest_and_can_be_drawn(detector, counts):
    found = detector(counts[0])
    assert found.provenance.method
    assert found.provenance.reference
    assert len(found.provenance.inputs_digest) == 64
    option = found.echarts(language="zh")
    assert option["series"][0]["data"]
    assert len(option["xAxis"]["data"]) == T


@EVERY
def test_details_join_the_frame_when_asked(detector, counts):
    found = detector(counts[0])
    assert set(found.to_frame(details=True).columns) == {*found.to_frame().columns, *found.details}
    assert detector.has_p_value == ("p_value" in found.details)


def test_unknown_detector_names_the_known_ones():
    with pytest.raises(InputError, match="ears-c1"):
        find_detector("magic")
