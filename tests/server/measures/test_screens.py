"""Orders and zones in the browser: what officers of an area see and decide, and what others get."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.cast import Cast
from tests.server.test_spine import all_of
from tests.server.world import World
from tongzhou.server.cases.models import Case
from tongzhou.server.measures.models import Order, OrderState, Zone

pytestmark = pytest.mark.django_db(transaction=True)


def client_of(cast: Cast, name: str) -> Client:
    client = Client()
    client.force_login(cast.account(name), backend="django.contrib.auth.backends.ModelBackend")
    return client


def text_of(response: object) -> str:
    return response.content.decode()


@pytest.fixture
def order(case: Case, world: World) -> Order:
    return all_of(Order).get(person=world.people["zhao"])


@pytest.fixture
def officer(cast: Cast) -> Client:
    return client_of(cast, "investigator")


def page_of(client: Client, name: str, *args: object, **query: str) -> object:
    return client.get(reverse(f"measures:{name}", args=args), query)


def test_the_list_shows_orders_with_masked_persons(officer: Client, order: Order) -> None:
    text = text_of(page_of(officer, "orders"))
    assert order.number in text
    assert "z***" in text
    assert "zhao" not in text


def test_chips_narrow_the_list(officer: Client, order: Order) -> None:
    assert order.number in text_of(page_of(officer, "orders", state="draft", kind=order.kind, area="4403"))
    assert order.number in text_of(page_of(officer, "orders", case=str(order.case_id)))
    for query in ({"state": "released"}, {"kind": "follow_up"}, {"area": "440306"}, {"case": "not-a-case"}):
        assert order.number not in text_of(page_of(officer, "orders", **query)), query


def test_an_officer_of_another_city_gets_not_found(cast: Cast, order: Order) -> None:
    stranger = client_of(cast, "other_investigator")
    assert order.number not in text_of(page_of(stranger, "orders"))
    assert page_of(stranger, "order", order.id).status_code == 404
    assert page_of(stranger, "sheet", order.id).status_code == 404
    assert stranger.post(reverse("measures:confirm", args=[order.id])).status_code == 404
    assert page_of(stranger, "zone", all_of(Zone).first().id).status_code == 404


def test_picked_drafts_are_confirmed_and_the_refused_are_named(officer: Client, order: Order) -> None:
    unknown = "00000000-0000-0000-0000-000000000001"
    answer = officer.post(reverse("measures:confirm_many"), {"id": [str(order.id), unknown]}).json()
    assert answer["n_done"] == 1
    assert [line["id"] for line in answer["refused"]] == [unknown]
    order.refresh_from_db()
    assert order.state == OrderState.IN_FORCE


def test_the_page_of_an_order_says_rule_end_and_tests(officer: Client, order: Order) -> None:
    text = text_of(page_of(officer, "order", order.id))
    assert order.rule_id in text
    assert all(line in text for line in order.reason_zh.split("\n"))
    assert "z***" in text


def test_a_zone_page_says_people_with_their_day_and_what_is_missing(officer: Client, case: Case) -> None:
    zone = all_of(Zone).get(level="high")
    text = text_of(page_of(officer, "zone", zone.id))
    assert "1,200" in text
    assert "2022-06-30" in text
    assert zone.reason_zh in text
    assert zone.unit_name_zh in text_of(page_of(officer, "zones"))
