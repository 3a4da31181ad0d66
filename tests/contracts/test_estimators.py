"""What every estimator on count series keeps: any kind of input, positions from 1, bad input named by row."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tongzhou.core.errors import InputError
from tongzhou.epi import detect
from tongzhou.epi.delays import Delay, back_project, deconvolve
from tongzhou.epi.forecast import Drift, LastWeek, Renewal, evaluate_forecasts, forecast_cases
from tongzhou.epi.reproduction import case_reproduction, estimate_rt, growth_rate, smooth_rt

T = 60
DAYS = np.datetime64("2022-03-01") + np.arange(T)
COUNTS = np.random.default_rng(1).poisson(20 * np.exp(0.02 * np.arange(T))).astype(float)
PMF = [0, 0.2, 0.5, 0.2, 0.1]
INTERVAL = Delay.serial_interval(5, 2.5)
QUANTILES = ["mean", "std", "q025", "median", "q975"]
WINDOWS = ["t_start", "t_end", *QUANTILES]


@dataclass(frozen=True)
class Estimator:
    """columns : of one series without dates; in_days : refuses weeks"""

    name: str
    run: Callable[..., Any]
    columns: list[str]
    in_days: bool = True


def forecast(model: Any) -> Callable[..., Any]:
    return lambda x, **more: forecast_cases(
        x, model, horizon=5, n_samples=20, rng=np.random.default_rng(1), **more
    )


AHEAD = ["t", "horizon", "mean", "std", "q025", "q25", "median", "q75", "q975"]
BACK = ["t", "observed", "estimate", "fitted"]
ESTIMATORS = [
    Estimator("rt", lambda x, **more: estimate_rt(x, PMF, **more), WINDOWS, in_days=False),
    Estimator("rt, delay", lambda x, **more: estimate_rt(x, INTERVAL, **more), WINDOWS),
    Estimator("case", lambda x, **more: case_reproduction(x, INTERVAL, **more), WINDOWS),
    Estimator(
        "smooth",
        lambda x, **more: smooth_rt(x, INTERVAL, **more),
        [*WINDOWS, "infections", "growth_rate"],
    ),
    Estimator("growth", growth_rate, [*WINDOWS, "doubling_time"], in_days=False),
    Estimator("deconvolve", lambda x, **more: deconvolve(x, INTERVAL, **more), BACK),
    Estimator("back-project", lambda x, **more: back_project(x, INTERVAL, **more), BACK),
    Estimator("last week", forecast(LastWeek()), AHEAD),
    Estimator("drift", forecast(Drift()), AHEAD),
    Estimator("renewal", forecast(Renewal(INTERVAL)), AHEAD),
]
EVERY = pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda entry: entry.name)


@EVERY
def test_one_series_is_the_same_from_every_kind_of_input(estimator):
    alone = estimator.run(COUNTS).to_frame()
    assert alone.columns[: len(estimator.columns)] == estimator.columns
    kinds = (COUNTS.tolist(), COUNTS.astype(int), pl.Series(COUNTS), pd.Series(COUNTS))
    frames = (pl.DataFrame({"n": COUNTS}), pl.LazyFrame({"n": COUNTS}), pd.DataFrame({"n": COUNTS}))
    nullable = pd.DataFrame({"n": pd.array(COUNTS.astype(int), dtype="Int64")})
    for given in (*kinds, *frames, nullable):
        assert_frame_equal(estimator.run(given).to_frame(), alone)


@EVERY
def test_dates_come_with_the_frame_or_as_an_argument(estimator):
    dated = estimator.run(COUNTS, dates=DAYS).to_frame()
    assert any(column.startswith("date") for column in dated.columns)
    indexed = pd.DataFrame({"n": COUNTS}, index=pd.to_datetime(DAYS))
    texts = pl.DataFrame({"date": [str(day) for day in DAYS], "n": COUNTS})
    for given in (pl.DataFrame({"date": DAYS, "n": COUNTS}), texts, indexed):
        assert_frame_equal(estimator.run(given).to_frame(), dated)


@EVERY
def test_positions_count_from_one(estimator):
    frame = estimator.run(COUNTS, dates=DAYS).to_frame()
    last, dates = ("t_end", "date_end") if "t_end" in frame.columns else ("t", "date")
    for position, day in frame.select(last, dates).iter_rows():
        assert day == (DAYS[0] + (position - 1)).astype(object)


@EVERY
def test_many_series_carry_their_name_and_a_bad_one_flags_its_own_rows(estimator):
    spoiled = COUNTS.copy()
    spoiled[9] = -1
    frame = estimator.run({"bad": spoiled, "good": COUNTS}).to_frame()
    bad = frame.filter(pl.col("series") == "bad")
    assert bad["problem"].str.contains("negative at row 10").all()
    numbers = [name for name in estimator.columns if name in (*QUANTILES, "estimate", "fitted")]
    assert bad.select(pl.col(numbers).is_null().all()).row(0) == (True,) * len(numbers)
    good = frame.filter(pl.col("series") == "good")
    assert good["problem"].is_null().all()
    assert good[numbers[0]].drop_nulls().len()


def changed(value: float) -> np.ndarray:
    found = COUNTS.copy()
    found[9] = value
    return found


BAD: dict[str, tuple[object, str]] = {
    "missing": (changed(np.nan), "missing .* row 10"),
    "infinite": (changed(np.inf), "infinite at row 10"),
    "negative": (changed(-2), "negative at row 10"),
    "huge": (changed(1e15), "more than any count of people, at row 10"),
    "all zero": (np.zeros(T), "0 at all 60 rows"),
    "text": (["1", "x", "3"] * 20, r"no number at rows 1 \(1\), 2 \(x\)"),
    "a column of text": (pl.DataFrame({"place": ["x"] * T, "n": COUNTS}), "column place is no number"),
    "one day": ([5], "at least"),
    "empty": ([], "no time steps"),
    "nothing": (None, "dimensions"),
    "a word": ("many", "type str is no series"),
    "three dimensions": (np.ones((2, 2, 2)), "3 dimensions"),
    "unequal rows": ([[1, 2], [3]], "unequal length"),
    "no counts": (pl.DataFrame({"date": DAYS}), "no column of counts"),
    "no dates": (pl.DataFrame({"date": ["x"] * T, "n": COUNTS}), "cannot be read"),
    "gap": (
        pl.DataFrame({"date": np.delete(DAYS, 9), "n": COUNTS[1:]}),
        r"gap before rows 10 \(2022-03-11\)",
    ),
    "unsorted": (pl.DataFrame({"date": DAYS[::-1], "n": COUNTS}), r"unsorted or repeated at rows 2 \("),
    "a day twice": (pl.DataFrame({"date": DAYS - (np.arange(T) > 5), "n": COUNTS}), "repeated at rows 7"),
    "no name": (pl.DataFrame({"series": [None] * T, "date": DAYS, "n": COUNTS}), "no name of its series"),
}


@EVERY
@pytest.mark.parametrize("kind", list(BAD))
def test_bad_input_is_refused_with_rows_and_remedy(estimator, kind):
    given, says = BAD[kind]
    with pytest.raises(InputError, match=says) as caught:
        estimator.run(given)
    assert caught.value.hint


@EVERY
def test_weeks_are_not_taken_for_days(estimator):
    weeks = DAYS[0] + 7 * np.arange(T)
    if estimator.in_days:
        with pytest.raises(InputError, match="7 days apart"):
            estimator.run(COUNTS, dates=weeks)
    else:
        assert estimator.run(COUNTS, dates=weeks).to_frame().height


def test_an_evaluation_names_the_series_it_cannot_score():
    options: dict[str, Any] = {"horizon": 3, "origins": 2, "n_samples": 20, "rng": np.random.default_rng(1)}
    found = evaluate_forecasts({"good": COUNTS, "bad": -COUNTS}, [Drift()], **options)
    assert list(found.problems) == ["bad"]
    with pytest.raises(InputError, match="None of the 1 series"):
        evaluate_forecasts({"bad": -COUNTS}, [Drift()], **options)


SIGNATURES: dict[str, tuple[Callable[..., Any], dict[str, object]]] = {
    "estimate_rt": (estimate_rt, {"window": 7, "prior_mean": 5.0, "prior_std": 5.0, "imported": None}),
    "case_reproduction": (case_reproduction, {}),
    "ears": (detect.ears, {"method": "C1", "baseline": 7, "alpha": None}),
    "farrington_flexible": (
        detect.farrington_flexible,
        {
            "freq": 52,
            "b": 5,
            "w": 3,
            "past_weeks_not_included": None,
            "weights": "noufaily",
            "threshold_method": "delta",
            "pthreshold_trend": 0.05,
            "noperiods": 1,
            "power_transform": "2/3",
            "alpha": None,
        },
    ),
    "cdc": (detect.cdc, {"alpha": None}),
    "rki": (detect.rki, {}),
    "bayes": (detect.bayes, {"alpha": None}),
    "cusum": (detect.cusum, {}),
    "glr_nb": (detect.glr_nb, {}),
    "moving_percentile": (detect.moving_percentile, {}),
    "scan": (detect.scan, {"model": "poisson", "max_share": 0.5, "n_replicates": 999, "seed": 0}),
}
FIRST = {"estimate_rt": ["incidence", "si"], "case_reproduction": ["incidence", "si"]}


@pytest.mark.parametrize("name", list(SIGNATURES))
def test_notebooks_can_rely_on_names_and_defaults(name):
    function, defaults = SIGNATURES[name]
    parameters = inspect.signature(function).parameters
    first = FIRST.get(name, ["cases", "population", "coordinates"] if name == "scan" else ["counts"])
    assert list(parameters)[: len(first)] == first
    assert {option: parameters[option].default for option in defaults} == defaults
    assert parameters["dates"].default is None
    keywords = [
        p for option, p in parameters.items() if option not in (*first, "method", "baseline", "alpha")
    ]
    assert all(parameter.kind is inspect.Parameter.KEYWORD_ONLY for parameter in keywords)


def test_no_alpha_means_that_of_the_peer():
    found = {method: detect.ears(COUNTS, method).provenance.options["alpha"] for method in ("C1", "C2", "C3")}
    assert found == {"C1": 0.001, "C2": 0.001, "C3": 0.025}


def test_a_scan_has_the_columns_of_the_contract():
    rng = np.random.default_rng(1)
    found = detect.scan(
        rng.poisson(3, (6, 8)), np.full(6, 100), rng.uniform(0, 9, (6, 2)), n_replicates=9, seed=1
    )
    wanted = ["members", "window", "observed", "expected", "llr", "p_value"]
    assert [name for name in found.to_frame().columns if name in wanted] == wanted
