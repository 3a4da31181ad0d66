"""Zones are as small as the rules allow: checked against every possible cover on small trees."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongzhou.core.errors import InputError
from tongzhou.core.exposures import Setting
from tongzhou.core.time import SHANGHAI
from tongzhou.core.zones import (
    UnitRef,
    ZoneFacts,
    ZoneLevel,
    ZoneRules,
    ZoneStep,
    ZoneTrigger,
    step_down_zone,
)
from tongzhou.plan.zones import EvidencePlace, NoZoneReason, UnitPopulation, propose_zones

NOW = datetime(2022, 7, 5, 9, tzinfo=SHANGHAI)
DAY = date(2022, 7, 4)
RESIDENCE = ZoneTrigger("residence", ZoneLevel.HIGH, ("building", "compound", "community"), is_residence=True)
BUSY = ZoneTrigger("busy", ZoneLevel.HIGH, ("compound", "community"), min_activity=0.7)
SOME = ZoneTrigger("some", ZoneLevel.MEDIUM, ("building", "compound", "community"), min_activity=0.3)
STEPS = (
    ZoneStep("high", ZoneLevel.HIGH, ZoneLevel.MEDIUM, 7, needs_negative_round=True),
    ZoneStep("medium", ZoneLevel.MEDIUM, ZoneLevel.LOW, 7, needs_negative_round=True),
    ZoneStep("former", ZoneLevel.MEDIUM, ZoneLevel.LOW, 3, counts_from_level=True),
)
RULES = ZoneRules((RESIDENCE, BUSY, SOME), STEPS, evidence_days=7)
# Two communities of two compounds of two buildings each.
PATHS = [
    (UnitRef("building", f"{c}{k}{b}"), UnitRef("compound", f"{c}{k}"), UnitRef("community", c))
    for c in "AB"
    for k in "12"
    for b in "xy"
]
PERSONS = {"building": 100, "compound": 250, "community": 700}
POPULATIONS = {unit: UnitPopulation(PERSONS[unit.kind], date(2020, 11, 1)) for path in PATHS for unit in path}


def home(place: int, path: tuple[UnitRef, ...], **changes: object) -> EvidencePlace:
    plain = EvidencePlace(
        place, path, DAY, DAY, Setting.HOUSEHOLD, is_residence=True, evidence=(f"stay:{place}",)
    )
    return replace(plain, **changes)


def units_of(plan) -> set[tuple[str, str]]:
    return {(item.unit.code, item.level.value) for item in plan.proposals}


@st.composite
def evidence(draw):
    places = []
    for number in range(draw(st.integers(1, 5))):
        path = draw(st.sampled_from(PATHS))[draw(st.integers(0, 2)) :]
        activity = draw(st.sampled_from([0.3, 0.5, 0.7, 1.0]))
        places.append(home(number, path, is_residence=draw(st.booleans()), activity=activity))
    return places


def cost(units: set[UnitRef]) -> int:
    """People in a set of units, nobody counted twice."""
    inside = {path[0] for path in PATHS for unit in path if unit in units}
    outer = {
        unit
        for unit in units
        if not any(unit in path and set(path[path.index(unit) + 1 :]) & units for path in PATHS)
    }
    assert inside
    return sum(PERSONS[unit.kind] for unit in outer)


def cheapest_cover(places: list[EvidencePlace]) -> int:
    """Try every set of units; each place needs one of the kinds its rule allows around it."""
    choices = []
    for item in places:
        rule = RESIDENCE if item.is_residence else BUSY if item.activity >= 0.7 else SOME
        choices.append({unit for unit in item.units if unit.kind in rule.unit_kinds})
    units = sorted(set().union(*choices), key=lambda unit: unit.code)
    covers = (set(c) for n in range(1, len(units) + 1) for c in combinations(units, n))
    return min(cost(cover) for cover in covers if all(cover & choice for choice in choices))


@given(evidence())
@settings(max_examples=150, deadline=None)
def test_no_cover_restricts_fewer_people(places):
    assert propose_zones(RULES, places, POPULATIONS, NOW).n_persons == cheapest_cover(places)


@given(evidence())
@settings(max_examples=100, deadline=None)
def test_every_place_is_covered_and_no_zone_lies_in_an_equal_one(places):
    plan = propose_zones(RULES, places, POPULATIONS, NOW)
    assert {place for item in plan.proposals for place in item.places} == {item.place for item in places}
    for inner, outer in combinations(plan.proposals, 2):
        assert not (inner.unit.code.startswith(outer.unit.code) and inner.level is outer.level)
        assert not (outer.unit.code.startswith(inner.unit.code) and inner.level is outer.level)


@given(evidence(), st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_the_order_of_the_evidence_does_not_matter(places, rng):
    shuffled = list(places)
    rng.shuffle(shuffled)
    assert units_of(propose_zones(RULES, places, POPULATIONS, NOW)) == units_of(
        propose_zones(RULES, shuffled, POPULATIONS, NOW)
    )


def test_all_children_never_become_their_parent():
    plan = propose_zones(RULES, [home(n, path) for n, path in enumerate(PATHS[:2])], POPULATIONS, NOW)
    assert units_of(plan) == {("A1x", "high"), ("A1y", "high")}
    assert plan.n_persons == 200


def test_a_place_without_a_known_building_takes_the_compound_and_its_buildings():
    plan = propose_zones(RULES, [home(1, PATHS[0]), home(2, PATHS[0][1:])], POPULATIONS, NOW)
    assert units_of(plan) == {("A1", "high")}
    assert plan.proposals[0].evidence == ("stay:1", "stay:2")


def test_a_high_building_stays_inside_a_medium_compound():
    work = home(2, PATHS[0][1:], is_residence=False, activity=0.5)
    plan = propose_zones(RULES, [home(1, PATHS[0]), work], POPULATIONS, NOW)
    assert units_of(plan) == {("A1x", "high"), ("A1", "medium")}
    assert plan.n_persons == 250


def test_a_proposal_carries_its_ground_and_its_first_way_down():
    item = propose_zones(RULES, [home(1, PATHS[0])], POPULATIONS, NOW).proposals[0]
    assert (item.rule_ids, item.places, item.n_persons) == (("residence",), (1,), 100)
    assert item.counted_on == date(2020, 11, 1)
    assert item.start_at == NOW
    assert item.earliest_step_down_at == datetime(2022, 7, 12, tzinfo=SHANGHAI)


def test_evidence_that_is_too_old_or_too_faint_asks_for_nothing():
    old = home(1, PATHS[0], first_on=date(2022, 6, 1), last_on=NOW.date() - timedelta(days=8))
    faint = home(2, PATHS[1], is_residence=False, activity=0.1)
    plan = propose_zones(RULES, [old, faint], POPULATIONS, NOW)
    assert plan.proposals == ()
    assert set(plan.no_zone) == {(1, NoZoneReason.TOO_OLD), (2, NoZoneReason.NO_RULE)}


def test_an_unknown_population_is_said_and_not_guessed():
    plan = propose_zones(RULES, [home(1, PATHS[0])], {}, NOW)
    assert plan.proposals[0].n_persons is None
    assert plan.without_population == (PATHS[0][0],)


def test_a_place_without_an_allowed_unit_names_the_kinds():
    with pytest.raises(InputError, match=r"Places 5 .*allowed kinds are building, community, compound"):
        propose_zones(RULES, [home(5, (UnitRef("street", "A"),))], {}, NOW)


def test_a_unit_with_two_parents_is_refused():
    other = (PATHS[0][0], PATHS[2][1], PATHS[0][2])
    with pytest.raises(InputError, match="A1x lie in two units of the same kind"):
        propose_zones(RULES, [home(1, PATHS[0]), home(2, other)], {}, NOW)


def test_evidence_from_tomorrow_is_refused():
    with pytest.raises(InputError, match="places 3 are out of order or after 2022-07-05"):
        propose_zones(RULES, [home(3, PATHS[0], last_on=date(2022, 7, 6))], {}, NOW)


@given(infected=st.integers(0, 9), ahead=st.integers(0, 20), round_after=st.none() | st.integers(0, 20))
@settings(deadline=None)
def test_a_zone_never_goes_down_before_seven_days_and_a_round(infected, ahead, round_after):
    last = date(2022, 7, 1) + timedelta(days=infected)
    negative = last + timedelta(days=round_after) if round_after is not None else None
    facts = ZoneFacts(ZoneLevel.HIGH, date(2022, 7, 1), last, negative_round_on=negative)
    now = datetime(2022, 7, 1, tzinfo=SHANGHAI) + timedelta(days=infected + ahead)
    step = step_down_zone(RULES, facts, now)
    assert step.is_due == (ahead >= 8 and round_after is not None and round_after >= 7)


def test_a_new_infection_on_the_way_down_starts_the_days_again():
    facts = ZoneFacts(ZoneLevel.MEDIUM, date(2022, 7, 10), date(2022, 7, 12), came_down_from=ZoneLevel.HIGH)
    step = step_down_zone(RULES, facts, datetime(2022, 7, 14, tzinfo=SHANGHAI))
    assert (step.is_due, step.earliest_at) == (False, datetime(2022, 7, 16, tzinfo=SHANGHAI))
