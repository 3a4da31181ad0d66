"""Results on public data lie beside the published ones."""

from __future__ import annotations

import polars as pl
import pytest

from tests.shared_data import shared
from tongzhou.epi.delays import Delay, fit_delay
from tongzhou.epi.nowcast import NowcastOptions, estimate_nowcast
from tongzhou.epi.parameters import get_delay
from tongzhou.epi.reproduction import case_reproduction, estimate_rt


def test_incubation_in_tianjin_is_near_tindale() -> None:
    table = pl.read_csv(shared("data/09_cluster_linelists/tianjin_135_cases.csv.gz"))
    day = {
        name: pl.col(column).str.strip_chars().str.to_date("%d/%m/%Y", strict=False)
        for name, column in (("onset", "symptom_onset"), ("start", "start_source"), ("end", "end_source"))
    }
    cases = table.select(**day).filter(pl.col("onset").is_not_null())
    cases = cases.with_columns(
        start=pl.coalesce("start", pl.col("onset") - pl.duration(days=20)),
        end=pl.min_horizontal(pl.coalesce("end", "onset"), "onset"),
    ).filter(pl.col("start") <= pl.col("end"))
    fit = fit_delay(cases.select(primary_low="start", primary_high="end", secondary="onset"), "gamma")
    mean = fit.estimates()["mean"]
    assert mean.value == pytest.approx(8.65, abs=0.05)
    assert mean.low < 9.0 < mean.high


def test_measles_serial_interval_in_hagelloch() -> None:
    cases = pl.read_csv(shared("data/10_outbreaks_r/measles_hagelloch_1861.csv.gz"), try_parse_dates=True)
    infectors = cases.select(infector=pl.col("case_ID").cast(pl.Float64), primary="date_of_prodrome")
    pairs = cases.join(infectors, on="infector").select("primary", secondary="date_of_prodrome")
    mean = fit_delay(pairs, "gamma").estimates()["mean"]
    assert mean.value == pytest.approx(10.39, abs=0.02)


def test_ebola_in_kikwit_was_above_one_until_it_was_recognised() -> None:
    curve = pl.read_csv(shared("data/10_outbreaks_r/ebola_kikwit_1995.csv.gz"), try_parse_dates=True)
    si = get_delay("ebola.serial_interval.who2015")
    frame = case_reproduction(curve.select("date", "onset"), si, window=21).to_frame()
    by_day = dict(frame.select(pl.col("date_end").cast(pl.String), "mean").iter_rows())
    assert by_day["1995-03-13"] == pytest.approx(2.09, abs=0.01)
    assert by_day["1995-05-27"] < 0.7


def test_shanghai_turned_in_april_2022() -> None:
    days = pl.read_csv(
        shared("data/20_shanghai_2022/shanghai_daily_to_2022-04-20.csv.gz"), try_parse_dates=True
    )
    frame = estimate_rt(days.select("date", "total"), Delay.serial_interval(3.0, 2.0)).to_frame()
    by_day = dict(frame.select(pl.col("date_end").cast(pl.String), "mean").iter_rows())
    assert by_day["2022-03-26"] > 2
    assert by_day["2022-04-19"] < 1


def test_hus_nowcast_holds_most_final_counts() -> None:
    cases = pl.read_csv(shared("reference/surveillance/nowcast_hus/linelist.csv"), try_parse_dates=True)
    peer = pl.read_csv(
        shared("reference/surveillance/nowcast_hus/nowcast_2011-06-02_bayes.trunc.csv"), try_parse_dates=True
    )
    options = NowcastOptions(mean_lambda=50, var_lambda=3000, N_tInf_max=300)
    found = estimate_nowcast(
        cases, now="2011-06-02", when=peer["date"].to_list(), event="dHosp", report="dReport", options=options
    )
    print(found.score(peer["truth"].to_numpy()))
    assert found.score(peer["truth"].to_numpy())["outside_ci"].sum() <= 2
