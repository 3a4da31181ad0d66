"""What `estimate_rt`, `case_reproduction` and `growth_rate` promise on any series."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from scipy import stats

from tongzhou.core.errors import InputError
from tongzhou.epi.delays import Delay
from tongzhou.epi.reproduction import (
    case_reproduction,
    estimate_rt,
    growth_rate,
    growth_to_r,
    overall_infectivity,
    r_to_growth,
)

SI = np.array([0, 0.2, 0.5, 0.2, 0.1])
CASES = np.array([3, 1, 4, 6, 9, 12, 15, 22, 30, 41, 50, 70])


def test_one_window_equals_the_formula_by_hand() -> None:
    frame = estimate_rt(CASES, SI, window=([5], [7])).to_frame()
    infectivity = sum(SI[k] * CASES[t - k] for t in (4, 5, 6) for k in range(1, 5) if t - k >= 0)
    law = stats.gamma(1 + CASES[4:7].sum(), scale=1 / (0.2 + infectivity))
    row = frame.row(0, named=True)
    assert row["mean"] == pytest.approx(law.mean())
    assert row["std"] == pytest.approx(law.std())
    assert [row["q025"], row["median"], row["q975"]] == pytest.approx(law.ppf([0.025, 0.5, 0.975]).tolist())


def test_frame_has_the_contracted_columns() -> None:
    one = estimate_rt(CASES, SI).to_frame()
    assert one.columns == ["t_start", "t_end", "mean", "std", "q025", "median", "q975"]
    many = estimate_rt({"a": CASES, "b": CASES}, SI).to_frame()
    assert many.columns[0] == "series"
    assert many.height == 2 * one.height


def test_dates_are_carried() -> None:
    days = [dt.date(2020, 2, 1) + dt.timedelta(days=i) for i in range(12)]
    frame = estimate_rt(CASES, SI, dates=days).to_frame()
    assert frame["date_end"][0] == days[7]


def test_many_series_equal_each_alone() -> None:
    rng = np.random.default_rng(1)
    many = rng.poisson(20, (5, 40))
    together = estimate_rt(many, SI)
    for row in range(5):
        assert np.allclose(together.mean[row], estimate_rt(many[row], SI).mean[0], equal_nan=True)


def test_one_bad_series_flags_its_own_rows() -> None:
    frame = estimate_rt({"good": CASES, "bad": np.where(CASES == 9, -9, CASES)}, SI).to_frame()
    bad = frame.filter(pl.col("series") == "bad")
    good = frame.filter(pl.col("series") == "good")
    assert bad["mean"].is_null().all()
    assert bad["problem"].str.contains("negative at row 5").all()
    assert good["mean"].is_not_null().all()
    assert good["problem"].is_null().all()


def test_imported_cases_infect_but_are_not_infected_here() -> None:
    imported = np.zeros(12, dtype=int)
    imported[6] = 10
    without = estimate_rt(CASES, SI, window=3)
    given = estimate_rt(CASES, SI, window=3, imported=imported)
    touched = (given.windows.start <= 7) & (given.windows.end >= 7)
    assert (given.mean[0, touched] < without.mean[0, touched]).all()
    assert np.array_equal(given.mean[0, ~touched], without.mean[0, ~touched])


def test_more_imported_than_cases_is_refused_by_day() -> None:
    with pytest.raises(InputError, match="day 2"):
        estimate_rt(CASES, SI, imported=np.array([0, 5, *[0] * 10]))


def test_estimate_waits_for_the_mean_serial_interval() -> None:
    long = Delay.serial_interval(8.4, 3.8).pmf(40)
    frame = estimate_rt(np.full(40, 5), long, window=1).to_frame()
    first = frame.filter(pl.col("mean").is_not_null())["t_end"].min()
    assert first == int(np.floor(np.arange(40) @ long)) + 1


@pytest.mark.parametrize(
    ("si", "says"),
    [([0.1, 0.9], "lag 0"), ([0, 0.5], "sums to 0.5"), ([0, -0.1, 1.1], "negative"), ([], "shape")],
)
def test_bad_serial_interval_is_refused(si: list[float], says: str) -> None:
    with pytest.raises(InputError, match=says):
        estimate_rt(CASES, si)


@pytest.mark.parametrize("bad", [{"window": 12}, {"window": 0}, {"prior_mean": 0.0}, {"window": ([1], [3])}])
def test_bad_options_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(InputError):
        estimate_rt(CASES, SI, **bad)  # type: ignore[arg-type]


def test_case_reproduction_conserves_infections() -> None:
    result = case_reproduction(CASES, SI)
    infected = np.nansum(result.mean[0] * CASES)
    explained = CASES[np.nan_to_num(overall_infectivity(CASES, SI)) > 0].sum()
    assert infected == pytest.approx(explained)


def test_case_reproduction_law_equals_simulated_trees() -> None:
    rng = np.random.default_rng(5)
    counts = np.array([2, 3, 4, 2, 6])
    result = case_reproduction(counts, SI, window=([2], [3]), quantiles=(0.1, 0.5, 0.9))
    share = np.zeros(5)
    for i in range(5):
        weight = np.array([SI[i - j] * counts[j] if 0 < i - j < SI.size else 0.0 for j in range(5)])
        share[i] = weight[1:3].sum() / weight.sum() if weight.sum() else 0.0
    drawn = rng.binomial(counts, share, (200_000, 5)).sum(axis=1) / counts[1:3].sum()
    assert result.mean[0, 0] == pytest.approx(drawn.mean(), abs=0.005)
    assert result.std[0, 0] == pytest.approx(drawn.std(), abs=0.005)
    assert [result.quantiles[p][0, 0] for p in (0.1, 0.5, 0.9)] == pytest.approx(
        np.quantile(drawn, [0.1, 0.5, 0.9]).tolist()
    )


def test_truncation_correction_raises_only_the_last_days() -> None:
    flat = np.full(30, 40)
    plain = case_reproduction(flat, SI).mean[0]
    corrected = case_reproduction(flat, SI, correct_truncation=True).mean[0]
    assert corrected[5:25] == pytest.approx(plain[5:25])
    assert corrected[-3] > plain[-3]
    assert corrected[5:28] == pytest.approx(np.ones(23), abs=0.02)


def test_growth_rate_finds_the_doubling_time() -> None:
    t = np.arange(40)
    frame = growth_rate(100 * 2 ** (t / 5.0), window=10).to_frame()
    assert frame["doubling_time"].to_numpy() == pytest.approx(np.full(31, 5.0), rel=1e-3)


def test_growth_and_r_are_inverse() -> None:
    for r in (0.4, 1.0, 3.2):
        assert float(growth_to_r(r_to_growth(r, SI), SI)) == pytest.approx(r)


def test_charts_are_plain_and_bilingual() -> None:
    result = estimate_rt(CASES, SI)
    option = result.echarts(language="zh")
    assert option["title"]["text"] == "再生数"
    assert all(value is None or isinstance(value, float) for s in option["series"] for value in s["data"])
    assert result.plot().get_ylabel() == "reproduction number"
