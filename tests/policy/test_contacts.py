"""Grades and windows: more contact never means less."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongzhou.core.errors import InputError
from tongzhou.core.exposures import Conveyance, Exposure, Grade, Seat, Setting
from tongzhou.core.time import SHANGHAI
from tongzhou.policy import (
    CaseFacts,
    grade_exposure,
    grade_person,
    infectious_window,
    last_exposure_at,
    list_packs,
    load_pack,
)
from tongzhou.policy.build_contacts import RISK

PACKS = st.sampled_from([entry.name for entry in list_packs()]).map(load_pack)
SEATS = st.builds(
    Seat,
    carriage=st.sampled_from(["", "1", "2"]),
    row=st.none() | st.integers(1, 20),
    compartment=st.sampled_from(["", "a", "b"]),
    bay=st.none() | st.integers(1, 9),
    seat_class=st.sampled_from(["", "soft_sleeper", "hard_seat"]),
    is_crew=st.booleans(),
)
EXPOSURES = st.builds(
    Exposure,
    case_person=st.just(1),
    other_person=st.just(2),
    setting=st.sampled_from(Setting),
    from_s=st.just(1_656_633_600),
    until_s=st.just(1_656_640_800),
    minutes=st.floats(0, 600),
    conveyance=st.none() | st.sampled_from(Conveyance),
    case_seat=st.none() | SEATS,
    other_seat=st.none() | SEATS,
)


def meeting(minutes: float, setting: Setting = Setting.DINING, until_s: int = 1_656_640_800) -> Exposure:
    return Exposure(1, 2, setting, 1_656_633_600, until_s, minutes)


@given(pack=PACKS, exposure=EXPOSURES, more=st.floats(0, 10_000))
@settings(max_examples=200)
def test_a_longer_exposure_never_lowers_the_grade(pack, exposure, more):
    longer = replace(exposure, minutes=exposure.minutes + more)
    assert RISK[grade_exposure(pack, longer).grade] >= RISK[grade_exposure(pack, exposure).grade]


@given(pack=PACKS, exposure=EXPOSURES)
@settings(max_examples=200)
def test_contact_with_a_contact_is_never_graver_than_secondary(pack, exposure):
    assert grade_exposure(pack, exposure, index=Grade.CLOSE).grade in {Grade.SECONDARY, Grade.NONE}


@given(
    pack=PACKS, exposure=EXPOSURES, row=st.integers(1, 20), near=st.integers(0, 10), far=st.integers(0, 10)
)
@settings(max_examples=200)
def test_a_seat_farther_away_never_raises_the_grade(pack, exposure, row, near, far):
    here = replace(exposure, case_seat=Seat(row=row, bay=row))
    steps = sorted((near, far))
    grades = [replace(here, other_seat=Seat(row=row + step, bay=row + step)) for step in steps]
    assert RISK[grade_exposure(pack, grades[0]).grade] >= RISK[grade_exposure(pack, grades[1]).grade]


@given(pack=PACKS, exposure=EXPOSURES)
@settings(max_examples=200)
def test_every_grade_has_a_rule_and_a_reason_in_both_languages(pack, exposure):
    graded = grade_exposure(pack, exposure)
    assert pack.note(graded.rule_id).source
    assert graded.reason_zh.endswith("。")
    assert graded.reason_en.isascii()


def test_crew_of_another_carriage_is_outside(edition9):
    seats = {"case_seat": Seat(carriage="3"), "other_seat": Seat(carriage="8", is_crew=True)}
    trip = replace(meeting(60), conveyance=Conveyance.TRAIN_CLOSED, **seats)
    assert grade_exposure(edition9, trip).rule_id == "seat.train_closed/outside"


def test_a_conveyance_without_a_rule_is_graded_by_its_setting():
    trip = replace(meeting(60, Setting.TRANSPORT), conveyance=Conveyance.SHIP)
    assert grade_exposure(load_pack("measles"), trip).rule_id == "setting.shared_air"


def test_negative_minutes_are_refused(edition9):
    with pytest.raises(InputError, match=r"-1 minutes"):
        grade_exposure(edition9, meeting(-1))


def test_the_gravest_exposure_decides_for_a_person(edition9):
    later = meeting(5, until_s=1_656_700_000)
    graded = [grade_exposure(edition9, item) for item in (meeting(30), later)]
    decisive = grade_person(graded)
    assert decisive is graded[0]
    assert last_exposure_at(graded, Grade.CLOSE) == meeting(30).until_s
    assert last_exposure_at(graded, Grade.GENERAL) == later.until_s


def test_nobody_is_graded_without_exposures():
    assert grade_person([]) is None


def test_a_reason_never_names_a_person(edition9):
    exposure = replace(meeting(30), case_person=987_654_321, other_person=123_456_789)
    graded = grade_exposure(edition9, exposure)
    assert not {"987654321", "123456789"} & set((graded.reason_zh + graded.reason_en).split())


def test_a_case_without_onset_and_sample_has_no_window(edition9):
    with pytest.raises(InputError, match="neither"):
        infectious_window(edition9, CaseFacts(1), datetime(2022, 7, 1, tzinfo=UTC))


def test_isolation_before_the_window_is_refused(edition9):
    case = CaseFacts(1, date(2022, 7, 5), isolated_at=datetime(2022, 7, 1, tzinfo=SHANGHAI))
    with pytest.raises(InputError, match="would start on 2022-07-03"):
        infectious_window(edition9, case, datetime(2022, 7, 7, tzinfo=UTC))
