"""Scenarios are compared on equal terms and repeat bit for bit."""

from __future__ import annotations

import polars as pl
import pytest

from tongzhou.core.errors import InputError
from tongzhou.core.measures import Capacities
from tongzhou.epi.simulate import Population, synthesize
from tongzhou.policy import load_pack
from tongzhou.scenario import Scenario, WhatIfOptions, compare_scenarios, compile_measures, load_intensity

OPTIONS = WhatIfOptions("sars-cov-2/delta", days=40, n_runs=4, seed=2)
SEEDS = {"4403": 20}


@pytest.fixture(scope="module")
def city() -> Population:
    return synthesize(["4403"], 10_000, seed=3)


def scenario(name: str, intensity: str, **capacities: int) -> Scenario:
    pack = load_pack(name)
    measures = compile_measures(pack, load_intensity(intensity), capacities=Capacities(**capacities))
    return Scenario(f"{name}:{intensity}", measures, pack.digest)


@pytest.fixture(scope="module")
def compared(city):
    columns = [
        scenario("cn-2022-06", "active", beds=20),
        scenario("cn-2022-06", "high"),
        Scenario("none", None),
    ]
    return compare_scenarios(city, columns, SEEDS, OPTIONS)


def median(outcome, name: str, measure: str) -> float:
    return outcome.totals.filter((pl.col("scenario") == name) & (pl.col("measure") == measure))["median"][0]


def test_stricter_measures_avert_infections_and_restrict_more(compared):
    names = ("none", "cn-2022-06:active", "cn-2022-06:high")
    infections = [median(compared, name, "infections") for name in names]
    assert infections == sorted(infections, reverse=True)
    assert median(compared, names[2], "restricted_person_days") > median(
        compared, names[1], "restricted_person_days"
    )


def test_fans_have_every_day_and_ordered_quantiles(compared):
    assert compared.fans.group_by("scenario", "series").len()["len"].unique().to_list() == [40]
    assert (compared.fans["low"] <= compared.fans["median"]).all()
    assert (compared.fans["median"] <= compared.fans["high"]).all()


def test_comparison_repeats_bit_for_bit(city, compared):
    columns = [
        scenario("cn-2022-06", "active", beds=20),
        scenario("cn-2022-06", "high"),
        Scenario("none", None),
    ]
    again = compare_scenarios(city, columns, SEEDS, OPTIONS)
    assert again.inputs_digest == compared.inputs_digest
    assert again.totals.equals(compared.totals)
    assert again.fans.equals(compared.fans)


def test_equal_measures_give_equal_outcomes_whatever_their_name(city):
    one = scenario("cn-2022-06", "active")
    outcome = compare_scenarios(city, [one, Scenario("twin", one.measures)], SEEDS, OPTIONS)
    first, second = (
        outcome.totals.filter(pl.col("scenario") == n).drop("scenario") for n in (one.name, "twin")
    )
    assert first.equals(second)


def test_capacity_that_runs_short_is_named_with_its_day(city):
    poor = Scenario("poor", scenario("cn-2022-11", "routine", beds=1, quarantine_rooms=5).measures)
    found = compare_scenarios(city, [poor], SEEDS, OPTIONS).shortfalls
    assert set(found["capacity"]) >= {"beds", "quarantine_rooms"}
    assert (found["largest_gap"] > 0).all()


def test_comparison_can_be_cancelled(city):
    with pytest.raises(InputError, match="Stopped after 2 of 4"):
        compare_scenarios(
            city, [Scenario("none", None)], SEEDS, OPTIONS, progress=lambda done, total: done == 2
        )


@pytest.mark.parametrize(("names", "code"), [([], "scenario.none"), (["a", "a"], "scenario.twice")])
def test_columns_that_cannot_be_told_apart_are_refused(city, names, code):
    with pytest.raises(InputError) as error:
        compare_scenarios(city, [Scenario(name, None) for name in names], SEEDS, OPTIONS)
    assert error.value.code == code
