"""Fitting delays from windows and under truncation finds the truth."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from tests.shared_data import shared
from tongzhou.core.errors import InputError
from tongzhou.epi.delays import Delay, compare_families, fit_delay
from tongzhou.epi.reproduction import estimate_rt

TRUTH = Delay.from_moments("lognormal", mean=5.5, sd=3.0)


def pairs(n: int, seed: int, *, last_day: float = np.inf, growth: float = 0.0) -> dict[str, np.ndarray]:
    """Pairs known to the day; those whose second event falls after `last_day` are unseen."""
    rng = np.random.default_rng(seed)
    first = rng.random(n) * 30
    if growth:
        first = np.log1p(rng.random(n) * np.expm1(growth * 30)) / growth
    second = first + TRUTH.sample(n, rng)
    seen = second < last_day
    low, high = np.floor(first[seen]), np.floor(second[seen])
    return {"EL": low, "ER": low + 1, "SL": high, "SR": high + 1}


def test_likelihood_fit_finds_the_truth() -> None:
    fit = fit_delay(pairs(2000, 1), "lognormal")
    assert fit.delay.mean == pytest.approx(TRUTH.mean, rel=0.05)
    assert fit.delay.sd == pytest.approx(TRUTH.sd, rel=0.1)
    mean = fit.estimates()["mean"]
    assert mean.low < TRUTH.mean < mean.high


def test_truncation_is_corrected() -> None:
    seen = pairs(2500, 2, last_day=30.0, growth=0.15)
    naive = fit_delay(seen, "lognormal", uncertainty="none").delay.mean
    corrected = fit_delay(seen, "lognormal", observed_until=30.0, uncertainty="none").delay.mean
    assert naive < 0.9 * TRUTH.mean
    assert corrected == pytest.approx(TRUTH.mean, rel=0.1)


def test_right_family_wins() -> None:
    fits = compare_families(pairs(3000, 3), uncertainty="none")
    assert fits[0].delay.family == "lognormal"
    assert [fit.aic for fit in fits] == sorted(fit.aic for fit in fits)


def test_posterior_and_bootstrap_agree() -> None:
    data = pairs(300, 4)
    posterior = fit_delay(data, "gamma").estimates()["mean"]
    rng = np.random.default_rng(1)
    bootstrap = fit_delay(data, "gamma", uncertainty="bootstrap", n_draws=100, rng=rng).estimates()["mean"]
    assert posterior.low == pytest.approx(bootstrap.low, rel=0.05)
    assert posterior.high == pytest.approx(bootstrap.high, rel=0.05)


def test_exact_events_give_the_ordinary_fit() -> None:
    times = Delay.from_moments("gamma", mean=4, sd=2).sample(500, np.random.default_rng(5))
    zero = np.zeros(500)
    fit = fit_delay({"EL": zero, "ER": zero, "SL": times, "SR": times}, "gamma", uncertainty="none")
    assert fit.delay.mean == pytest.approx(times.mean(), rel=1e-4)


def test_growth_within_wide_windows_is_corrected() -> None:
    rng = np.random.default_rng(6)
    growth = 0.3
    first = np.log1p(rng.random(4000) * np.expm1(growth * 10)) / growth
    second = first + TRUTH.sample(4000, rng)
    zero = np.zeros(4000)
    data = {"EL": zero, "ER": zero + 10, "SL": np.floor(second), "SR": np.floor(second) + 1}
    flat = fit_delay(data, "lognormal", uncertainty="none").delay.mean
    tilted = fit_delay(data, "lognormal", growth=growth, uncertainty="none").delay.mean
    assert abs(tilted - TRUTH.mean) < 0.25 < abs(flat - TRUTH.mean)


def test_dates_are_whole_days() -> None:
    day = dt.date(2020, 1, 1)
    data = pairs(400, 7)
    to_date = [[day + dt.timedelta(days=int(v)) for v in data[name]] for name in ("EL", "SL")]
    frame = pl.DataFrame({"primary": to_date[0], "secondary": to_date[1]})
    by_date = fit_delay(frame, uncertainty="none").delay.mean
    assert by_date == pytest.approx(fit_delay(data, uncertainty="none").delay.mean)
    assert by_date == pytest.approx(fit_delay(frame.to_pandas(), uncertainty="none").delay.mean)


def test_fitted_serial_interval_feeds_rt() -> None:
    records = pl.read_csv(shared("reference/epiestim/Flu2009/si_data.csv"))
    cases = pl.read_csv(shared("reference/epiestim/Flu2009/incidence.csv"))["I"].to_numpy()
    fit = fit_delay(records, "gamma")
    frame = estimate_rt(cases, fit).to_frame()
    assert frame.equals(estimate_rt(cases, fit.pmfs()).to_frame())
    assert frame["mean"].drop_nulls().is_between(0.05, 4).all()
    assert (frame["q975"] - frame["q025"]).drop_nulls().min() > 0  # type: ignore[operator]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"SR": [0.0, 4.0]}, "rows 1"),
        ({"EL": [np.nan, 0.0]}, "missing at rows 1"),
        ({"EL": [0.0, 3.0]}, "after primary_high at rows 2"),
        ({"SL": [6.0, 3.0]}, "after secondary_high at rows 1"),
    ],
)
def test_impossible_records_are_named(change: dict[str, list[float]], says: str) -> None:
    good = {"EL": [0.0, 0.0], "ER": [1.0, 1.0], "SL": [3.0, 3.0], "SR": [4.0, 4.0]}
    if "SR" in change:
        good["SL"] = [-1.0, 3.0]
    with pytest.raises(InputError, match=says):
        fit_delay(good | change)


def test_missing_columns_and_late_records_are_named() -> None:
    with pytest.raises(InputError, match="primary_low"):
        fit_delay({"onset": [1]})
    with pytest.raises(InputError, match="observed_until"):
        fit_delay({"EL": [0], "ER": [1], "SL": [5], "SR": [6]}, observed_until=5)


def test_bootstrap_without_randomness_is_refused() -> None:
    with pytest.raises(InputError, match="rng"):
        fit_delay(pairs(20, 8), uncertainty="bootstrap")


def test_dates_written_as_text_are_read_and_other_text_is_named():
    days = {"primary": ["2022-03-01"] * 30, "secondary": [f"2022-03-{2 + n % 5:02}" for n in range(30)]}
    assert fit_delay(days, uncertainty="none").delay.mean == pytest.approx(3, abs=0.3)
    with pytest.raises(InputError, match="rows 1"):
        fit_delay({"primary": ["soon"], "secondary": ["2022-03-02"]})
