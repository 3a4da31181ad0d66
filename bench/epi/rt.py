"""Reproduction numbers, nowcasts and rolling forecasts: ours, and EpiEstim when R has it."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable

import numpy as np
import polars as pl

from bench.epi.peers import Peer, largest_difference
from tongzhou.epi.delays import Delay
from tongzhou.epi.forecast import Drift, LastWeek, Renewal, evaluate_forecasts
from tongzhou.epi.nowcast import estimate_nowcast
from tongzhou.epi.reproduction import case_reproduction, estimate_rt, smooth_rt

SI = Delay.serial_interval(5.0, 2.5)
SI_PMF = SI.pmf()
DELAY = Delay.from_moments("gamma", mean=5, sd=2)


def areas(n: int, n_days: int) -> np.ndarray:
    """Return Poisson counts of n areas with shifted waves."""
    rng = np.random.default_rng(1)
    phase = rng.random((n, 1)) * 6
    return rng.poisson(50 * np.exp(np.sin(np.arange(n_days) / 30 + phase)))


def rt_thousand_areas() -> object:
    """Rt of 1,000 areas x 365 days, with the frame."""
    return estimate_rt(areas(1000, 365), SI).to_frame()


def case_reproduction_one_series() -> object:
    """Case reproduction of one series of 365 days."""
    return case_reproduction(areas(1, 365)[0], SI)


def smooth_rt_21_cities() -> object:
    """Smooth Rt of 21 cities x 120 days with delay."""
    return smooth_rt(areas(21, 120), SI, delay=DELAY)


def nowcast_bayes() -> object:
    """Bayes nowcast of 60 days, D = 15."""
    rng = np.random.default_rng(1)
    onset = np.sort(rng.integers(0, 60, 3000))
    first = dt.date(2022, 3, 1)
    frame = pl.DataFrame(
        {
            "date_onset": [first + dt.timedelta(days=int(d)) for d in onset],
            "date_reporting": [first + dt.timedelta(days=int(d)) for d in onset + rng.poisson(4, onset.size)],
        }
    )
    return estimate_nowcast(frame, now=first + dt.timedelta(days=59))


def rolling_forecast() -> object:
    """Rolling evaluation of 21 cities x 60 origins x 14 days, renewal and two baselines."""
    models = [Renewal(SI, DELAY), LastWeek(), Drift()]
    return evaluate_forecasts(areas(21, 150), models, rng=np.random.default_rng(1))


MEASURES: dict[str, tuple[Callable[[], object], float | None]] = {
    "Rt, 1,000 areas x 365 days": (rt_thousand_areas, 1.0),
    "case reproduction, 365 days": (case_reproduction_one_series, None),
    "smooth Rt, 21 cities x 120 days": (smooth_rt_21_cities, None),
    "nowcast bayes.trunc, D = 15": (nowcast_bayes, None),
    "rolling forecasts, 21 cities x 60 origins": (rolling_forecast, 60.0),
}
PEERS = {
    "Rt, 1,000 areas x 365 days": Peer(
        "EpiEstim",
        "epiestim.R",
        lambda: areas(1000, 365).astype(float),
        100,
        lambda counts: estimate_rt(counts, SI_PMF).mean,
        largest_difference,
        (SI_PMF,),
    )
}


def best_of(job: Callable[[], object], n: int = 3) -> float:
    """Return the least of n wall-clock times, in seconds, after one run to compile."""
    job()
    times = []
    for _ in range(n):
        start = time.perf_counter()
        job()
        times.append(time.perf_counter() - start)
    return min(times)
