"""Forecasts: no look ahead, honest baselines, renewal that follows growth, coherent beds."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from tongzhou.core.errors import InputError
from tongzhou.epi.delays import Delay
from tongzhou.epi.forecast import (
    CareLevel,
    Drift,
    Ensemble,
    Forecast,
    LastWeek,
    Renewal,
    RenewalOptions,
    combine_samples,
    evaluate_forecasts,
    forecast_beds,
    forecast_cases,
)
from tongzhou.epi.forecast.renewal import weekday_rhythm

SI = Delay.serial_interval(5.0, 2.5)
DELAY = Delay.from_moments("gamma", mean=4, sd=2)
SMALL = RenewalOptions(n_particles=600)
WEEK = np.array([1.3, 1.2, 1.0, 1.0, 1.1, 0.7, 0.7])


def growing(n: int = 50, rate: float = 0.06, seed: int = 1) -> np.ndarray:
    mean = 30 * np.exp(rate * np.arange(n))
    return np.random.default_rng(seed).poisson(mean)


@pytest.fixture(params=["last week", "drift", "renewal", "ensemble"])
def model(request: pytest.FixtureRequest) -> object:
    renewal = Renewal(SI, DELAY, options=SMALL)
    models = (LastWeek(), Drift(), renewal, Ensemble((LastWeek(), renewal)))
    return next(m for m in models if m.name == request.param)


def test_origin_sees_nothing_later(model: object) -> None:
    counts = growing().astype(float)
    changed = counts.copy()
    changed[40:] = 999.0
    at = np.array([40])
    first, second = (
        model.draw(values, at, 7, 200, np.random.default_rng(3))  # type: ignore[attr-defined]
        for values in (counts, changed)
    )
    assert np.array_equal(first, second)


def test_same_seed_gives_the_same_forecast(model: object) -> None:
    first, second = (
        forecast_cases(growing(), model, horizon=5, n_samples=100, rng=np.random.default_rng(4)).samples  # type: ignore[arg-type]
        for _ in range(2)
    )
    assert np.array_equal(first, second)


def test_renewal_follows_growth_and_last_week_lags() -> None:
    counts = growing()
    rng = np.random.default_rng(5)
    truth = 30 * np.exp(0.06 * np.arange(50, 57))
    options = RenewalOptions(n_particles=2000, reversion=0.0)
    renewal = forecast_cases(counts, Renewal(SI, DELAY, options=options), horizon=7, rng=rng)
    lagging = forecast_cases(counts, LastWeek(), horizon=7, rng=rng)
    assert renewal.quantile(0.5)[0, :, 0] == pytest.approx(truth, rel=0.2)
    assert lagging.quantile(0.5).mean() < 0.8 * truth.mean()


def test_frame_names_days_ahead_and_carries_dates() -> None:
    days = [dt.date(2020, 1, 1) + dt.timedelta(days=i) for i in range(50)]
    rng = np.random.default_rng(6)
    frame = forecast_cases(growing(), LastWeek(), horizon=3, rng=rng, dates=days).to_frame()
    assert frame["t"].to_list() == [51, 52, 53]
    assert frame["date"][0] == dt.date(2020, 2, 20)
    assert (frame["q025"] <= frame["median"]).all()


def test_bad_series_flags_its_own_rows() -> None:
    rng = np.random.default_rng(7)
    frame = forecast_cases({"good": growing(), "bad": -growing()}, LastWeek(), rng=rng).to_frame()
    assert frame.filter(pl.col("series") == "bad")["mean"].is_null().all()
    assert frame.filter(pl.col("series") == "good")["problem"].is_null().all()


def test_weekday_rhythm_is_learnt_from_the_past_only() -> None:
    t = np.arange(70)
    counts = np.random.default_rng(8).poisson(400 * WEEK[t % 7]).astype(float)
    rhythm = weekday_rhythm(counts, True)
    assert rhythm[70] == pytest.approx(WEEK, abs=0.08)
    assert (rhythm[:14] == 1).all()
    counts[60:] = 0
    assert np.array_equal(weekday_rhythm(counts, True)[:60], rhythm[:60])


def test_evaluation_scores_every_origin_and_horizon() -> None:
    counts = {"a": growing(70, 0.03, 1), "b": growing(70, -0.02, 2)}
    models = [LastWeek(), Drift(), Renewal(SI, DELAY, options=SMALL)]
    rng = np.random.default_rng(9)
    result = evaluate_forecasts(counts, models, horizon=7, origins=10, n_samples=200, rng=rng)
    assert result.to_frame().height == 3 * 2 * 10 * 7
    summary = result.summary(baseline="last week")
    relative = dict(summary.select("model", "relative_wis").iter_rows())
    assert relative["last week"] == 1
    assert relative["renewal"] < 1
    assert result.to_frame()["origin"].max() == 63


def test_evaluation_refuses_origins_without_a_future() -> None:
    with pytest.raises(InputError, match="Origins must be days"):
        evaluate_forecasts(growing(40), [LastWeek()], origins=[38], rng=np.random.default_rng(1))
    with pytest.raises(InputError, match="distinct"):
        evaluate_forecasts(growing(60), [LastWeek(), LastWeek()], rng=np.random.default_rng(1))


def test_quantile_ensemble_averages_and_mixture_spreads() -> None:
    low, high = np.full((1, 100, 2), 10.0), np.full((1, 100, 2), 30.0)
    assert (combine_samples([low, high]) == 20).all()
    mixed = combine_samples([low, high], "mixture", rng=np.random.default_rng(1))
    assert set(np.unique(mixed)) == {10.0, 30.0}
    assert mixed.shape == low.shape
    with pytest.raises(InputError, match="add up"):
        combine_samples([low, high], weights=[0.5, 0.1])


def test_quantile_ensemble_keeps_paths_together() -> None:
    rng = np.random.default_rng(2)
    paths = np.cumsum(rng.normal(size=(1, 500, 10)), axis=2)
    combined = combine_samples([paths, 2 * paths])
    assert np.corrcoef(combined[0, :, 8], combined[0, :, 9])[0, 1] > 0.9
    assert np.sort(combined, axis=1) == pytest.approx(1.5 * np.sort(paths, axis=1))


def test_admission_delay_may_be_longer_than_the_series() -> None:
    ward = CareLevel("ward", 0.5, Delay.from_moments("gamma", mean=9, sd=6), [0, 0.5, 0.5])
    found = forecast_beds(steady_forecast(20, n_days=30, horizon=5), [ward], rng=np.random.default_rng(5))
    assert np.isfinite(found.occupancy).all()


def steady_forecast(cases: float, n_days: int = 80, horizon: int = 20) -> Forecast:
    """A forecast whose past and future are the same number every day."""
    base = forecast_cases(
        np.full(n_days, int(cases)), LastWeek(), horizon=horizon, rng=np.random.default_rng(1)
    )
    samples = np.full_like(base.samples, cases)
    return Forecast(samples=samples, series=base.series, provenance=base.provenance)


def test_beds_settle_at_admissions_times_stay() -> None:
    ward = CareLevel("ward", 0.2, [0, 0, 1.0], Delay.from_moments("gamma", mean=10, sd=4), beds=205)
    found = forecast_beds(steady_forecast(100), [ward], rng=np.random.default_rng(2))
    assert found.occupancy.mean() == pytest.approx(100 * 0.2 * 10, rel=0.05)
    assert found.admissions.mean() == pytest.approx(20, rel=0.05)
    assert 0 < found.to_frame()["probability_over"].mean() < 1  # type: ignore[operator]


def test_no_bed_is_held_longer_than_the_longest_stay() -> None:
    base = steady_forecast(100, horizon=10)
    none = Forecast(samples=np.zeros_like(base.samples), series=base.series, provenance=base.provenance)
    icu = CareLevel("icu", 1.0, [1.0], [0, 0, 0.5, 0.5])
    found = forecast_beds(none, [icu], rng=np.random.default_rng(3))
    assert (found.occupancy[0][:, 2:] == 0).all()
    assert (np.diff(found.occupancy[0], axis=1) <= 0).all()


def test_beds_refuse_impossible_levels() -> None:
    with pytest.raises(InputError, match="share"):
        forecast_beds(
            steady_forecast(5), [CareLevel("ward", 2.0, [1.0], [0, 1.0])], rng=np.random.default_rng(1)
        )
    with pytest.raises(InputError, match="level of care"):
        forecast_beds(steady_forecast(5), [], rng=np.random.default_rng(1))


def test_peak_table_and_charts_are_complete() -> None:
    ward = CareLevel("ward", 0.2, [0, 1.0], [0, 0, 0, 1.0], beds=40)
    found = forecast_beds(steady_forecast(60), [ward], rng=np.random.default_rng(4))
    assert found.peaks()["probability_over"][0] > 0
    assert found.echarts(language="zh")["title"]["text"].startswith("占用床位")
    assert steady_forecast(60).echarts()["series"]
