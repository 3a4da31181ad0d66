"""The page of a person, exact search, unmasking on the record, and likely duplicates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from tests.cast import FAR_GRID, GRID, Cast
from tests.server.cases.conftest import SignIn
from tests.server.world import DOCUMENTS, World
from tongzhou.core.access import system_actor
from tongzhou.core.errors import InputError
from tongzhou.interop.linkage import read_weights
from tongzhou.server.access.models import Decision
from tongzhou.server.audit.models import Event
from tongzhou.server.people.actions import PersonEntry, build_person, merge_persons
from tongzhou.server.people.linkage import candidates_of, compare, own_weights, weights_in_use
from tongzhou.server.people.models import Merge, Person, Sex
from tongzhou.server.people.weights import estimate_own_weights

pytestmark = pytest.mark.django_db(transaction=True)


def somebody(**changes: object) -> Person:
    fields = {
        "area_code": GRID,
        "name": "王小明",
        "birth_year": 1990,
        "sex": Sex.MALE,
        "phone": "13800138000",
    }
    person = build_person(PersonEntry(**{**fields, **changes}))
    person.save()
    return person


def test_a_person_is_masked_until_a_reason_is_given_and_that_is_on_the_record(
    world: World, sign_in: SignIn
) -> None:
    client, person = sign_in("investigator"), world.people["wang"]
    assert DOCUMENTS["wang"] not in client.get(reverse("people:person", args=[person.id])).text
    url = reverse("people:unmask", args=[person.id])
    assert client.post(url, {"reason": ""}).status_code == 422
    assert DOCUMENTS["wang"] in client.post(url, {"reason": "calls the hospital"}).text
    decision = Decision.objects.get(permission="person.unmask")
    assert (decision.is_allowed, decision.why) == (True, "calls the hospital")
    assert Event.objects.everything("test").filter(action="person.unmask").count() == 1


def test_who_may_read_but_not_unmask_is_refused(world: World, sign_in: SignIn) -> None:
    url = reverse("people:unmask", args=[world.people["wang"].id])
    answer = sign_in("county_officer").post(url, {"reason": "would like to know"})
    assert answer.status_code == 403
    assert DOCUMENTS["wang"] not in answer.text


def test_a_person_beyond_the_scope_looks_absent(world: World, sign_in: SignIn) -> None:
    url = reverse("people:person", args=[world.people["wang"].id])
    assert sign_in("other_investigator").get(url).status_code == 404
    assert sign_in("far_grid_worker").get(url).status_code == 404


def test_search_is_exact_and_never_puts_the_document_into_an_address(world: World, sign_in: SignIn) -> None:
    client = sign_in("investigator")
    found = client.post(reverse("people:search"), {"text": DOCUMENTS["zhao"]})
    assert found["Location"] == reverse("people:person", args=[world.people["zhao"].id])
    assert (
        "Nobody matches exactly"
        in client.post(reverse("people:search"), {"text": DOCUMENTS["zhao"][:-1]}).text
    )


def test_a_slip_in_the_document_counts_only_when_one_of_the_two_fails_its_check_digit(db: None) -> None:
    right = build_person(PersonEntry(GRID, name="甲", document="11010519491231002X"))
    slip = build_person(PersonEntry(GRID, name="甲", document="11010519491231012X"))
    other = build_person(PersonEntry(GRID, name="甲", document="110105194912310038"))
    assert "document_near" in dict(compare(right, slip).agrees)
    assert compare(right, slip).probability > 0.9
    assert compare(right, other).probability < 0.1


def test_an_installation_estimates_its_own_weights(db: None, settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path
    for number in range(70):
        name, born = f"{'王李张刘陈杨黄'[number % 7]}{'伟芳娜秀英敏静丽强磊'[number % 10]}", 1940 + number
        for phone in (f"139{number:08d}", f"138{number:08d}"):
            somebody(name=name, birth_year=born, phone=phone)
    with pytest.raises(InputError, match="share a document, a name or a phone"):
        estimate_own_weights(system_actor("test"), n_random=10, n_most=10)
    _weights, n_pairs = estimate_own_weights(system_actor("test"), n_random=2000)
    assert n_pairs >= 70
    assert weights_in_use() == read_weights(own_weights())
    assert "140 persons of this installation" in weights_in_use().source
    assert Event.objects.everything("test").filter(action="linkage.estimate").count() == 1


def test_likely_duplicates_are_found_within_the_scope_only(world: World, cast: Cast) -> None:
    one = somebody()
    twin, stranger = somebody(name="王晓明"), somebody(name="李雷", phone="", sex=Sex.FEMALE)
    far = somebody(area_code="440106001001001")
    found = [person for person, _ in candidates_of(cast.actor("investigator"), one)]
    assert twin in found
    assert stranger not in found
    assert far not in found


def test_a_merge_by_the_page_is_undone_by_the_page(world: World, sign_in: SignIn) -> None:
    client, one, twin = sign_in("investigator"), somebody(), somebody(area_code=FAR_GRID)
    url = reverse("people:duplicates", args=[one.id])
    assert f'value="{twin.id}"' in client.get(url).text
    assert client.post(url, {"other": twin.id}).status_code == 302
    twin.refresh_from_db()
    assert twin.merged_into == one
    merge = Merge.objects.everything("test").get()
    assert merge.evidence["agrees"] == ["name", "phone", "birth", "sex"]
    assert client.post(reverse("people:undo_merge", args=[merge.id])).status_code == 302
    twin.refresh_from_db()
    assert twin.merged_into is None


def test_a_merge_beyond_the_scope_cannot_be_undone(world: World, cast: Cast, sign_in: SignIn) -> None:
    merge = merge_persons(cast.actor("investigator"), somebody(), somebody(), {})
    answer = sign_in("other_investigator").post(reverse("people:undo_merge", args=[merge.id]))
    assert answer.status_code == 404
