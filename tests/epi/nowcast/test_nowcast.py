"""What nowcasts promise on any line list."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from tongzhou.core.errors import InputError
from tongzhou.epi.nowcast import (
    METHODS,
    NowcastOptions,
    ReportingTriangle,
    estimate_nowcast,
    nowcast_groups,
    reporting_triangle,
)

DAY = dt.date(2022, 3, 1)
SHARES = np.array([0.1, 0.2, 0.25, 0.2, 0.1, 0.08, 0.05, 0.02])


def linelist(seed: int, n_days: int = 60, rate: float = 30.0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    event = np.repeat(np.arange(n_days), rng.poisson(rate, n_days))
    report = event + rng.choice(8, event.size, p=SHARES)
    return pl.DataFrame(
        {
            "date_onset": [DAY + dt.timedelta(days=int(d)) for d in event],
            "date_reporting": [DAY + dt.timedelta(days=int(d)) for d in report],
        }
    )


def final_counts(rows: pl.DataFrame, days: list[dt.date]) -> np.ndarray:
    return np.array([rows.filter(pl.col("date_onset") == day).height for day in days])


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_near_the_truth(method: str) -> None:
    rows = linelist(1)
    now = DAY + dt.timedelta(days=50)
    ours = estimate_nowcast(rows, now=now, method=method, D=10)  # type: ignore[arg-type]
    frame = ours.to_frame()
    truth = final_counts(rows, frame["date"].to_list())
    assert frame.height == 11
    assert (frame["median"] >= frame["observed"]).all()
    if "notrunc" not in method:
        assert np.abs(frame["median"].to_numpy()[:-1] - truth[:-1]).mean() < 6


@pytest.mark.parametrize("method", ["lawless.complete", "bayes.trunc", "bayes.notrunc.bnb", "chain.ladder"])
def test_predictive_laws_add_up_to_one(method: str) -> None:
    ours = estimate_nowcast(linelist(2), now=DAY + dt.timedelta(days=40), method=method, D=8)  # type: ignore[arg-type]
    assert ours.pmf[:-1].sum(axis=1) == pytest.approx(np.ones(8), abs=1e-3)


def test_same_call_gives_the_same_numbers() -> None:
    rows = linelist(3)
    first, second = (estimate_nowcast(rows, now=DAY + dt.timedelta(days=40), D=8) for _ in range(2))
    assert np.array_equal(first.pmf, second.pmf)


def test_days_without_further_delay_are_what_was_observed() -> None:
    when = [DAY + dt.timedelta(days=5)]
    ours = estimate_nowcast(linelist(4), now=DAY + dt.timedelta(days=40), when=when, D=8)
    assert ours.to_frame().row(0, named=True)["median"] == ours.observed[0]


def test_scores_reward_the_better_method() -> None:
    rows = linelist(5)
    now = DAY + dt.timedelta(days=45)
    scores = {}
    for method in ("bayes.trunc", "bayes.notrunc"):
        ours = estimate_nowcast(rows, now=now, method=method, D=8)  # type: ignore[arg-type]
        scores[method] = ours.score(final_counts(rows, ours.to_frame()["date"].to_list()))
    assert scores["bayes.trunc"]["rps"].mean() < scores["bayes.notrunc"]["rps"].mean()  # type: ignore[operator]
    assert scores["bayes.trunc"]["outside_ci"].mean() <= 0.35  # type: ignore[operator]


def test_triangle_counts_and_cuts_by_hand() -> None:
    rows = {
        "date_onset": ["2022-03-01", "2022-03-01", "2022-03-02", "2022-03-03", "2022-03-02"],
        "date_reporting": ["2022-03-01", "2022-03-04", "2022-03-03", None, "2022-03-09"],
    }
    triangle = reporting_triangle(rows, now="2022-03-04", D=2)
    expected = [[1, 0, 1], [0, 1, 0], [0, 0, np.nan], [0, np.nan, np.nan]]
    assert np.array_equal(triangle.counts, expected, equal_nan=True)
    assert triangle.n_late == 1


def test_past_triangle_forgets_later_reports() -> None:
    triangle = reporting_triangle(linelist(6), now=DAY + dt.timedelta(days=30), D=7)
    before = triangle.at(20)
    rebuilt = reporting_triangle(linelist(6), now=DAY + dt.timedelta(days=20), D=7)
    assert isinstance(before, ReportingTriangle)
    assert np.array_equal(before.counts, rebuilt.counts, equal_nan=True)


def test_one_bad_group_flags_its_own_row() -> None:
    rows = linelist(7).with_columns(area=pl.lit("good"))
    bad = rows.head(1).with_columns(area=pl.lit("bad"))
    results, frame = nowcast_groups(pl.concat([rows, bad]), "area", now=DAY + dt.timedelta(days=40), D=60)
    assert list(results) == []
    results, frame = nowcast_groups(
        pl.concat([rows, bad.with_columns(date_onset=DAY + dt.timedelta(days=39))]),
        "area",
        now=DAY + dt.timedelta(days=40),
        D=8,
    )
    assert list(results) == ["good"]
    assert frame.filter(pl.col("series") == "bad")["problem"].is_not_null().all()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"date_onset": [None, "2022-03-02"]}, "missing at rows 1"),
        ({"date_reporting": ["2022-02-01", "2022-03-02"]}, "before the event at rows 1"),
        ({"date_onset": ["x", "2022-03-02"]}, "cannot be read"),
    ],
)
def test_bad_dates_are_named(change: dict[str, list[str | None]], says: str) -> None:
    good: dict[str, list[str | None]] = {
        "date_onset": ["2022-03-01", "2022-03-02"],
        "date_reporting": ["2022-03-01", "2022-03-02"],
    }
    with pytest.raises(InputError, match=says):
        reporting_triangle(good | change, now="2022-03-04", D=2)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"method": "guess"}, "unknown"),
        ({"now": None}, "Give now"),
        ({"event": "onset"}, "no column"),
        ({"D": 99}, "longest delay"),
        ({"when": [dt.date(2030, 1, 1)]}, "must lie between"),
        ({"options": NowcastOptions(alpha=2)}, "alpha"),
        ({"options": NowcastOptions(N_tInf_max=2)}, "N_tInf_max"),
    ],
)
def test_bad_options_are_named(arguments: dict[str, object], says: str) -> None:
    given: dict[str, object] = {"now": DAY + dt.timedelta(days=40), "D": 8} | arguments
    with pytest.raises(InputError, match=says):
        estimate_nowcast(linelist(8), **given)  # type: ignore[arg-type]
