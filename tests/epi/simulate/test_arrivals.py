"""Infections brought in from outside: in parties of one household, and infected before they arrive."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from tests.epi.simulate.populations import alone
from tongzhou.core.arrivals import Arrivals
from tongzhou.core.errors import InputError
from tongzhou.core.measures import BorderQuarantine, ContactLayer, ContactLimit, Measures, SymptomaticTesting
from tongzhou.epi.simulate import EngineOptions, Population, Run, run, synthesize

NOBODY_MEETS = Measures(
    limits=(ContactLimit("all", dict.fromkeys(ContactLayer, 0.0)),), testing=SymptomaticTesting(1.0, 2.0, 1.0)
)
PARTY = (0.6, 0.3, 0.1)


@pytest.fixture(scope="module")
def city() -> Population:
    return synthesize(["4403", "4419"], 20_000, seed=9)


def brought(
    population: Population, arrivals: Arrivals, measures: Measures = NOBODY_MEETS, **options: object
) -> Run:
    return run(population, measures=measures, days=30, seed=4, introductions=arrivals, **options)


def test_alone_and_infected_on_arrival_is_what_plain_numbers_mean(city):
    counts = {"4403": [20, 0, 5], "4419": 3}
    plain, same = (run(city, days=30, seed=4, introductions=given) for given in (counts, Arrivals(counts)))
    assert plain.line_list.equals(same.line_list)


def test_parties_share_a_household_and_a_moment_and_add_up(city):
    lines = brought(city, Arrivals({"4403": 700}, PARTY)).line_list
    lines = lines.with_columns(home=pl.Series(city.home_of(lines["person"].to_numpy())))
    groups = lines.group_by("home", "infected_at").len()
    assert lines["person"].n_unique() == len(lines) == 700
    assert groups["home"].n_unique() == len(groups)
    found = np.bincount(groups["len"].to_numpy(), minlength=4)[1:] / len(groups)
    assert np.abs(found - PARTY).max() < 0.06


def test_border_catches_whole_parties(city):
    measures = Measures(limits=NOBODY_MEETS.limits, border=BorderQuarantine(0.5))
    outcome = brought(city, Arrivals({"4403": [0, 300]}, (0.0, 1.0)), measures)
    homes = city.home_of(outcome.line_list["person"].to_numpy())
    assert set(np.unique(homes, return_counts=True)[1].tolist()) == {2}
    assert 0 < len(homes) < 300


def test_time_since_infection_is_exponential_and_moves_the_onset(city):
    now, before = (
        brought(city, Arrivals({"4403": 2000}, days_since=d)).line_list.sort("person") for d in (0.0, 3.0)
    )
    lead = (now["infected_at"] - before["infected_at"]).to_numpy()
    assert lead.mean() == pytest.approx(3.0, abs=0.2)
    assert lead.std() == pytest.approx(3.0, abs=0.3)
    assert np.allclose((now["onset_at"] - before["onset_at"]).to_numpy(), lead)
    assert before["infected_on"].min() < 0


def test_nothing_is_reported_or_passed_on_before_arrival():
    arrivals = Arrivals({4403: [0] * 9 + [200]}, days_since=6.0)
    measures = Measures(testing=NOBODY_MEETS.testing)
    outcome = run(alone(3000), measures=measures, days=30, seed=4, introductions=arrivals)
    is_brought = pl.col("setting") == "introduced"
    brought_in, local = outcome.line_list.filter(is_brought), outcome.line_list.filter(~is_brought)
    assert brought_in["onset_at"].min() < 9 <= brought_in["report_on"].min()
    assert local["infected_at"].min() >= 9
    series = outcome.daily.group_by("day").sum().sort("day")
    assert series["infections"][:9].sum() == 0
    assert series["infections"].sum() == len(outcome.line_list)


def first_offspring(city: Population, days_since: float) -> pl.DataFrame:
    lines = run(city, days=40, seed=4, introductions=Arrivals({"4403": 500}, days_since=days_since)).line_list
    first = lines.filter(pl.col("setting") == "introduced")["person"]
    return lines.filter(pl.col("infector").is_in(first.implode()))


def test_infected_earlier_infect_fewer_after_arrival_and_sooner(city):
    late, early = first_offspring(city, 0.0), first_offspring(city, 8.0)
    assert len(early) < len(late)
    assert early["infected_at"].mean() < late["infected_at"].mean()


def test_outcome_does_not_depend_on_threads_or_shards(city):
    arrivals = Arrivals({"4403": [30, 4, 4]}, PARTY, 2.0)
    first, *others = (
        run(city, days=40, seed=4, introductions=arrivals, options=EngineOptions(n, bits)).line_list
        for n, bits in ((1, None), (2, 11), (3, 12))
    )
    assert all(first.equals(other) for other in others)


def test_dates_reach_back_before_the_first_day(city):
    lines = brought(city, Arrivals({"4403": 50}, days_since=5.0), first_day=date(2020, 1, 10)).line_list
    assert lines["infected_on"].min() < date(2020, 1, 10)


def test_party_larger_than_any_free_household_is_cut():
    lines = run(alone(40), days=1, seed=1, introductions=Arrivals({4403: 40}, (0.0, 1.0))).line_list
    assert sorted(lines["person"].to_list()) == list(range(40))


@pytest.mark.parametrize(
    ("arrivals", "named"),
    [
        (Arrivals({"4403": 1}, (0.5, 0.6)), "sum to 1.1"),
        (Arrivals({"4403": 1}, (1.5, -0.5)), "party"),
        (Arrivals({"4403": 1}, ()), "sum to 0"),
        (Arrivals({"4403": 1}, days_since=-1.0), "days_since"),
        (Arrivals({"4403": 1}, days_since=float("nan")), "days_since"),
    ],
)
def test_arrivals_that_cannot_be_are_named(city, arrivals, named):
    with pytest.raises(InputError) as error:
        brought(city, arrivals)
    assert error.value.code == "arrivals.bad_value"
    assert named in str(error.value)
