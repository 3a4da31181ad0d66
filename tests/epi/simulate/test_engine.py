"""The engine: same outcome however computed, measures that act, snapshots that part, errors that name."""

from __future__ import annotations

import gc
import tracemalloc
import weakref
from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from tests.epi.simulate.populations import alone, mixing, plain_disease
from tongzhou.core.errors import InputError
from tongzhou.core.measures import (
    BorderQuarantine,
    Capacities,
    CaseIsolation,
    ContactLayer,
    ContactLimit,
    ContactTracing,
    MassScreening,
    Measures,
    Span,
    SymptomaticTesting,
    Vaccination,
)
from tongzhou.epi.simulate import (
    EngineOptions,
    Population,
    Simulation,
    outcome_of,
    registers,
    run,
    synthesize,
)

TESTING = SymptomaticTesting(0.8, 2.0, 1.0)
ISOLATION = CaseIsolation(1.0, 0.0, days=14)
TRACING = ContactTracing(dict.fromkeys(ContactLayer, 0.8), 1.0, 14, is_backward=True)
SEEDS = {"4403": 30}


@pytest.fixture(scope="module")
def city() -> Population:
    return synthesize(["4403", "4419"], 20_000, seed=9)


def infections(
    population: Population, measures: Measures | None = None, days: int = 60, **options: object
) -> int:
    outcome = run(population, measures=measures, days=days, seed=4, introductions=SEEDS, **options)
    return outcome.summary()["infections"]


EVERYTHING = Measures(
    testing=TESTING,
    isolation=ISOLATION,
    tracing=replace(TRACING, circle=5.0, degrees=2, test_days=(0, 3, 6), sensitivity=0.7),
    screenings=(MassScreening(3, 0.8, 0.8, 1.0),),
    capacities=Capacities(tests_per_day=3000, tracers=3),
)


@pytest.mark.parametrize("measures", [None, EVERYTHING], ids=["none", "everything"])
def test_outcome_does_not_depend_on_threads_and_shards(city, measures):
    lists = [
        run(
            city, measures=measures, days=50, seed=4, introductions=SEEDS, options=EngineOptions(n, bits)
        ).line_list
        for n, bits in ((1, None), (2, 11), (3, 12), (1, 15))
    ]
    assert len(lists[0]) > 50
    assert all(lists[0].equals(other) for other in lists[1:])


def test_threads_that_really_run_do_not_change_the_outcome():
    population, disease = alone(60_000, 8), plain_disease(6.0, 1.0, 3.0, **mixing(community=1.0))
    first, second = (
        run(population, disease, days=25, seed=1, introductions={4403: 3000}, options=EngineOptions(n, bits))
        for n, bits in ((1, 16), (2, 12))
    )
    assert first.daily["infections"].max() > 5000
    assert first.line_list.equals(second.line_list)


def test_equal_inputs_give_an_equal_digest(city):
    one, two, other = (
        run(city, days=5, seed=seed, introductions=SEEDS).summary()["inputs_digest"] for seed in (1, 1, 2)
    )
    assert one == two != other


def test_nobody_is_infected_without_introductions(city):
    assert run(city, days=20).summary()["infections"] == 0


def test_line_list_agrees_with_the_daily_series(city):
    outcome = run(city, days=60, seed=4, introductions=SEEDS)
    by_day = outcome.line_list.group_by("infected_on").len().sort("infected_on")
    daily = (
        outcome.daily.group_by("day")
        .agg(pl.col("infections").sum())
        .sort("day")
        .filter(pl.col("infections") > 0)
    )
    assert by_day["len"].to_list() == daily["infections"].to_list()


def test_series_by_age_sum_to_the_series_by_area(city):
    outcome = run(city, days=60, seed=4, introductions=SEEDS)
    columns = pl.col("infections", "cases", "admissions", "deaths", "beds").sum()
    assert outcome.daily.select(columns).equals(outcome.daily_by_age.select(columns))


def test_infectors_are_infectious_before_they_infect(city):
    lines = run(city, days=60, seed=4, introductions=SEEDS).line_list
    pairs = lines.join(lines.select(infector="person", since="infected_at"), on="infector")
    assert len(pairs) > 100
    assert (pairs["infected_at"] - pairs["since"] >= 1.5 - 1 / 64).all()


def test_household_setting_joins_members_of_one_home(city):
    lines = run(city, days=60, seed=4, introductions=SEEDS).line_list.filter(pl.col("setting") == "household")
    home = city.home_of(lines["person"].to_numpy())
    assert np.array_equal(home, city.home_of(lines["infector"].to_numpy()))


def test_line_list_names_the_place_of_both_where_there_is_one(city):
    lines = run(city, days=60, seed=4, introductions=SEEDS).line_list
    persons = registers.persons(city)
    own = dict(zip(persons["person"] - 1, persons["site_place"], strict=True))
    home = dict(zip(persons["person"] - 1, persons["home_place"], strict=True))
    known = lines.filter(pl.col("place").is_not_null())
    assert set(known["setting"]) == {"household", "school", "work", "care_home"}
    for person, infector, setting, place in known.select(
        "person", "infector", "setting", "place"
    ).iter_rows():
        of = home if setting == "household" else own
        assert of[person] == of[infector] == place
    assert lines.filter(pl.col("place").is_null() & (pl.col("setting") == "work")).is_empty()


