"""Two packs on the same people: hand-counted days."""

from __future__ import annotations

from datetime import datetime

import pytest

from tongzhou.core.exposures import Exposure, Grade, Setting
from tongzhou.core.time import SHANGHAI
from tongzhou.policy import Change, ComparedPerson, OrderKind, SubjectFacts, SubjectKind, compare, load_pack

NOW = datetime(2022, 6, 28, tzinfo=SHANGHAI)


def person(number: int, subject: SubjectKind, day: int) -> ComparedPerson:
    since = datetime(2022, 6, day, 10, tzinfo=SHANGHAI)
    return ComparedPerson(SubjectFacts(number, since, since, since), subject)


def test_edition_9_shortens_and_releases():
    people = [
        person(1, SubjectKind.CLOSE, 27),
        person(2, SubjectKind.CLOSE, 17),
        person(3, SubjectKind.SECONDARY, 27),
    ]
    result = compare(load_pack("cn-2021-05"), load_pack("cn-2022-06"), people, NOW)
    assert [row.change for row in result.people] == [Change.SHORTER, Change.RELEASED, Change.OTHER]
    assert [row.days_before for row in result.people] == [21, 11, 7]
    assert [row.days_after for row in result.people] == [10, 0, 7]


def test_person_days_and_tests_are_summed_by_kind():
    people = [person(1, SubjectKind.CLOSE, 27), person(2, SubjectKind.SECONDARY, 27)]
    result = compare(load_pack("cn-2021-05"), load_pack("cn-2022-06"), people, NOW)
    assert result.before.person_days == {
        OrderKind.CENTRAL_QUARANTINE: 21,
        OrderKind.HOME_HEALTH_MONITORING: 7,
    }
    assert result.after.person_days == {
        OrderKind.CENTRAL_QUARANTINE: 7,
        OrderKind.HOME_HEALTH_MONITORING: 3,
        OrderKind.HOME_QUARANTINE: 7,
    }
    assert (result.before.n_tests, result.after.n_tests) == (9, 9)


def test_contacts_of_contacts_are_released_in_november():
    end = int(datetime(2022, 6, 27, 10, tzinfo=SHANGHAI).timestamp())
    meal = Exposure(1, 2, Setting.DINING, end - 3600, end, 60.0)
    contact = ComparedPerson(SubjectFacts(2), exposures=(meal,), index=Grade.CLOSE)
    result = compare(load_pack("cn-2022-06"), load_pack("cn-2022-11"), [contact], NOW)
    assert result.changes == {Change.RELEASED: 1}
    assert result.people[0].before.subject is SubjectKind.SECONDARY


@pytest.mark.parametrize("name", ["cn-2020-02", "cn-2022-11", "ebola"])
def test_a_pack_compared_with_itself_changes_nothing(name):
    pack = load_pack(name)
    people = [
        person(number, kind, 26) for number, kind in enumerate(SubjectKind) if kind is not SubjectKind.CASE
    ]
    result = compare(pack, pack, people, NOW)
    assert result.changes == {Change.NONE: len(people)}
    assert result.before == result.after
