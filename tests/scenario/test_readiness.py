"""Readiness: what runs short first, where, when, by how much, and by which day it must be decided."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from tongzhou.core.errors import InputError
from tongzhou.scenario import ScenarioSpec, find_shortfalls, lead_times, sum_ready
from tongzhou.scenario.needs import CAPACITIES
from tongzhou.scenario.question import Question
from tongzhou.scenario.readiness import LIKELY, POSSIBLE, peaks
from tongzhou.scenario.whatif import answer

FIRST = date(2022, 7, 1)


def needs(area: str, capacity: str, median: list[float], high: list[float]) -> pl.DataFrame:
    n = len(median)
    return pl.DataFrame(
        {"scenario": ["s"] * n, "area": [area] * n, "capacity": [capacity] * n, "day": range(n), "low": median,
         "median": median, "high": high}
    )  # fmt: skip


def test_a_shortfall_says_when_it_begins_and_by_when_to_decide():
    (found,) = find_shortfalls(
        needs("4403", "beds", [1, 5, 9, 4], [2, 8, 20, 9]), {("4403", "beds"): 6}, FIRST
    )
    assert (found.certainty, found.first_on, found.earliest_on) == (
        LIKELY,
        date(2022, 7, 3),
        date(2022, 7, 2),
    )
    assert (found.gap, found.gap_high, found.n_days) == (3, 14, 1)
    assert found.decide_on == date(2022, 6, 22)
    assert found.lead_days == lead_times()["beds"].days


def test_what_only_the_upper_bound_exceeds_is_possible():
    (found,) = find_shortfalls(
        needs("4403", "beds", [1, 2], [2, 8]), {("4403", "beds"): 6}, FIRST, {"beds": 1}
    )
    assert (found.certainty, found.gap, found.gap_high, found.decide_on) == (POSSIBLE, 0, 2, date(2022, 7, 1))


def test_what_is_not_recorded_is_not_compared():
    assert find_shortfalls(needs("4403", "beds", [9], [9]), {("4401", "beds"): 1}, FIRST) == []


def test_the_soonest_decision_stands_first():
    both = pl.concat(
        [needs("4403", "shelter_beds", [0, 9], [0, 9]), needs("4403", "icu_beds", [0, 9], [0, 9])]
    )
    ready = {("4403", "shelter_beds"): 1.0, ("4403", "icu_beds"): 1.0}
    assert [item.capacity for item in find_shortfalls(both, ready, FIRST)] == ["icu_beds", "shelter_beds"]


@pytest.mark.parametrize(
    ("ready", "words"), [({("44", "masks"): 1}, "masks"), ({("44", "beds"): -1}, "44 beds = -1")]
)
def test_capacities_that_cannot_be_are_named(ready, words):
    with pytest.raises(InputError, match=words):
        find_shortfalls(needs("44", "beds", [1], [1]), ready, FIRST)


def test_an_areas_own_record_stands_before_the_sum_of_those_below():
    records = {("4403", "beds"): 900.0, ("440305", "beds"): 100.0, ("440106", "beds"): 50.0}
    found = sum_ready(["44", "4403", "440305", "4405"], records)
    assert found == {("44", "beds"): 950.0, ("4403", "beds"): 900.0, ("440305", "beds"): 100.0}


def test_every_capacity_has_a_sourced_lead_time():
    assert set(lead_times()) == set(CAPACITIES)
    assert all(entry.source and entry.source_zh and entry.says_zh for entry in lead_times().values())


@pytest.fixture(scope="module")
def answered():
    question = Question(
        {"440305": 6000, "440306": 2000}, {"440305": 10}, (ScenarioSpec("cn-2022-06"), ScenarioSpec("cn-2022-11")),
        disease="sars-cov-2/delta", days=30, n_runs=3,
    )  # fmt: skip
    return question, answer(question)


def test_needs_by_area_sum_to_the_need_of_the_whole(answered):
    question, outcome = answered
    whole = outcome.fans.filter(pl.col("series") == "beds").select("scenario", "day", "median")
    together = outcome.needs.filter(area="", capacity="beds").select("scenario", "day", "median")
    assert together.equals(whole)
    for area in question.residents:
        assert area in outcome.needs["area"].unique().to_list()
    parts = (
        outcome.needs.filter((pl.col("capacity") == "beds") & (pl.col("area") != ""))
        .group_by("scenario", "day")
        .agg(pl.col("high").sum())
    )
    joined = whole.join(parts, on=["scenario", "day"])
    assert (joined["high"] >= joined["median"] - 1e-9).all()


def test_needs_are_never_negative_and_cover_every_area_and_day(answered):
    question, outcome = answered
    assert len(outcome.needs) == 2 * 3 * len(CAPACITIES) * question.days
    assert np.isfinite(outcome.needs["high"].to_numpy()).all()
    assert (outcome.needs["low"] >= 0).all()


def test_peaks_name_the_day_of_the_largest_median(answered):
    _, outcome = answered
    top = peaks(outcome.needs)["cn-2022-06:active", "440305", "tests_per_day"]
    key = {"scenario": "cn-2022-06:active", "area": "440305", "capacity": "tests_per_day"}
    rows = outcome.needs.filter(**key).sort("day")
    assert top["median"] == rows["median"].max()
    assert rows["median"][top["day"]] == top["median"]