def test_line_list_gives_dates_when_the_first_day_is_known(city):
    lines = run(city, days=20, seed=4, introductions=SEEDS, first_day=date(2020, 1, 10)).line_list
    assert lines["infected_on"].min() == date(2020, 1, 10)


def test_snapshot_goes_on_as_the_original_would(city):
    measures = Measures(testing=TESTING, isolation=ISOLATION, tracing=TRACING)
    simulation = Simulation(city, measures=measures, n_days=60, seed=4, introductions=SEEDS)
    simulation.advance(20)
    twin = simulation.snapshot()
    simulation.advance()
    assert twin.day == 20
    twin.advance()
    assert outcome_of(twin).daily.equals(outcome_of(simulation).daily)


def test_memory_of_a_run_is_free_as_soon_as_nobody_holds_it(city):
    measures = Measures(testing=TESTING, isolation=ISOLATION, tracing=TRACING)
    simulation = Simulation(city, measures=measures, n_days=20, seed=4, introductions=SEEDS)
    simulation.advance(10)
    twin = simulation.snapshot()
    gc.collect()
    gc.disable()
    try:
        first, second = weakref.ref(simulation), weakref.ref(twin)
        del simulation
        assert first() is None
        twin.advance()
        del twin
        assert second() is None
    finally:
        gc.enable()


def test_branch_shares_the_past_and_leaves_the_original(city):
    simulation = Simulation(city, n_days=60, seed=4, introductions=SEEDS)
    simulation.advance(25)
    closed = ContactLimit("closed", dict.fromkeys(ContactLayer, 0.0))
    branch = simulation.branch(Measures(limits=(closed,)))
    branch.advance()
    simulation.advance()
    past = pl.col("day") < 25
    assert outcome_of(branch).daily.filter(past).equals(outcome_of(simulation).daily.filter(past))
    assert outcome_of(branch).daily.filter(~past)["infections"].sum() == 0


def test_cancelled_run_stands_at_its_day(city):
    simulation = Simulation(city, n_days=60, seed=4, introductions=SEEDS)
    simulation.advance(progress=lambda day: day == 7)
    assert simulation.day == 7


@pytest.mark.parametrize(
    "measures",
    [
        Measures(testing=TESTING, isolation=ISOLATION),
        Measures(testing=TESTING, isolation=ISOLATION, tracing=TRACING),
        Measures(screenings=(MassScreening(3, 0.9, 0.9, 1.0),), isolation=ISOLATION),
        Measures(limits=(ContactLimit("schools", {ContactLayer.SCHOOL: 0.0}),)),
        Measures(vaccinations=(Vaccination("inactivated", 3, 101, {1: 0.9, 2: 0.9, 3: 0.9}, until_day=1),)),
    ],
    ids=["isolation", "tracing", "screening", "schools", "vaccination"],
)
def test_measure_prevents_infections(city, measures):
    assert infections(city, measures) < infections(city)


def test_border_stops_arrivals_and_not_those_already_there(city):
    caught = Measures(
        border=BorderQuarantine(1.0), limits=(ContactLimit("all", dict.fromkeys(ContactLayer, 0.0)),)
    )
    outcome = run(city, measures=caught, days=20, seed=4, introductions={"4403": [7, 5, 5, 5]})
    assert outcome.summary()["infections"] == 7


def test_tracing_prevents_more_than_isolation_alone(city):
    isolation = Measures(testing=TESTING, isolation=ISOLATION)
    assert infections(city, Measures(testing=TESTING, isolation=ISOLATION, tracing=TRACING)) < infections(
        city, isolation
    )


def test_wider_circle_quarantines_more_and_counts_second_hand_apart(city):
    found = []
    for circle, degrees in ((0.0, 1), (20.0, 1), (20.0, 2)):
        tracing = ContactTracing({ContactLayer.HOUSEHOLD: 1.0}, 0.0, 10, circle=circle, degrees=degrees)
        measures = Measures(testing=SymptomaticTesting(1.0, 1.0, 0.1), tracing=tracing)
        resources = run(city, measures=measures, days=12, seed=4, introductions=SEEDS).resources
        found.append((resources["contacts_found"].sum(), resources["secondary_found"].sum()))
        n_cases = resources["traced_cases"].sum()
    assert n_cases > 5
    assert found[1][0] - found[0][0] > 10 * n_cases
    assert found[0][1] == found[1][1] == 0
    assert found[2][1] > 0


def test_isolation_ends_after_its_days(city):
    """Cases isolated for a day only infect almost as many as cases never isolated."""
    testing = SymptomaticTesting(1.0, 0.1, 0.01)
    short, long = (
        infections(city, Measures(testing=testing, isolation=CaseIsolation(1.0, days=n)), days=40)
        for n in (1, 14)
    )
    assert long < short


