"""Erasure and rotation: nothing personal is left, the chain stays valid, old values stay readable."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection

from tests.cast import SETUP, Cast
from tests.server.test_spine import case, world  # noqa: F401
from tests.server.world import DOCUMENTS, World
from tongzhou.core.errors import Conflict, InputError
from tongzhou.server.audit.models import Event
from tongzhou.server.audit.queries import verify_chain
from tongzhou.server.cases.models import Case, Contact, ExposureRecord
from tongzhou.server.measures.confirming import confirm_orders
from tongzhou.server.measures.models import Order
from tongzhou.server.movement.ledger_door import get_ledger
from tongzhou.server.people.models import Person
from tongzhou.server.people.queries import search_people
from tongzhou.server.playbooks.erasure import erase_person, expire_days
from tongzhou.server.vault import keys, rotation

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_erased_person_leaves_no_field_no_stay_and_a_valid_chain(world: World, case: Case) -> None:  # noqa: F811
    person = world.people["sun"]
    erased = erase_person(SETUP, person, "request 12 of the data office")
    assert erased.n_ledger_rows == 1
    left = Person.objects.everything("test").get(id=person.id)
    assert (left.name, left.document, left.document_index, left.household_id) == ("", "", "", None)
    assert get_ledger().select("stays", persons=[person.id]).is_empty()
    assert verify_chain().is_intact
    assert verify_chain().n_erased == erased.n_audit_events
    assert not list(search_people(SETUP, "sun")) + list(search_people(SETUP, DOCUMENTS["sun"]))


def test_words_about_an_erased_person_go_with_them(world: World, case: Case) -> None:  # noqa: F811
    person = world.people["sun"]
    contacts = Contact.objects.everything("test").filter(person=person)
    exposures = ExposureRecord.objects.everything("test").filter(contact__person=person)
    contacts.update(reason="Sun said so")
    exposures.update(decision_reason="Sun said so")
    erase_person(SETUP, person, "request 12 of the data office")
    assert set(contacts.values_list("reason", flat=True)) == {""}
    assert set(exposures.values_list("decision_reason", flat=True)) == {""}


def test_days_past_their_time_leave_the_ledger_on_the_record(world: World, now: datetime) -> None:  # noqa: F811
    n_stays = get_ledger().n_rows("stays")
    today = (now - timedelta(days=3)).date()
    assert expire_days(SETUP, ["stays"], today, "retention of three days") == {"stays": 1}
    assert get_ledger().n_rows("stays") == n_stays - 1
    event = Event.objects.everything("test").get(action="ledger.expire")
    assert event.detail["rows"] == {"stays": 1}
    with pytest.raises(InputError, match="not over"):
        expire_days(SETUP, ["stays"], (now + timedelta(days=2)).date(), "too soon")


def test_a_person_under_an_order_is_not_erased(world: World, case: Case, cast: Cast) -> None:  # noqa: F811
    confirm_orders(cast.actor("investigator"), list(Order.objects.everything("test").filter(state="draft")))
    with pytest.raises(Conflict):
        erase_person(SETUP, world.people["zhao"], "request 13")


def test_rotation_rewrites_every_field_under_the_new_key(world: World, now: datetime) -> None:  # noqa: F811
    before = keys.key_file().read_text(encoding="ascii")
    try:
        number = rotation.add_key()
        assert rotation.rewrite_fields() >= len(world.people)
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM people_person WHERE name <> ''")
            assert {row[0].split(":")[0] for row in cursor.fetchall()} == {str(number)}
        person = world.people["wang"]
        assert Person.objects.everything("test").get(id=person.id).name == "wang"
    finally:
        keys.key_file().write_text(before, encoding="ascii")
        keys.key_ring.cache_clear()
