"""Hand-checked cases of the detectors, their options and their refusals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import nbinom, norm, poisson

from tongzhou.core.errors import InputError
from tongzhou.epi import detect
from tongzhou.epi.detect.baselines import reference_dates, window_dates, years_back
from tongzhou.epi.detect.quantiles import nbinom_quantile, poisson_quantile

WEEKS = np.datetime64("2010-01-04") + 7 * np.arange(52 * 8)


def test_ears_c1_is_mean_plus_z_times_sd_of_the_last_seven():
    past = np.array([3.0, 2, 4, 3, 3, 2, 3])
    found = detect.ears([*past, 9], alpha=0.01)
    assert found.upper[0, 7] == pytest.approx(past.mean() + norm.ppf(0.99) * past.std(ddof=1))


def test_ears_c3_is_undefined_after_a_constant_baseline_unless_sigma_is_floored():
    quiet = np.full(20, 5.0)
    assert detect.ears(quiet, "C3").to_frame()["alarm"].null_count() == 20
    assert detect.ears(quiet, "C3", min_sigma=0.5).to_frame()["alarm"].null_count() == 11


def test_ears_default_levels_are_those_of_the_peer():
    assert detect.ears(np.arange(30)).provenance.options["alpha"] == 0.001
    assert detect.ears(np.arange(30), "C3").provenance.options["alpha"] == 0.025


def test_bayes_bound_is_the_predictive_quantile():
    found = detect.bayes([1, 0, 2, 1, 1, 3, 9])
    assert found.upper[0, 6] == nbinom.ppf(0.95, 8.5, 6 / 7)
    assert found.details["p_value"][0, 6] == pytest.approx(nbinom.sf(8, 8.5, 6 / 7))


def test_rki_reads_the_poisson_table_below_twenty_and_the_sd_above():
    small = detect.rki([4, 4, 4, 4, 4, 4, 12], "rki1")
    assert small.upper[0, 6] == 9.598
    large = detect.rki([30, 32, 28, 31, 29, 30, 50], "rki1")
    assert large.upper[0, 6] == pytest.approx(30 + 2 * np.std([30, 32, 28, 31, 29, 30], ddof=1))


def test_cusum_with_a_given_mean_starts_at_the_first_point():
    found = detect.cusum([4.0, 10, 4, 4], m=4.0)
    assert found.details["cusum"][0].tolist() == pytest.approx([0, 1.96, 0.92, 0])
    assert found.alarm[0].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("trans", ["standard", "rossi", "anscombe", "pearsonNegBin", "anscombeNegBin"])
def test_cusum_after_a_history_of_zeros_has_the_bound_of_the_peer_and_no_chart(trans):
    found = detect.cusum(np.r_[np.zeros(52), 0, 2, 5], trans=trans)
    assert found.upper[0, 52:].tolist() == [0, 0, 0]
    assert found.to_frame()["alarm"].null_count() == 55


def test_cdc_of_a_single_past_block_has_no_bound_like_the_peer():
    frame = detect.cdc(np.arange(120.0), b=1, m=0).to_frame()
    assert frame["expected"][-1] == 4 * 119 - 6 - 4 * 52
    assert frame["upper"].null_count() == frame["alarm"].null_count() == 120


@pytest.mark.parametrize("trans", ["standard", "rossi", "anscombe", "pearsonNegBin"])
def test_cusum_bound_is_the_count_at_which_the_chart_reaches_its_limit(trans):
    x = np.array([4.0, 6, 5, 4])
    bound = detect.cusum(x, m=4.0, trans=trans).upper[0, -1]
    at_bound = detect.cusum([*x[:-1], bound], m=4.0, trans=trans).details["cusum"][0, -1]
    assert at_bound == pytest.approx(2.26, abs=0.5 if trans == "standard" else 1e-6)


def test_cusum_mean_by_regression_follows_the_season():
    rng = np.random.default_rng(2)
    mean = np.exp(2 + np.cos(2 * np.pi * np.arange(1, 521) / 52))
    found = detect.cusum(rng.poisson(mean), m="glm", range=(469, 520))
    np.testing.assert_allclose(found.expected[0, 468:], mean[468:], rtol=0.1)


def test_farrington_flexible_without_trend_and_weights_predicts_the_mean_of_the_windows():
    rng = np.random.default_rng(4)
    x = rng.poisson(20, 52 * 6).astype(float)
    found = detect.farrington_flexible(x, b=3, w=2, trend=False, weights=None, range=[300])
    windows = [x[299 - 52 * y - 2 : 299 - 52 * y + 3] for y in (1, 2, 3)]
    assert found.expected[0, 299] == pytest.approx(np.mean(windows), rel=1e-10)


def test_farrington_flexible_noperiods_one_past_weeks_include_or_exclude_the_current_window():
    rng = np.random.default_rng(5)
    x = rng.poisson(10, 52 * 6).astype(float)
    x[295:299] += 100
    kept = detect.farrington_flexible(x, b=3, w=3, past_weeks_not_included=0, weights=None, range=[300])
    left = detect.farrington_flexible(x, b=3, w=3, weights=None, range=[300])
    assert kept.expected[0, 299] > 1.5 * left.expected[0, 299]


def test_farrington_weights_lessen_a_past_outbreak():
    rng = np.random.default_rng(6)
    x = rng.poisson(10, 52 * 6).astype(float)
    x[299 - 52] = 150
    weighed = detect.farrington_flexible(x, b=5, range=[300], trend=False)
    plain = detect.farrington_flexible(x, b=5, range=[300], trend=False, weights=None)
    assert weighed.upper[0, 299] < plain.upper[0, 299] / 2


def test_population_offset_scales_the_expected_count():
    rng = np.random.default_rng(7)
    people = np.linspace(1000, 4000, 52 * 6)
    x = rng.poisson(people / 50).astype(float)
    found = detect.farrington_flexible(x, b=5, trend=False, weights=None, population=people, range=[312])
    assert found.expected[0, 311] == pytest.approx(80, rel=0.05)


def test_limit54_gives_no_alarm_and_no_bound_for_few_cases():
    x = np.zeros(52 * 6)
    x[-1] = 3
    found = detect.farrington_flexible(x, b=5).to_frame()
    assert found["alarm"][-1] is False
    assert found["upper"][-1] is None


def test_reference_weeks_with_dates_are_calendar_years_back_on_the_same_weekday():
    points = reference_dates(np.datetime64("2020-03-02"), 2, 52)
    assert points.astype(str).tolist() == ["2020-03-02", "2019-03-04", "2018-03-05"]
    assert years_back(np.datetime64("2020-02-29"), 1)[1] == np.datetime64("2019-03-01")


def test_monthly_windows_keep_the_day_of_the_month():
    days = window_dates(np.datetime64("2020-03-01"), 1, 1, 12)
    assert days.astype(str).tolist() == ["2019-02-01", "2019-03-01", "2019-04-01"]


def test_dates_shift_the_reference_weeks_of_a_53_week_year():
    rng = np.random.default_rng(8)
    x = rng.poisson(20 + 15 * np.sin(np.arange(WEEKS.size) * 2 * np.pi / 52.18)).astype(float)
    by_date = detect.farrington_flexible(x, b=5, dates=WEEKS)
    by_position = detect.farrington_flexible(x, b=5)
    assert not np.allclose(by_date.upper[0, -50:], by_position.upper[0, -50:], equal_nan=True)


def test_dates_that_do_not_fit_freq_are_refused():
    with pytest.raises(InputError, match="freq is 12, but the dates are 7 to 7 days apart"):
        detect.farrington_flexible(np.ones(WEEKS.size), freq=12, dates=WEEKS)


def test_moving_percentile_of_daily_counts_compares_seven_day_sums():
    x = np.tile([1.0, 2, 3, 4, 5, 6, 7], 53 * 4)[: 365 * 4]
    x[-7:] += 10
    found = detect.moving_percentile(x, b=3, block=7, freq=365)
    assert found.details["aggregate"][0, -1] == pytest.approx(98)
    assert found.alarm[0, -1] == 1
    assert found.expected[0, -1] == pytest.approx(28)


def test_quantiles_are_those_of_the_distributions():
    rng = np.random.default_rng(9)
    size, mean = np.exp(rng.normal(0, 3, 500)), np.exp(rng.normal(2, 2, 500))
    success = size / (size + mean)
    for p in (0.05, 0.95, 0.999):
        np.testing.assert_array_equal(nbinom_quantile(p, size, success), nbinom.ppf(p, size, success))
        np.testing.assert_array_equal(poisson_quantile(p, mean), poisson.ppf(p, mean))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: detect.ears(x, "C4"), "method 'C4' is unknown"),
        (lambda x: detect.ears(x, baseline=2), "baseline is 2; it is at least 3"),
        (lambda x: detect.ears(x, alpha=1.5), "alpha is 1.5"),
        (lambda x: detect.ears(x, range=(5, 900)), "range has the time points"),
        (lambda x: detect.farrington_flexible(x, weights="mine"), "weights 'mine' is unknown"),
        (lambda x: detect.farrington_flexible(x, noperiods=60), "noperiods is 60"),
        (lambda x: detect.cusum(x, range=[60, 70, 80]), "range has gaps"),
        (lambda x: detect.glr_nb(x, mu0=3.0), "alpha cannot be estimated"),
        (lambda x: detect.bayes(x + 0.5), "is not whole"),
        (lambda x: detect.moving_percentile(x, percentile=100), "percentile is 100"),
    ],
)
def test_wrong_options_are_refused_with_value_and_remedy(call, message):
    with pytest.raises(InputError, match=message) as caught:
        call(np.ones(400))
    assert caught.value.hint
