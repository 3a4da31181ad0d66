"""Reproduction numbers equal EpiEstim's on its own data."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from tests.shared_data import shared
from tongzhou.epi.delays import Delay
from tongzhou.epi.reproduction import (
    UncertainSerialInterval,
    WindowEstimate,
    case_reproduction,
    estimate_rt,
    overall_infectivity,
)

MOMENTS = {"Flu1918": (2.6, 1.5), "Flu2009": (2.6, 1.5), "Measles1861": (14.9, 3.9), "SARS2003": (8.4, 3.8)}
WINDOWS = {"daily1": 1, "weekly": 7, "biweekly14": 14}
QUANTILES = (0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975)
COLUMNS = {p: f"q{p:g}" for p in QUANTILES}


def read(path: str) -> pl.DataFrame:
    return pl.read_csv(shared(f"reference/epiestim/{path}"))


def cases(series: str) -> np.ndarray:
    return read(f"{series}/incidence.csv")["I"].to_numpy()


def si_table(series: str) -> np.ndarray:
    return read(f"{series}/si_distr.csv")["p"].to_numpy()


def worst(ours: np.ndarray, peer: pl.Series) -> float:
    """Largest relative difference; infinite when nulls differ."""
    expected = peer.cast(pl.Float64).to_numpy()
    if not np.array_equal(np.isnan(ours), np.isnan(expected)):
        return np.inf
    return float(np.nanmax(np.abs(ours / expected - 1)))


def assert_equals_peer(ours: WindowEstimate, peer: pl.DataFrame, moments: float, quantiles: float) -> None:
    assert ours.windows.start.tolist() == peer["t_start"].to_list()
    assert worst(ours.mean[0], peer["mean"]) < moments
    assert worst(ours.std[0], peer["sd"]) < moments
    for p, column in COLUMNS.items():
        assert worst(ours.quantiles[p][0], peer[column]) < quantiles


@pytest.mark.parametrize("series", MOMENTS)
@pytest.mark.parametrize("width", WINDOWS)
@pytest.mark.parametrize("kind", ["np", "param"])
def test_rt_equals_epiestim(series: str, width: str, kind: str) -> None:
    si = si_table(series) if kind == "np" else Delay.serial_interval(*MOMENTS[series])
    ours = estimate_rt(cases(series), si, window=WINDOWS[width], quantiles=QUANTILES)
    assert_equals_peer(ours, read(f"{series}/{kind}_{width}.csv"), 1e-9, 1e-7)


@pytest.mark.parametrize("series", MOMENTS)
def test_rt_with_another_prior_equals_epiestim(series: str) -> None:
    si = Delay.serial_interval(*MOMENTS[series])
    ours = estimate_rt(cases(series), si, prior_mean=2, prior_std=1, quantiles=QUANTILES)
    assert_equals_peer(ours, read(f"{series}/param_weekly_prior2_1.csv"), 1e-9, 1e-7)


def test_rt_of_three_years_equals_epiestim() -> None:
    ours = estimate_rt(cases("synth_long"), si_table("synth_long"), quantiles=QUANTILES)
    assert_equals_peer(ours, read("synth_long/np_weekly.csv"), 1e-9, 1e-7)


@pytest.mark.parametrize("series", MOMENTS)
def test_discretised_serial_interval_equals_the_one_epiestim_used(series: str) -> None:
    used = read(f"{series}/param_si_used.csv")
    n = used.height - 1  # its last lag is a zero for padding
    ours = Delay.serial_interval(*MOMENTS[series]).pmf(n)
    assert np.abs(ours - used["p"].to_numpy()[:n]).max() < 1e-12


@pytest.mark.parametrize("series", MOMENTS)
def test_overall_infectivity_equals_epiestim(series: str) -> None:
    ours = overall_infectivity(cases(series), Delay.serial_interval(*MOMENTS[series]))
    assert worst(ours, read(f"{series}/overall_infectivity_param.csv")["lambda"]) < 1e-10


def assert_close_to_monte_carlo(ours: WindowEstimate, peer: pl.DataFrame, mean: float, tails: float) -> None:
    assert worst(ours.mean[0], peer["mean"]) < mean
    assert worst(ours.quantiles[0.025][0], peer["q0.025"]) < tails
    assert worst(ours.quantiles[0.975][0], peer["q0.975"]) < tails


def test_rt_of_sampled_serial_intervals_equals_epiestim() -> None:
    draws = read("Flu2009/si_sample.csv").drop("k").to_numpy()
    ours = estimate_rt(cases("Flu2009"), draws)
    assert_close_to_monte_carlo(ours, read("Flu2009/si_from_sample_weekly.csv"), 0.005, 0.015)


def test_rt_of_an_uncertain_serial_interval_equals_epiestim() -> None:
    si = UncertainSerialInterval(2.6, 1.0, (1.0, 4.2), 1.5, 0.5, (0.5, 2.5))
    ours = estimate_rt(cases("Flu2009"), si)
    assert_close_to_monte_carlo(ours, read("Flu2009/uncertain_si_weekly.csv"), 0.01, 0.025)


@pytest.mark.parametrize("series", MOMENTS)
@pytest.mark.parametrize("kind", ["np", "param"])
def test_case_reproduction_equals_epiestim(series: str, kind: str) -> None:
    si = si_table(series) if kind == "np" else Delay.serial_interval(*MOMENTS[series])
    levels = (0.018, 0.025, 0.032, 0.968, 0.975, 0.982)
    ours = case_reproduction(cases(series), si, window=7, quantiles=levels)
    peer = read(f"{series}/wt_{kind}_weekly.csv")
    rows = np.searchsorted(ours.windows.start, peer["t_start"].to_numpy())
    assert worst(ours.mean[0, rows], peer["mean"]) < 1e-9
    allowed = np.maximum(0.05, 0.1 * peer["mean"].to_numpy())
    assert (np.abs(ours.std[0, rows] - peer["sd"].to_numpy()) < allowed).all()
    # The peer's 1,000 trees cannot tell a law's atoms apart that its own error reaches.
    for column, low, high in (("q0.025", 0.018, 0.032), ("q0.975", 0.968, 0.982)):
        values = peer[column].to_numpy()
        assert (values >= ours.quantiles[low][0, rows] - allowed).all()
        assert (values <= ours.quantiles[high][0, rows] + allowed).all()
