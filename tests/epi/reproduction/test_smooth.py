"""Rt by penalised smoothing recovers a changing truth through delay and weekly rhythm."""

from __future__ import annotations

import numpy as np
import pytest

from tongzhou.core.errors import InputError
from tongzhou.epi.delays import Delay
from tongzhou.epi.reproduction import smooth_rt

SI = Delay.serial_interval(5.0, 2.5).pmf(25, normalise=True)
DELAY = Delay.from_moments("gamma", mean=7, sd=3)
WEEK = np.array([1.2, 1.1, 1.0, 1.0, 1.1, 0.8, 0.8])


def outbreak(seed: int, n_times: int = 80, weekly: bool = False) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = 1.1 + 0.5 * np.cos(2 * np.pi * np.arange(n_times) / 45)
    infections = np.concatenate([20 * np.exp(0.02 * np.arange(40)), np.zeros(n_times)])
    for t in range(n_times):
        pressure = SI[1:] @ infections[39 + t : 39 + t - SI.size + 1 : -1]
        infections[40 + t] = rng.poisson(truth[t] * pressure)
    mean = np.convolve(infections, DELAY.pmf())[40 : 40 + n_times]
    return truth, rng.poisson(mean * (WEEK[np.arange(n_times) % 7] if weekly else 1.0))


@pytest.mark.parametrize("weekly", [False, True])
def test_truth_is_recovered_with_its_uncertainty(weekly: bool) -> None:
    truth, reports = outbreak(1, weekly=weekly)
    found = smooth_rt(reports, SI, delay=DELAY, day_of_week=weekly, quantiles=(0.05, 0.5, 0.95))
    inner = slice(10, 66)
    assert np.abs(np.log(found.quantiles[0.5][0, inner] / truth[inner])).mean() < 0.12
    covered = (found.quantiles[0.05][0] <= truth) & (truth <= found.quantiles[0.95][0])
    assert covered[inner].mean() > 0.7


def test_recent_days_widen() -> None:
    _, reports = outbreak(2)
    std = smooth_rt(reports, SI, delay=DELAY).std[0]
    assert std[-1] > 2 * std[40]


def test_exponential_growth_gives_a_constant_rt() -> None:
    reports = np.round(50 * np.exp(0.05 * np.arange(60)))
    found = smooth_rt(reports, SI)
    expected = 1 / (SI @ np.exp(-0.05 * np.arange(SI.size)))
    assert found.quantiles[0.5][0, 5:] == pytest.approx(np.full(55, expected), rel=0.02)
    assert found.extra["growth_rate"][0, 20:40] == pytest.approx(np.full(20, 0.05), abs=0.003)


def test_bad_series_in_a_batch_is_flagged() -> None:
    _, reports = outbreak(3)
    frame = smooth_rt({"good": reports, "bad": -reports}, SI, delay=DELAY).to_frame()
    assert frame.filter(frame["series"] == "bad")["mean"].is_null().all()
    assert frame.filter(frame["series"] == "good")["mean"].is_not_null().all()


def test_short_series_is_refused() -> None:
    with pytest.raises(InputError, match="at least 14"):
        smooth_rt(np.arange(10), SI)
