"""The person concerned: their own order in plain words, its sheet, their appeal, and who may answer it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.cast import Cast
from tests.server.measures.test_screens import client_of, page_of, text_of
from tests.server.test_spine import all_of
from tests.server.world import World
from tongzhou.core.errors import Conflict, Denied
from tongzhou.server.cases.models import Case
from tongzhou.server.duties.models import Duty
from tongzhou.server.measures.actions import confirm_order
from tongzhou.server.measures.appeals import decide_appeal, open_appeal
from tongzhou.server.measures.models import Appeal, Order, OrderState

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def order(case: Case, world: World, cast: Cast) -> Order:
    account = cast.account("resident")
    account.person_number = world.people["zhao"].id
    account.save()
    return confirm_order(cast.actor("county_officer"), all_of(Order).get(person=world.people["zhao"]))


@pytest.fixture
def resident(order: Order, cast: Cast) -> Client:
    return client_of(cast, "resident")


def test_the_person_reads_what_why_until_when_who_helps_and_how_to_appeal(
    resident: Client, order: Order
) -> None:
    for language, told in (("zh-hans", order.reason_zh), ("en", order.reason_en)):
        resident.cookies["django_language"] = language
        text = text_of(page_of(resident, "mine_order", order.id))
        assert all(sentence.replace("'", "&#x27;") in text for sentence in told.split("\n")), language
    assert len(text) < 100_000


def test_a_person_sees_nobody_elses_order(resident: Client, world: World, cast: Cast) -> None:
    other = confirm_order(cast.actor("investigator"), all_of(Order).get(person=world.people["qian"]))
    for name in ("mine_order", "mine_sheet", "order", "sheet"):
        assert page_of(resident, name, other.id).status_code == 404, name
    assert (
        resident.post(reverse("measures:open_appeal", args=[other.id]), {"text": "wrong"}).status_code == 404
    )
    assert page_of(resident, "orders").status_code == 403


def test_a_draft_is_not_shown_to_its_person(resident: Client, order: Order) -> None:
    all_of(Order).filter(id=order.id).update(state=OrderState.DRAFT)
    assert page_of(resident, "mine_order", order.id).status_code == 404


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_sheet_is_a_pdf(resident: Client, order: Order, language: str) -> None:
    answer = page_of(resident, "mine_sheet", order.id, lang=language)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert len(answer.content) > 5000


def test_an_appeal_is_owed_an_answer_by_somebody_who_did_not_decide(
    resident: Client, order: Order, cast: Cast
) -> None:
    resident.post(reverse("measures:open_appeal", args=[order.id]), {"text": "I was not at home."})
    appeal = all_of(Appeal).get()
    assert all_of(Duty).get(kind="answer_appeal").subject_id == str(appeal.id)
    with pytest.raises(Denied):
        decide_appeal(cast.actor("county_officer"), appeal, True, "You are right.")
    desk = client_of(cast, "city_officer")
    assert "I was not at home." in text_of(page_of(desk, "appeal", appeal.id))
    desk.post(
        reverse("measures:appeal", args=[appeal.id]), {"decision": "granted", "answer": "You are right."}
    )
    order.refresh_from_db()
    assert order.state == OrderState.RELEASED
    assert all_of(Duty).get(kind="answer_appeal").done_at
    assert "You are right." in text_of(page_of(resident, "mine_order", order.id))


def test_one_appeal_waits_at_a_time_and_is_decided_once(order: Order, resident: Client, cast: Cast) -> None:
    actor = cast.actor("resident")
    appeal = open_appeal(actor, order, "I was not at home.")
    with pytest.raises(Conflict):
        open_appeal(actor, order, "I was not at home at all.")
    decide_appeal(cast.actor("city_officer"), appeal, False, "The ticket says so.")
    with pytest.raises(Conflict):
        decide_appeal(cast.actor("city_officer"), appeal, True, "Yes after all.")
    order.refresh_from_db()
    assert order.state == OrderState.IN_FORCE


def test_an_empty_appeal_says_what_is_missing(resident: Client, order: Order) -> None:
    answer = resident.post(reverse("measures:open_appeal", args=[order.id]), {"text": "no"})
    assert answer.status_code == 422
    assert not all_of(Appeal).exists()


def test_the_desk_is_closed_to_those_who_may_not_decide(order: Order, resident: Client, cast: Cast) -> None:
    appeal = open_appeal(cast.actor("resident"), order, "I was not at home.")
    assert page_of(client_of(cast, "investigator"), "appeals").status_code == 403
    assert page_of(client_of(cast, "investigator"), "appeal", appeal.id).status_code == 404
