"""Orders: day 0 and day 1, chained phases, catch-up tests, no order beyond the pack."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongzhou.core.errors import InputError
from tongzhou.core.exposures import Grade
from tongzhou.core.time import SHANGHAI, local_day
from tongzhou.core.zones import ZoneLevel
from tongzhou.policy import (
    MeasureFacts,
    OrderKind,
    SubjectFacts,
    SubjectKind,
    check_measure,
    draft_order,
    list_packs,
    load_pack,
    measure_of,
)
from tongzhou.policy.orders import HOME_CONDITIONS

PACKS = st.sampled_from([entry.name for entry in list_packs()]).map(load_pack)
INSTANTS = st.datetimes(datetime(2022, 1, 1), datetime(2022, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
CONDITIONS = st.frozensets(st.sampled_from(HOME_CONDITIONS))


def facts_since(instant: datetime, conditions: frozenset[str] = frozenset()) -> SubjectFacts:
    return SubjectFacts(7, instant, instant, instant, sampled_at=instant, conditions=conditions)


@st.composite
def drafts(draw):
    since, hours = draw(INSTANTS), draw(st.integers(0, 24 * 30))
    pack, subject = draw(PACKS), draw(st.sampled_from(SubjectKind))
    now = since + timedelta(hours=hours)
    facts = facts_since(since, draw(CONDITIONS))
    return pack, subject, facts, now, draft_order(pack, facts, subject, now)


@given(drafts())
@settings(max_examples=300)
def test_a_draft_of_the_pack_passes_the_check_of_measures(case):
    pack, _, facts, now, draft = case
    for area_level in (ZoneLevel.LOW, ZoneLevel.HIGH):
        measured = MeasureFacts(person=facts, area_level=area_level, may_go_home_from_university=True)
        assert check_measure(pack, measure_of(draft, now), measured) == []


@given(drafts())
@settings(max_examples=300)
def test_a_draft_never_lasts_longer_than_its_rule(case):
    pack, subject, _, now, draft = case
    rule = pack.order_for(subject)
    if draft.until_at is None or rule is None or rule.n_days is None:
        return
    last_day = local_day(draft.until_at, pack.time_zone) - timedelta(days=1)
    assert (last_day - draft.day_0_on).days == rule.n_days
    assert draft.start_at == now


@given(drafts())
@settings(max_examples=300)
def test_phases_chain_and_tests_lie_within_their_phase(case):
    _, _, _, now, draft = case
    for before, after in zip(draft.phases, draft.phases[1:], strict=False):
        assert before.until_at == after.start_at
    for test in draft.tests:
        assert now <= test.from_at < test.until_at
        around = [phase for phase in draft.phases if phase.start_at <= test.from_at < phase.until_at]
        assert [(phase.kind, test.until_at <= phase.until_at) for phase in around] == [(test.phase, True)]


@given(
    pack=PACKS,
    subject=st.sampled_from(SubjectKind),
    since=INSTANTS,
    hours=st.integers(0, 500),
    later=st.integers(0, 500),
)
@settings(max_examples=200)
def test_finding_somebody_later_never_moves_the_end(pack, subject, since, hours, later):
    rule = pack.order_for(subject)
    if rule is None or rule.anchor == "order":
        return
    first, second = (
        draft_order(pack, facts_since(since), subject, since + timedelta(hours=n))
        for n in sorted((hours, later))
    )
    if second.is_restricting:
        assert second.until_at == first.until_at


def test_the_day_of_the_last_exposure_is_day_0_even_just_before_midnight(edition9):
    last = datetime(2022, 7, 1, 23, 59, tzinfo=SHANGHAI)
    draft = draft_order(edition9, facts_since(last), Grade.CLOSE, last)
    assert draft.tests[0].from_at == datetime(2022, 7, 2, tzinfo=SHANGHAI)
    assert draft.phases[0].until_at == datetime(2022, 7, 9, tzinfo=SHANGHAI)


def test_days_are_local_days_of_the_pack_and_not_of_utc(edition9):
    last = datetime(2022, 7, 1, 17, tzinfo=UTC)
    assert str(draft_order(edition9, facts_since(last), Grade.CLOSE, last).day_0_on) == "2022-07-02"


def test_missed_tests_become_one_on_the_first_day(edition9):
    draft = draft_order(
        edition9,
        facts_since(datetime(2022, 7, 1, 18, tzinfo=SHANGHAI)),
        Grade.CLOSE,
        datetime(2022, 7, 5, 9, tzinfo=SHANGHAI),
    )
    assert [(test.day, test.is_catch_up) for test in draft.tests] == [
        (3, True),
        (5, False),
        (7, False),
        (3, False),
    ]
    assert draft.tests[0].from_at == draft.start_at


def test_the_last_test_of_edition_8_takes_two_samples():
    last = datetime(2021, 5, 21, 10, tzinfo=SHANGHAI)
    draft = draft_order(load_pack("cn-2021-05"), facts_since(last), Grade.CLOSE, last)
    assert [test.day for test in draft.tests if test.is_double] == [14]
    assert {test.specimen for test in draft.tests} == {"nasopharyngeal"}


def test_not_a_contact_is_asked_for_nothing(edition9):
    draft = draft_order(edition9, SubjectFacts(7), Grade.NONE, datetime(2022, 7, 1, tzinfo=UTC))
    assert not draft.is_restricting
    assert draft.reason.en == "Not a contact: nothing is asked."


def test_an_order_without_its_first_fact_is_refused(edition9):
    with pytest.raises(InputError, match=r"order.close counts from last_exposure, which is not known"):
        draft_order(edition9, SubjectFacts(7), Grade.CLOSE, datetime(2022, 7, 1, tzinfo=UTC))


def test_an_exposure_in_the_future_is_refused(edition9):
    with pytest.raises(InputError, match="2022-07-05, after today, 2022-07-01"):
        draft_order(
            edition9,
            facts_since(datetime(2022, 7, 5, tzinfo=UTC)),
            Grade.CLOSE,
            datetime(2022, 7, 1, tzinfo=UTC),
        )


def test_a_naive_now_is_refused(edition9):
    with pytest.raises(InputError, match="no time zone"):
        draft_order(edition9, SubjectFacts(7), Grade.CLOSE, datetime(2022, 7, 1))  # noqa: DTZ001


def test_an_isolated_case_is_looked_at_again_every_week(edition9):
    now = datetime(2022, 7, 1, 9, tzinfo=UTC)
    phase = draft_order(edition9, SubjectFacts(7), SubjectKind.CASE, now).phases[0]
    assert (phase.kind, phase.until_at) == (OrderKind.ISOLATION, None)
    assert phase.review_at == now + timedelta(days=7)
