"""False alarms on simulated quiet series come at about the stated rate, and planted outbreaks are found."""

from __future__ import annotations

import numpy as np
import pytest

from tongzhou.epi import detect

N_SERIES, N_WEEKS = 150, 52 * 7


def quiet(mean_low, mean_high, size, seed):
    """Return seasonal negative binomial series and their mean."""
    rng = np.random.default_rng(seed)
    level = rng.uniform(np.log(mean_low), np.log(mean_high), (N_SERIES, 1))
    mean = np.exp(level + 0.4 * np.sin(2 * np.pi * np.arange(N_WEEKS) / 52))
    return rng.negative_binomial(size, size / (size + mean)).astype(float), mean


def alarm_rate(found, weeks=slice(-52, None)):
    seen = found.alarm[:, weeks]
    return float(np.mean(seen[seen >= 0]))


@pytest.mark.parametrize(
    ("name", "options", "low", "high"),
    [
        ("farrington-noufaily", {}, 0.005, 0.025),
        ("farrington-flexible", {"alpha": 0.01}, 0.005, 0.04),
        ("farrington-flexible", {"alpha": 0.01, "threshold_method": "muan", "noperiods": 10}, 0.0, 0.012),
        ("bayes2", {"alpha": 0.05}, 0.03, 0.25),
    ],
)
def test_false_alarms_come_at_about_the_stated_rate(name, options, low, high):
    counts, _ = quiet(5, 60, 10, seed=1)
    assert low <= alarm_rate(detect.find_detector(name)(counts, **options)) <= high


def test_poisson_counts_give_ears_its_level_up_to_the_error_of_its_sd():
    counts = np.random.default_rng(2).poisson(40, (400, 200)).astype(float)
    rate = alarm_rate(detect.ears(counts, baseline=50, alpha=0.01), slice(60, None))
    assert rate == pytest.approx(0.016, abs=0.004)


def test_expected_counts_of_the_seasonal_fit_are_near_the_truth():
    counts, mean = quiet(20, 60, 20, seed=3)
    found = detect.find_detector("farrington-noufaily")(counts)
    ratio = found.expected[:, -52:] / mean[:, -52:]
    assert np.nanmean(ratio) == pytest.approx(1, abs=0.03)
    assert np.nanstd(ratio) < 0.15


def test_a_past_outbreak_hides_a_new_one_unless_it_is_down_weighted():
    counts, mean = quiet(10, 30, 20, seed=4)
    counts[:, -53] += np.round(5 * mean[:, -53])
    counts[:, -1] = np.round(mean[:, -1] * 3)
    options = {"alpha": 0.01, "b": 5}
    weighed = detect.farrington_flexible(counts, weights="noufaily", **options)
    plain = detect.farrington_flexible(counts, weights=None, **options)
    assert (weighed.alarm[:, -1] == 1).mean() > (plain.alarm[:, -1] == 1).mean() + 0.3


@pytest.mark.parametrize("name", ["glr-poisson", "glr-nb", "cusum"])
def test_charts_find_a_lasting_rise_of_half_within_weeks(name):
    rng = np.random.default_rng(5)
    counts = rng.poisson(15, (40, 52 * 3)).astype(float)
    counts[:, -12:] = rng.poisson(24, (40, 12))
    found = detect.find_detector(name)(counts)
    assert np.mean((found.alarm[:, -12:] == 1).any(axis=1)) > 0.9


def test_outbreak_p_waits_through_a_flat_series_and_finds_the_rise():
    rng = np.random.default_rng(6)
    flat = rng.poisson(8, (100, 25)).astype(float)
    rising = rng.poisson(8 * np.exp(np.maximum(0, np.arange(25) - 14) * 0.15), (100, 25)).astype(float)
    assert np.mean((detect.outbreak_p(flat).alarm == 1).any(axis=1)) < 0.2
    assert np.mean((detect.outbreak_p(rising).alarm == 1).any(axis=1)) > 0.95


def test_scan_p_values_of_quiet_worlds_are_even_and_clusters_are_found():
    rng = np.random.default_rng(7)
    places, people = rng.uniform(0, 10, (25, 2)), rng.uniform(500, 1500, 25)
    quiet_p, found_p = [], []
    for _ in range(80):
        cases = rng.multinomial(150, people / people.sum())
        quiet_p.append(detect.scan(cases, people, places, n_replicates=99, seed=1).clusters[0].p_value)
        centre = np.argsort(np.hypot(*(places - places[3]).T))[:2]
        planted = cases.copy()
        planted[centre] += rng.poisson(12, 2)
        found_p.append(detect.scan(planted, people, places, n_replicates=99, seed=1).clusters[0].p_value)
    assert np.mean(np.array(quiet_p) <= 0.1) < 0.22
    assert 0.4 < np.mean(quiet_p) < 0.62
    assert np.mean(np.array(found_p) <= 0.05) > 0.85
