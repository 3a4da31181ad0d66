"""What every registered detector of count series keeps: columns, nulls, many series, bad input, dates, plots."""

from __future__ import annotations

import numpy as np
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
