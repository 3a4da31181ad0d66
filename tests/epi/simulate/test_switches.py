"""Measures that follow cases, area by area: they begin where cases are, and end once there are none."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from tongzhou.core.errors import InputError
from tongzhou.core.measures import (
    Capacities,
    CaseIsolation,
    ContactLayer,
    ContactLimit,
    ContactTracing,
    MassScreening,
    Measures,
    Span,
    SymptomaticTesting,
    UnitCosts,
    check_measures,
)
from tongzhou.epi.simulate import Simulation, outcome_of, run, synthesize
from tongzhou.epi.simulate.switches import CaseCount, Switch

LOCAL = Span(from_cases=2, by_area=True, clear_days=3)


def series(*rows: list[int]) -> np.ndarray:
    """Return a tally of cases by area and day."""
    tally = np.zeros((1, len(rows), 3, len(rows[0])), np.int32)
    tally[0, :, 2] = rows
    return tally


def held(span: Span, tally: np.ndarray) -> list[list[bool]]:
    """Return on which days a span holds in each area."""
    n_areas, n_days = tally.shape[1], tally.shape[3]
    count, switch, rows = CaseCount(n_areas), Switch(span, n_areas), []
    for day in range(n_days):
        count.advance(tally, day)
        rows.append(np.broadcast_to(switch.is_on(day, count), n_areas).tolist())
    return np.asarray(rows).T.tolist()


def test_measure_begins_the_day_after_its_cases_and_only_in_their_area():
    first, second = held(Span(from_cases=2, by_area=True), series([0, 2, 0, 0], [1, 0, 0, 1]))
    assert first == [False, False, True, True]
    assert second == [False] * 4


def test_measure_ends_after_days_without_a_case_and_begins_again_with_new_ones():
    (first,) = held(LOCAL, series([2, 0, 0, 0, 0, 0, 1, 1, 0, 0]))
    assert first == [False, True, True, True, False, False, False, False, True, True]


def test_measure_counts_cases_of_everywhere_unless_told_otherwise():
    assert held(Span(from_cases=2), series([1, 0, 0], [1, 0, 0])) == [[False, True, True]] * 2


def test_clearing_without_a_number_of_cases_is_refused():
    limit = ContactLimit("x", {}, span=Span(clear_days=3))
    with pytest.raises(InputError, match="clear_days 3 without from_cases"):
        check_measures(Measures(limits=(limit,)))


def test_testing_of_the_ill_cannot_follow_areas():
    with pytest.raises(InputError, match="by_area"):
        check_measures(Measures(testing=SymptomaticTesting(0.5, 2.0, 1.0, Span(by_area=True))))


CITY = synthesize(["4403", "4419"], 20_000, seed=9)
TESTING = SymptomaticTesting(1.0, 1.0, 0.3)
SEEDS = {"4403": 30, "4419": 0}


def test_limit_follows_cases_into_their_area_only():
    follows = Span(from_cases=1, by_area=True)
    closed = ContactLimit("zone", dict.fromkeys(ContactLayer, 0.0), span=follows, share_restricted=1.0)
    measures = Measures(limits=(closed,), testing=TESTING)
    outcome = run(CITY, measures=measures, days=40, seed=4, introductions=SEEDS)
    cases = outcome.daily.group_by("area", maintain_order=True).sum().sort("area")["cases"].to_list()
    restricted = outcome.resources["restricted"].to_numpy()
    areas = np.diff(CITY.area_start)
    assert cases[0] > 0
    assert restricted.max() in {areas[0], areas.sum()}
    assert (restricted.max() == areas.sum()) == (cases[1] > 0)


def test_snapshot_keeps_its_own_count_of_cases():
    follows = Span(from_cases=20, by_area=True, clear_days=7)
    closed = ContactLimit("zone", dict.fromkeys(ContactLayer, 0.2), span=follows)
    measures = Measures(limits=(closed,), testing=TESTING)
    simulation = Simulation(CITY, measures=measures, n_days=60, seed=4, introductions=SEEDS)
    simulation.advance(12)
    twin = simulation.snapshot()
    simulation.advance()
    twin.advance()
    assert outcome_of(twin).daily.equals(outcome_of(simulation).daily)


def cases_of(screening: MassScreening, capacity: int = 0) -> tuple[int, float]:
    measures = Measures(
        screenings=(screening,), isolation=CaseIsolation(), capacities=Capacities(tests_per_day=capacity)
    )
    outcome = run(CITY, measures=measures, days=30, seed=4, introductions=SEEDS)
    return outcome.summary()["infections"], float(outcome.resources["tests"].sum())


def test_screening_reaches_only_areas_with_cases():
    local = MassScreening(3, 1.0, 1.0, 1.0, span=Span(from_cases=1, by_area=True))
    measures = Measures(screenings=(local,), testing=TESTING)
    outcome = run(CITY, measures=measures, days=20, seed=4, introductions=SEEDS)
    by_area = outcome.daily.group_by("area").sum().sort("area")["cases"]
    everywhere = Measures(screenings=(MassScreening(3, 1.0, 1.0, 1.0),), testing=TESTING)
    all_tests = run(CITY, measures=everywhere, days=20, seed=4, introductions=SEEDS).resources["tests"].sum()
    assert by_area[0] > 0
    assert outcome.resources["tests"].sum() < all_tests


def test_short_laboratories_delay_results_and_let_more_be_infected():
    rounds = MassScreening(7, 1.0, 1.0, 1.0)
    enough, _ = cases_of(rounds)
    short, _ = cases_of(rounds, capacity=300)
    assert short > enough


def test_samples_of_positive_tubes_are_tested_alone():
    _, pooled = cases_of(MassScreening(7, 1.0, 1.0, 1.0, pool_size=10))
    _, single = cases_of(MassScreening(7, 1.0, 1.0, 1.0, pool_size=1))
    assert 5 * CITY.n_persons / 10 < pooled < single


def test_what_is_needed_is_counted_where_people_live():
    tracing = ContactTracing(dict.fromkeys(ContactLayer, 0.9), 1.0, 7, degrees=2, is_backward=True)
    here = ContactLimit("here", {ContactLayer.CITY: 0.5}, ("4403",), share_restricted=0.5)
    measures = Measures(
        limits=(here,),
        testing=SymptomaticTesting(0.9, 2.0, 1.0),
        isolation=CaseIsolation(days=10),
        tracing=tracing,
        screenings=(MassScreening(5, 0.9, 0.9, 1.0),),
        capacities=Capacities(tracers=3),
        costs=UnitCosts(test=2.0, quarantine_day=3.0, bed_day=5.0, icu_day=7.0, restricted_day=0.1),
    )
    outcome = run(CITY, measures=measures, days=40, seed=4, introductions=SEEDS)
    parts, whole = outcome.resources_by_area, outcome.resources
    summed = parts.drop("area").group_by("day").sum().sort("day")
    for name in whole.columns:
        assert summed[name].to_list() == pytest.approx(whole[name].to_list()), name
    cases = outcome.daily.group_by("area").agg(pl.col("cases").sum()).sort("area")["cases"].to_list()
    worked = pl.col("traced_cases") + pl.col("untraced_cases")
    assert parts.group_by("area").agg(worked.sum()).sort("area")["traced_cases"].to_list() == cases
    assert parts.filter(pl.col("area") != 4403)["restricted"].sum() == 0
    assert (parts["in_quarantine"] >= 0).all()
    daily, kept = outcome.daily, whole["in_quarantine"].sum() + whole["in_isolation"].sum()
    cost = 2 * whole["tests"].sum() + 3 * kept + 5 * daily["beds"].sum() + 7 * daily["icu_beds"].sum()
    costs = outcome.costs_by_area
    assert costs["cost"].sum() == pytest.approx(cost + 0.1 * whole["restricted"].sum())
    assert costs.filter(area=4403)["restricted"].item() == pytest.approx(0.1 * whole["restricted"].sum())
    assert outcome.summary()["cost"] == pytest.approx(costs["cost"].sum())
