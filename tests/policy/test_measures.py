"""Beyond the pack is found: a longer, wider or higher measure always, a measure within the pack never."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongzhou.core.zones import UnitRef, ZoneLevel
from tongzhou.policy import (
    JustifiedUnit,
    Measure,
    MeasureFacts,
    MeasureKind,
    OrderKind,
    Strictness,
    SubjectFacts,
    SubjectKind,
    check_measure,
    draft_order,
    load_pack,
    measure_of,
)

SINCE = datetime(2022, 7, 1, 10, tzinfo=UTC)
FACTS = SubjectFacts(7, SINCE, SINCE, SINCE, sampled_at=SINCE)
DATED = [
    SubjectKind.CLOSE,
    SubjectKind.SECONDARY,
    SubjectKind.ARRIVAL,
    SubjectKind.HIGH_ZONE,
    SubjectKind.GENERAL,
]


def drafted(subject: SubjectKind) -> Measure:
    return measure_of(draft_order(load_pack("cn-2022-06"), FACTS, subject, SINCE), SINCE)


@given(subject=st.sampled_from(DATED), seconds=st.integers(1, 10**7))
def test_any_lengthening_breaks_clause_5(subject, seconds):
    measure = drafted(subject)
    last = measure.phases[-1]
    longer = replace(last, until_at=last.until_at + timedelta(seconds=seconds))
    measure = replace(measure, phases=(*measure.phases[:-1], longer))
    findings = check_measure(load_pack("cn-2022-06"), measure, MeasureFacts(person=FACTS))
    assert [finding.clause for finding in findings] == [5]


@given(subject=st.sampled_from(DATED), seconds=st.integers(0, 10**6))
def test_shortening_is_never_a_finding(subject, seconds):
    measure = drafted(subject)
    first = measure.phases[0]
    until = max(first.start_at, first.until_at - timedelta(seconds=seconds))
    measure = replace(measure, phases=(replace(first, until_at=until),))
    assert check_measure(load_pack("cn-2022-06"), measure, MeasureFacts(person=FACTS)) == []


def test_an_order_without_an_end_is_longer_than_the_rules(edition9):
    measure = drafted(SubjectKind.CLOSE)
    endless = replace(measure, phases=(replace(measure.phases[0], until_at=None),))
    findings = check_measure(edition9, endless, MeasureFacts(person=FACTS))
    assert [finding.strictness for finding in findings] == [Strictness.LONGER]


def test_a_finding_says_what_the_rules_allow(edition9):
    measure = drafted(SubjectKind.GENERAL)
    kept = replace(measure.phases[0], kind=OrderKind.CENTRAL_QUARANTINE)
    finding = check_measure(edition9, replace(measure, phases=(kept,)), MeasureFacts(person=FACTS))[0]
    assert finding.rule_id == "prohibition.4"
    assert "A general contact is not quarantined" in finding.ground.en
    assert "一般接触者不需要隔离" in finding.ground.zh


def test_a_building_inside_a_justified_compound_is_not_wider(edition9):
    compound, building = UnitRef("compound", "A"), UnitRef("building", "A1")
    ground = JustifiedUnit(compound, ZoneLevel.HIGH, "zone.high.residence")
    measure = Measure(MeasureKind.ZONE, SINCE, unit=building, level=ZoneLevel.HIGH)
    assert check_measure(edition9, measure, MeasureFacts(justified_units=(ground,), within=(compound,))) == []
    assert [
        item.clause for item in check_measure(edition9, measure, MeasureFacts(justified_units=(ground,)))
    ] == [1]


def test_refused_care_is_absolute_and_a_longer_order_is_not(edition9):
    refusal = Measure(MeasureKind.CARE_REFUSAL, SINCE)
    facts = MeasureFacts(needs_urgent_or_regular_care=True)
    assert [item.is_absolute for item in check_measure(edition9, refusal, facts)] == [True]
    measure = drafted(SubjectKind.CLOSE)
    endless = replace(measure, phases=(replace(measure.phases[0], until_at=None),))
    findings = check_measure(edition9, endless, MeasureFacts(person=FACTS))
    assert [item.is_absolute for item in findings] == [False]


def test_a_low_zone_needs_no_ground(edition9):
    measure = Measure(MeasureKind.ZONE, SINCE, level=ZoneLevel.LOW)
    assert check_measure(edition9, measure, MeasureFacts()) == []


def test_all_nine_prohibitions_can_be_broken(edition9):
    from tongzhou.policy.examples import read_examples

    rows = [example.row for example in read_examples("cn-2022-06") if example.kind == "measure"]
    assert {clause for row in rows for clause in row["clauses"]} == set(range(1, 10))


@pytest.mark.parametrize("clause", range(1, 10))
def test_only_clauses_2_6_and_7_hold_without_exception(edition9, clause):
    prohibition = next(item for item in edition9.prohibitions if item.clause == clause)
    assert prohibition.only_arbitrary == (clause not in (2, 6, 7))
    assert edition9.note(f"prohibition.{clause}").source == "nine-prohibitions"
