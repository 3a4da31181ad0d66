"""Many streams: adjusted p-values by hand, and false alarms at the promised rate on simulated quiet streams."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import combine_pvalues, false_discovery_control

from tongzhou.core.errors import InputError
from tongzhou.epi import detect
from tongzhou.epi.detect.combine import adjust_p_values, combine_p_values


@pytest.mark.parametrize("method", ["bh", "by"])
def test_false_discovery_adjustment_is_that_of_scipy(method):
    p = np.random.default_rng(1).uniform(size=(12, 5)) ** 2
    np.testing.assert_allclose(adjust_p_values(p, method), false_discovery_control(p, axis=0, method=method))


def test_holm_and_bonferroni_by_hand():
    p = np.array([[0.01], [0.04], [0.03]])
    assert adjust_p_values(p, "holm")[:, 0].tolist() == pytest.approx([0.03, 0.06, 0.06])
    assert adjust_p_values(p, "bonferroni")[:, 0].tolist() == pytest.approx([0.03, 0.12, 0.09])


def test_an_absent_stream_does_not_count():
    p = np.array([[0.01, 0.2], [np.nan, 0.3], [0.04, np.nan]])
    assert adjust_p_values(p, "bonferroni")[0].tolist() == pytest.approx([0.02, 0.4])
    assert np.isnan(adjust_p_values(p, "bh")[1, 0])
    assert combine_p_values(p, "fisher")[0] == pytest.approx(combine_pvalues([0.01, 0.04]).pvalue)


@pytest.mark.parametrize("method", ["fisher", "stouffer"])
def test_combination_is_that_of_scipy(method):
    p = np.random.default_rng(2).uniform(size=(6, 3))
    expected = [combine_pvalues(column, method=method).pvalue for column in p.T]
    np.testing.assert_allclose(combine_p_values(p, method), expected)


@pytest.mark.parametrize("how", ["fisher", "stouffer", "cauchy", "sidak"])
def test_combined_false_alarms_come_at_the_promised_rate(how):
    p = np.random.default_rng(3).uniform(size=(20, 20_000))
    found = detect.combine(p, how=how, level=0.05)
    assert np.mean(found.combined_alarm == 1) == pytest.approx(0.05, abs=0.006)


@pytest.mark.parametrize("adjust", ["bh", "by", "holm", "bonferroni"])
def test_quiet_streams_raise_any_alarm_at_most_at_the_level(adjust):
    p = np.random.default_rng(4).uniform(size=(20, 20_000))
    found = detect.combine(p, adjust=adjust, level=0.05)
    assert np.mean((found.alarm == 1).any(axis=0)) <= 0.056


def test_false_discoveries_stay_below_the_level_when_some_streams_rise():
    rng = np.random.default_rng(5)
    p = rng.uniform(size=(40, 5000))
    p[:10] = rng.uniform(size=(10, 5000)) * 1e-3
    alarms = detect.combine(p, adjust="bh", level=0.1).alarm == 1
    false = alarms[10:].sum(axis=0) / np.maximum(alarms.sum(axis=0), 1)
    assert false.mean() <= 0.1
    assert alarms[:10].mean() > 0.95


def test_training_period_restores_the_rate_of_a_method_that_alarms_too_often():
    rng = np.random.default_rng(6)
    counts = rng.negative_binomial(1, 1 / (1 + 5), size=(10, 2000))
    found = detect.ears(counts)
    raw = np.nanmean(found.details["p_value"][:, 1000:] <= 0.01)
    calibrated = detect.combine(found, adjust="bonferroni", level=0.1, training=(10, 1000))
    assert raw > 0.03
    assert np.mean((calibrated.alarm[:, 1000:] == 1).any(axis=0)) <= 0.13


def test_streams_of_several_detectors_are_named_and_stacked():
    counts = np.random.default_rng(7).poisson(5, 200)
    found = detect.combine({"short": detect.ears(counts), "year": detect.bayes(counts, "bayes2")})
    assert found.names == ("short counts", "year counts") or len(set(found.names)) == 2
    frame = found.to_frame()
    assert frame.columns == ["series", "t", "p_value", "adjusted", "alarm"]
    assert found.overall()["n_streams"][-1] == 2
    assert found.echarts()["series"]


def test_detector_without_p_values_cannot_be_combined():
    with pytest.raises(InputError, match="RKI gives no p-value"):
        detect.combine(detect.rki(np.arange(200.0)))
