"""Who has to go to a door sees name, phone and address while the duty is open, each time on the record."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from tests.cast import CITY, FAR_GRID, GRID, SETUP, Cast
from tests.server.cases.conftest import SignIn
from tongzhou.core.errors import Conflict, Denied
from tongzhou.server.access.actions import appoint, open_post
from tongzhou.server.access.models import Decision
from tongzhou.server.audit.models import Event
from tongzhou.server.duties.actions import DutyDraft, create_duty, do_duty, refuse_duty
from tongzhou.server.duties.models import Duty
from tongzhou.server.kernel import clock
from tongzhou.server.people.actions import PersonEntry, build_person, merge_persons, show_door, unmask_person
from tongzhou.server.people.models import Household, Person, Place

pytestmark = pytest.mark.django_db

NAME, PHONE, DOOR, DOCUMENT = "吴小梅", "13800138000", "荔园小区3栋802室", "11010519491231002X"
CHECKED = {"temperature": "36.6", "symptoms": "none"}


@pytest.fixture
def person(cast: Cast) -> Person:
    person = build_person(PersonEntry(GRID, name=NAME, phone=PHONE, address=DOOR, document=DOCUMENT))
    person.save()
    return person


@pytest.fixture
def duty(person: Person, now: datetime) -> Duty:
    draft = DutyDraft(
        kind="health_check", subject=("test", "1"), area_code=GRID, due_at=now + timedelta(hours=2),
        dedupe_key="check:1", person_number=person.id, params={"day": 1},
    )  # fmt: skip
    return create_duty(draft, SETUP)


def page_of(client: Client, duty: Duty) -> str:
    return client.get(reverse("duties:detail", args=[duty.id])).text


def test_the_holder_sees_name_phone_and_door_on_the_page_of_an_open_duty(duty: Duty, sign_in: SignIn) -> None:
    text = page_of(sign_in("grid_worker"), duty)
    assert NAME in text
    assert PHONE in text
    assert DOOR in text
    assert DOCUMENT not in text


def test_each_opening_is_on_the_record_with_its_duty_and_purpose(duty: Duty, sign_in: SignIn) -> None:
    client = sign_in("grid_worker")
    page_of(client, duty), page_of(client, duty)
    events = Event.objects.everything("test").filter(action="person.unmask")
    assert [event.detail for event in events] == [
        {"duty": str(duty.id), "kind": "health_check", "purpose": "response"}
    ] * 2
    decision = Decision.objects.first()
    assert (decision.is_allowed, decision.permission, decision.why) == (True, "duty.do", "duty health_check")


def test_the_list_shows_a_surname_and_writes_no_record(duty: Duty, sign_in: SignIn) -> None:
    text = sign_in("grid_worker").get(reverse("duties:mine")).text
    assert "吴**" in text
    assert NAME not in text
    assert PHONE not in text
    assert not Event.objects.everything("test").filter(action="person.unmask").exists()


@pytest.mark.parametrize("settle", ["done", "refused"])
def test_nothing_is_shown_after_the_duty_ended(
    duty: Duty, person: Person, cast: Cast, sign_in: SignIn, settle: str
) -> None:
    worker = cast.actor("grid_worker")
    if settle == "done":
        do_duty(worker, duty, CHECKED)
    else:
        refuse_duty(worker, duty, "nobody at home")
    text = page_of(sign_in("grid_worker"), duty)
    assert NAME not in text
    assert PHONE not in text
    assert DOOR not in text
    with pytest.raises(Denied):
        unmask_person(worker, person, "calls once more")


def test_who_may_read_the_duty_but_does_not_hold_it_sees_a_masked_name(duty: Duty, sign_in: SignIn) -> None:
    text = page_of(sign_in("county_officer"), duty)
    assert "吴**" in text
    assert NAME not in text
    assert PHONE not in text
    assert not Event.objects.everything("test").filter(action="person.unmask").exists()


def test_a_worker_of_another_area_sees_no_duty_and_no_door(
    duty: Duty, person: Person, cast: Cast, sign_in: SignIn
) -> None:
    client = sign_in("far_grid_worker")
    assert client.get(reverse("duties:detail", args=[duty.id])).status_code == 404
    with pytest.raises(Conflict, match="no open duty"):
        show_door(cast.actor("far_grid_worker"), duty, person)
    with pytest.raises(Denied):
        unmask_person(cast.actor("far_grid_worker"), person, "would like to know")


def test_a_holder_who_lost_the_role_sees_nothing(duty: Duty, person: Person, cast: Cast) -> None:
    cast.account("grid_worker").grants.update(until_at=clock.now())
    with pytest.raises(Denied):
        unmask_person(cast.actor("grid_worker"), person, "calls the hospital")


def test_the_one_it_was_escalated_to_sees_the_door_too(duty: Duty, cast: Cast, sign_in: SignIn) -> None:
    appoint(SETUP, cast.account("county_officer"), open_post(SETUP, CITY, "grid_worker"))
    assert NAME not in page_of(sign_in("county_officer"), duty)
    Duty.objects.everything("test").filter(id=duty.id).update(escalated_to=CITY)
    assert NAME in page_of(sign_in("county_officer"), duty)
    assert NAME in page_of(sign_in("grid_worker"), duty)


def test_the_holder_is_shown_the_person_by_unmasking_without_the_document(
    duty: Duty, person: Person, cast: Cast
) -> None:
    shown = unmask_person(cast.actor("grid_worker"), person, "calls the hospital")
    assert shown == {"name": NAME, "phone": PHONE, "address": DOOR, "document": ""}
    assert Decision.objects.get().why == "duty health_check: calls the hospital"


def test_a_duty_about_a_merged_person_leads_to_who_is_kept(
    duty: Duty, person: Person, cast: Cast, sign_in: SignIn
) -> None:
    kept = build_person(PersonEntry(FAR_GRID, name="吴小妹", phone=PHONE, address="新安街道5号"))
    kept.save()
    merge_persons(SETUP, kept, person, {})
    assert "新安街道5号" in page_of(sign_in("grid_worker"), duty)
    assert unmask_person(cast.actor("grid_worker"), kept, "calls the hospital")["name"] == "吴小妹"


def test_the_home_stands_in_for_an_address_that_is_not_kept(
    duty: Duty, person: Person, sign_in: SignIn
) -> None:
    home = Place.objects.create(area_code=GRID, setting="household", name_zh="荔园小区住宅7")
    household = Household.objects.create(area_code=GRID, home=home)
    person.address, person.household = "", household
    person.save()
    assert "荔园小区住宅7" in page_of(sign_in("grid_worker"), duty)
