"""Likelihood ratio charts and OutbreakP: against the peer, and against maximisation by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import nbinom, poisson

from tests.epi.detect.peer_outputs import NAMES, read_peer, relative_error
from tongzhou.core.errors import InputError
from tongzhou.epi import detect

LIMIT = 1e9


@pytest.mark.parametrize("name", NAMES)
def test_seasonal_poisson_chart_gives_statistic_alarms_and_mean_of_the_peer(name):
    peer = read_peer(name, "glr_pois_seas")
    if peer is None:
        pytest.skip("the peer has no output for this series")
    found = detect.glr_poisson(peer.counts, mu0={"S": 1, "trend": False}, range=peer.range)
    assert relative_error(found.upper[0, peer.rows], peer.column("upperbound")) <= 1e-9
    np.testing.assert_array_equal(found.alarm[0, peer.rows], peer.column("alarm"))
    np.testing.assert_allclose(found.expected[0, peer.rows], peer.column("mu0"), rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_outbreak_p_gives_statistic_and_alarms_of_the_peer(name):
    peer = read_peer(name, "outbreakP_value")
    if peer is None:
        pytest.skip("the peer has no output for this series")
    found = detect.outbreak_p(peer.counts, range=peer.range)
    assert relative_error(found.upper[0, peer.rows], peer.column("upperbound")) <= 1e-8
    np.testing.assert_array_equal(found.alarm[0, peer.rows], peer.column("alarm"))


def peer_of_one_mean(x, mean, alpha):
    """What the peer makes of one number for `mu0`, and for how many time points.

    Its C code expects a mean per time point: it finds the number at the first, and for the next six what memory holds
    there, 0 but for the smallest of fractions; behind lies whatever the session left. A change after the first point
    then has no ratio, so the statistic is that of a change at the first, where it has a maximum.
    """
    total = np.cumsum(x[:7])
    if not alpha:
        kappa = np.log(np.maximum(total, mean) / mean)
        return kappa * total + (1 - np.exp(kappa)) * mean
    share = total[total < x[0] + 1 / alpha] / (x[0] + 1 / alpha)
    kappa = np.log(np.maximum(share / (1 - share), alpha * mean) / (alpha * mean))
    rest = np.log((1 + alpha * mean) / (1 + alpha * mean * np.exp(kappa)))
    return kappa * total[: share.size] + (x[0] + 1 / alpha) * rest


@pytest.mark.parametrize("name", [name for name in NAMES if name != "rotaBB_all"])
@pytest.mark.parametrize(("output", "alpha"), [("glr_pois_const", 0.0), ("glr_nb_const", 0.2)])
def test_peer_given_one_mean_reads_it_for_the_first_time_point_only(name, output, alpha):
    peer = read_peer(name, output)
    theirs = peer.column("upperbound")
    expected = peer_of_one_mean(peer.counts[peer.rows], peer.column("mu0")[0], alpha)
    until = min(expected.size, 1 + int(np.argmax(np.append(peer.column("alarm"), 1))))
    np.testing.assert_allclose(theirs[:until], expected[:until], rtol=1e-6, atol=1e-9)


def best_ratio(x, mu0, log_density):
    """Maximise the log likelihood ratio over the change point and the rise, by brute force."""
    best = 0.0
    for k in range(x.size):
        quiet = log_density(x[k:], mu0[k:]).sum()

        def loss(kappa, k=k):
            return -log_density(x[k:], mu0[k:] * np.exp(kappa)).sum()

        risen = minimize_scalar(loss, bounds=(0, 6), method="bounded", options={"xatol": 1e-10})
        best = max(best, -risen.fun - quiet)
    return best


@pytest.mark.parametrize("alpha", [0.0, 0.3])
def test_statistic_is_the_maximum_over_change_point_and_rise(alpha):
    rng = np.random.default_rng(3)
    mu0 = 4 + 2 * np.sin(np.arange(24) / 4)
    x = rng.poisson(mu0 * np.where(np.arange(24) > 15, 2.0, 1.0)).astype(float)

    def log_density(y, mu):
        return nbinom.logpmf(y, 1 / alpha, 1 / (1 + alpha * mu)) if alpha else poisson.logpmf(y, mu)

    found = detect.glr_nb(x, mu0=mu0, alpha=alpha, c_arl=LIMIT)
    for n in (0, 7, 16, 23):
        expected = best_ratio(x[: n + 1], mu0[: n + 1], log_density)
        assert found.details["statistic"][0, n] == pytest.approx(expected, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("alpha", [0.0, 0.3])
@pytest.mark.parametrize("theta", [None, 0.5])
def test_cases_for_an_alarm_raise_it_and_one_less_does_not(alpha, theta):
    x = np.array([3.0, 5, 4, 2, 6, 4, 3])
    options = {"mu0": 4.0, "alpha": alpha, "theta": theta, "c_arl": 3.0}
    needed = np.ceil(detect.glr_nb(x, ret="cases", **options).upper[0, -1])
    for count, is_alarm in ((needed, 1), (needed - 1, 0)):
        changed = np.append(x[:-1], count)
        assert detect.glr_nb(changed, **options).alarm[0, -1] == is_alarm


def test_chart_restarts_after_an_alarm():
    x = np.array([5.0, 30, 5, 5, 5])
    found = detect.glr_poisson(x, mu0=5.0)
    assert found.alarm[0].tolist() == [0, 1, 0, 0, 0]
    assert found.upper[0, 2:] == pytest.approx(0)


def test_falls_are_found_only_in_their_direction():
    x = np.array([20.0, 21, 19, 5, 4, 6])
    assert detect.glr_poisson(x, mu0=20.0, dir="dec").alarm[0].max() == 1
    assert detect.glr_poisson(x, mu0=20.0, dir="inc").alarm[0].max() == 0


def test_window_limits_how_far_back_a_change_may_lie():
    x = np.array([9.0, 9, 9, 9, 9, 9, 9, 9])
    whole = detect.glr_poisson(x, mu0=6.0, c_arl=LIMIT).details["statistic"][0, -1]
    recent = detect.glr_poisson(x, mu0=6.0, c_arl=LIMIT, m=3).details["statistic"][0, -1]
    one = 9 * np.log(9 / 6) - 3
    assert whole == pytest.approx(8 * one)
    assert recent == pytest.approx(4 * one)


@pytest.mark.parametrize("seed", range(8))
def test_epidemic_statistic_is_the_maximum_over_change_point_and_rate(seed):
    rng = np.random.default_rng(seed)
    alpha, mu0, rates = [0.0, 0.05, 0.3, 2.0][seed % 4], 3.0, np.exp(np.linspace(-12, 6, 4000))[:, None]
    x = (rng.poisson(mu0, 12) if seed < 4 else rng.negative_binomial(0.5, 0.1, 12)).astype(float)
    before, best = np.r_[0, x[:-1]], 0.0
    for k in range(x.size):
        means = np.vstack([np.full(x.size - k, mu0), mu0 + rates * before[k:]])
        law = nbinom(1 / alpha, 1 / (1 + alpha * means)) if alpha else poisson(means)
        fit = law.logpmf(x[k:]).sum(axis=1)
        best = max(best, fit.max() - fit[0])
    found = detect.glr_nb(x, mu0=mu0, alpha=alpha, change="epi", c_arl=LIMIT)
    assert found.details["statistic"][0, -1] == pytest.approx(best, rel=1e-4, abs=1e-6)


def test_epidemic_chart_finds_counts_that_feed_on_the_count_before():
    x = np.array([2.0, 1, 2, 4, 7, 13, 25, 51])
    found = detect.glr_poisson(x, mu0=2.0, change="epi", c_arl=20.0)
    assert found.alarm[0, -1] == 1 or found.alarm[0, -2] == 1
    assert found.alarm[0, :4].max() == 0


def test_regression_recovers_level_season_and_dispersion():
    rng = np.random.default_rng(11)
    t = np.arange(1, 1041)
    truth = np.exp(2 + 0.6 * np.cos(2 * np.pi * t / 52))
    x = rng.negative_binomial(4, 4 / (4 + truth)).astype(float)
    found = detect.glr_nb(x, range=(989, 1040), c_arl=LIMIT)
    np.testing.assert_allclose(found.expected[0, 988:], truth[988:], rtol=0.1)


def test_outbreak_p_neither_overflows_nor_underflows_on_a_long_fall_and_rise():
    x = np.concatenate([np.arange(200.0, 0, -1), np.arange(0.0, 200)])
    found = detect.outbreak_p(x)
    assert np.isfinite(found.details["statistic"][0, :200]).all()
    assert found.alarm[0, -1] == 1


def test_outbreak_p_beyond_the_largest_number_keeps_its_logarithm_and_alarm():
    found = detect.outbreak_p(np.repeat([1.0, 1000.0], 10))
    assert np.isfinite(found.upper).all()
    one_step = 10 * (np.log(1000) * 1000 - np.log(500.5) * 1001)
    assert found.details["log_statistic"][0, -1] == pytest.approx(one_step)
    assert found.alarm[0].tolist() == [0] * 10 + [1] * 10


def test_outbreak_p_cases_raise_the_alarm_and_one_less_does_not():
    x = np.array([2.0, 1, 2, 3, 2, 4])
    needed = detect.outbreak_p(x, ret="cases").upper[0, -1]
    assert detect.outbreak_p(np.append(x[:-1], needed)).alarm[0, -1] == 1
    assert detect.outbreak_p(np.append(x[:-1], needed - 1)).alarm[0, -1] == 0


def test_outbreak_p_has_no_count_to_give_where_any_or_none_would_do():
    assert np.isnan(detect.outbreak_p([1, 9, 30, 80, 2], ret="cases", k=1.5).upper[0, -1])


def test_uneven_counts_leave_no_chart_without_a_statistic():
    counts = np.random.default_rng(3).negative_binomial(0.1, 0.001, 130).astype(float)
    for options in ({}, {"dir": "dec"}, {"theta": 0.5}, {"m": 10}):
        assert np.isfinite(detect.glr_nb(counts, **options).upper[0, 52:]).all()


def test_too_short_training_says_how_much_is_left():
    with pytest.raises(InputError, match="range starts at 3, so 2 time point"):
        detect.glr_nb(np.arange(20), range=(3, 20))