def test_tracers_bound_the_cases_traced(city):
    capacities = Capacities(tracers=2, cases_per_tracer_day=1.0)
    measures = Measures(testing=TESTING, isolation=ISOLATION, tracing=TRACING, capacities=capacities)
    outcome = run(city, measures=measures, days=60, seed=4, introductions=SEEDS)
    assert outcome.resources["traced_cases"].max() <= 2
    assert "tracers" in outcome.summary()["shortfalls"]


def test_zone_limits_only_its_area(city):
    zone = ContactLimit("zone", dict.fromkeys(ContactLayer, 0.0), ("4403",), share_restricted=1.0)
    outcome = run(
        city, measures=Measures(limits=(zone,)), days=30, seed=4, introductions={"4403": 30, "4419": 30}
    )
    by_area = outcome.daily.group_by("area").agg(pl.col("infections").sum()).sort("area")["infections"]
    assert by_area[0] == 30
    assert by_area[1] > 60
    assert outcome.resources["restricted"][3] == np.diff(city.area_start)[0]


def test_limit_starts_with_its_number_of_cases(city):
    late = ContactLimit("late", dict.fromkeys(ContactLayer, 0.0), span=Span(from_cases=10))
    measures = Measures(limits=(late,), testing=TESTING)
    daily = (
        run(city, measures=measures, days=60, seed=4, introductions=SEEDS)
        .daily.group_by("day")
        .sum()
        .sort("day")
    )
    begun = int(np.argmax(daily["cases"].cum_sum().to_numpy() >= 10)) + 1
    assert daily["infections"][begun - 1] > 0
    assert daily["infections"][begun:].sum() == 0


def test_quarantine_is_counted_until_it_ends(city):
    tracing = ContactTracing({ContactLayer.HOUSEHOLD: 1.0}, 0.0, 10)
    stop = ContactLimit("stop", dict.fromkeys(ContactLayer, 0.0), span=Span(from_day=30))
    testing = SymptomaticTesting(1.0, 1.0, 0.1)
    measures = Measures(testing=testing, isolation=ISOLATION, tracing=tracing, limits=(stop,))
    outcome = run(city, measures=measures, days=200, seed=4, introductions=SEEDS)
    assert outcome.resources["in_quarantine"][-1] == 0
    assert outcome.resources["in_quarantine"].sum() >= 10 * outcome.resources["contacts_found"].sum()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"introductions": {"9999": 1}}, "simulate.unknown_area"),
        ({"introductions": {"4403": -1}}, "simulate.bad_introductions"),
        ({"introductions": {"4403": 10**6}}, "simulate.bad_introductions"),
        ({"days": 0}, "simulate.bad_days"),
        ({"disease": "flu/h9"}, "disease.unknown"),
        ({"measures": Measures(testing=SymptomaticTesting(1.4, 2.0, 1.0))}, "measures.bad_value"),
        ({"measures": Measures(capacities=Capacities(beds=10**6))}, "simulate.more_beds_than_people"),
        ({"measures": Measures(limits=(ContactLimit("x", {}, ("51",)),))}, "simulate.unknown_area"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_bad_inputs_are_named_before_anything_runs(city, arguments, code):
    with pytest.raises(InputError) as error:
        run(city, **arguments)
    assert error.value.code == code


def test_line_list_says_how_cases_were_found(city):
    measures = Measures(testing=TESTING, isolation=ISOLATION, tracing=TRACING)
    outcome = run(city, measures=measures, days=60, seed=4, introductions=SEEDS)
    lines = outcome.line_list
    assert lines["report_on"].count() == outcome.summary()["cases"]
    assert set(lines["found_by"].drop_nulls()) == {"symptoms", "contact"}
    assert lines["person"].is_unique().all()


class Watch:
    """Notes the memory each day takes beyond what stood there in the morning."""

    def __init__(self) -> None:
        self.taken: list[int] = []
        self.before = tracemalloc.get_traced_memory()[0]

    def __call__(self, _day: int) -> bool:
        self.taken.append(tracemalloc.get_traced_memory()[1] - self.before)
        tracemalloc.reset_peak()
        self.before = tracemalloc.get_traced_memory()[0]
        return False


def test_days_take_no_memory_by_case_or_contact():
    options = EngineOptions(n_threads=1, keeps_line_list=False)
    population = synthesize(["4403"], 200_000, seed=9)
    simulation = Simulation(population, n_days=100, seed=4, introductions={"4403": 300}, options=options)
    simulation.advance(1)
    tracemalloc.start()
    watch = Watch()
    simulation.advance(progress=watch)
    tracemalloc.stop()
    daily = simulation.tally.by_area.sum(axis=(0, 1))[0]
    peak = int(np.argmax(daily))
    assert daily[peak] > 5000
    assert max(watch.taken[peak:]) < 20_000
