"""What every result of the library keeps: a frame, a drawing in both engines and languages, and where it came from."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Callable

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import polars as pl
import pytest

from tongzhou import epi
from tongzhou.epi import detect
from tongzhou.epi.chain import chain_of_pairs, fit_offspring
from tongzhou.epi.contact import contact_matrix, find_shared_sources, secondary_attack_rates
from tongzhou.epi.delays import Delay, deconvolve, fit_delay
from tongzhou.epi.forecast import (
    CareLevel,
    LastWeek,
    evaluate_forecasts,
    forecast_beds,
    forecast_cases,
)
from tongzhou.epi.nowcast import estimate_nowcast
from tongzhou.epi.reproduction import estimate_rt
from tongzhou.epi.results import Result
from tongzhou.epi.screening import coverage

mpl.use("Agg")
T = 60
COUNTS = np.random.default_rng(1).poisson(20.0, T).astype(float)
DELAY = Delay.serial_interval(5, 2.5)
STAYS = {"person": [1, 2, 3], "place": [1, 1, 2], "from_s": [0, 600, 0], "until_s": [7200, 7200, 9000]}
AGES = {"person": [1, 2, 3], "age": [9, 40, 50]}
PAIRS = {"case_id": ["a", "b", "c"], "onset": [0, 4, 9], "infector": [None, "a", "a"]}


def rng() -> np.random.Generator:
    return np.random.default_rng(2)


def forecast():
    return forecast_cases(COUNTS, LastWeek(), horizon=5, n_samples=50, rng=rng())


def feeding_on_itself() -> np.ndarray:
    draw, counts = rng(), [4.0]
    for t in range(119):
        counts.append(float(draw.poisson(2 + np.sin(np.pi * t / 6) + 0.5 * counts[-1])))
    return np.array(counts)


def line_list() -> pl.DataFrame:
    onset = np.repeat(np.datetime64("2022-03-01") + np.arange(30), 3)
    return pl.DataFrame({"date_onset": onset, "date_reporting": onset + np.tile(np.arange(3), 30)})


MAKE: dict[str, Callable[[], Result]] = {
    "WindowEstimate": lambda: estimate_rt(COUNTS, DELAY),
    "Detection": lambda: detect.ears(COUNTS),
    "CombinedDetection": lambda: detect.combine(rng().uniform(size=(3, T))),
    "EndemicEpidemicFit": lambda: detect.hhh4(feeding_on_itself(), family="Poisson", freq=12),
    "ScanResult": lambda: detect.scan([1, 9, 0], [100, 100, 100], [[0, 0], [5, 0], [9, 9]], n_replicates=9),
    "KnoxTest": lambda: detect.knox(np.arange(9.0), rng().uniform(size=(9, 2)), eps_t=2, eps_s=0.4),
    "EventSurveillance": lambda: detect.stcd(*rng().uniform(size=(2, 30)), np.arange(30.0), radius=0.3),
    "Nowcast": lambda: estimate_nowcast(line_list(), now="2022-03-28", D=5),
    "DelayFit": lambda: fit_delay({"EL": [0] * 9, "ER": [1] * 9, "SL": range(2, 11), "SR": range(3, 12)}),
    "Deconvolution": lambda: deconvolve(COUNTS, DELAY),
    "OffspringFit": lambda: fit_offspring([0, 0, 0, 1, 4, 0, 2]),
    "Chain": lambda: chain_of_pairs(PAIRS),
    "Forecast": forecast,
    "BedForecast": lambda: forecast_beds(forecast(), [CareLevel("ward", 0.2, DELAY, DELAY)], rng=rng()),
    "Evaluation": lambda: evaluate_forecasts(
        COUNTS, [LastWeek()], horizon=5, origins=3, n_samples=50, rng=rng()
    ),
    "AttackRates": lambda: secondary_attack_rates({"infected": [1, 0, 0]}),
    "SharedSources": lambda: find_shared_sources(STAYS, [1, 2]),
    "ContactMatrix": lambda: contact_matrix(
        STAYS, {"person": [1, 2, 3], "age": [9, 40, 50]}, edges=[0, 20], min_minutes=15
    ),
    "Coverage": lambda: coverage(
        {"person": [1], "area": ["a"]}, {"area": ["a"], "population": [4]}, ["area"]
    ),
}


def test_every_kind_of_result_is_held_here():
    for part in pkgutil.walk_packages(epi.__path__, "tongzhou.epi."):
        importlib.import_module(part.name)
    assert {
        kind.__name__ for kind in Result.__subclasses__() if kind.__module__.startswith("tongzhou.")
    } == set(MAKE)


@pytest.mark.parametrize("kind", MAKE)
def test_result_has_a_frame_its_method_and_the_digest_of_its_input(kind):
    found = MAKE[kind]()
    assert type(found).__name__ == kind
    assert isinstance(found.to_frame(), pl.DataFrame)
    assert found.provenance.method
    assert len(found.provenance.inputs_digest) == 64
    assert MAKE[kind]().provenance == found.provenance


@pytest.mark.parametrize("kind", MAKE)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_result_is_drawn_by_matplotlib_and_as_an_option_of_echarts(kind, language):
    found = MAKE[kind]()
    assert found.plot(language=language).has_data()
    plt.close("all")
    option = found.echarts(language=language)
    assert option["series"]
    json.dumps(option, allow_nan=False)
