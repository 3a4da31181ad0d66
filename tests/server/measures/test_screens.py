"""Orders and zones in the browser: what officers of an area see and decide, and what others get."""

from __future__ import annotations

from uuid import uuid4

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


def test_what_is_stricter_is_listed_by_prohibition_with_who_and_why(
    cast: Cast, officer: Client, order: Order
) -> None:
    address = reverse("measures:change", args=[order.id])
    assert officer.post(address, {"last_on": "2022-07-30"}).status_code == 302
    officer.post(reverse("measures:confirm", args=[order.id]))
    second = client_of(cast, "city_officer")
    assert "九不准第 5 条" in text_of(page_of(second, "order", order.id))
    answer = second.post(reverse("measures:approve", args=[order.id]), {"reason": "short"})
    assert answer.status_code == 422
    second.post(reverse("measures:approve", args=[order.id]), {"reason": "new variant, city notice 7"})
    text = text_of(page_of(second, "beyond"))
    assert order.number in text
    assert "new variant, city notice 7" in text
    assert all(name in text for name in ("investigator", "city_officer"))


def test_a_wrong_end_shows_the_page_again_with_the_reason(officer: Client, order: Order) -> None:
    answer = officer.post(reverse("measures:change", args=[order.id]), {"last_on": "2022-07-01"})
    assert answer.status_code == 422
    assert "最后阶段的结束早于开始" in text_of(answer)


def test_the_export_has_the_columns_and_rows_seen(officer: Client, order: Order) -> None:
    lines = text_of(page_of(officer, "export", columns="number,person", state="draft")).lstrip("\ufeff")
    rows = lines.strip().split("\r\n")
    assert rows[0] == "number,person"
    assert f"{order.number},z***" in rows
    assert len(rows) == 1 + all_of(Order).filter(state="draft").count()


def test_unmasking_needs_the_right_and_is_recorded(cast: Cast, officer: Client, order: Order) -> None:
    address = reverse("measures:unmask", args=[order.id])
    assert "zhao" in text_of(officer.post(address, {"reason": "call the person"}))
    county = client_of(cast, "county_officer")
    assert county.post(address, {"reason": "call the person"}).status_code == 403


def test_a_zone_is_confirmed_asked_longer_approved_and_lifted(
    cast: Cast, officer: Client, case: Case
) -> None:
    zone = all_of(Zone).get(level="high")
    longer = {"level": "high", "last_on": "2022-08-30"}
    officer.post(reverse("measures:confirm_zone", args=[zone.id]), longer)
    second = client_of(cast, "city_officer")
    reason = {"reason": "new variant, city notice 7"}
    second.post(reverse("measures:approve_zone", args=[zone.id]), reason)
    zone.refresh_from_db()
    assert (zone.state, f"{zone.ends_at:%Y-%m-%d}") == ("in_force", "2022-08-30")
    assert officer.post(reverse("measures:lift_zone", args=[zone.id]), {"reason": ""}).status_code == 422
    officer.post(reverse("measures:lift_zone", args=[zone.id]), {"reason": "nobody lives there"})
    zone.refresh_from_db()
    assert (zone.state, zone.steps.order_by("id").last().why_en) == ("lifted", "nobody lives there")


def test_house_numbers_are_hidden_from_those_who_may_not_see_persons(
    cast: Cast, officer: Client, case: Case, world: World
) -> None:
    home = world.places["home"]
    home.name_zh = "荔园小区3栋502"
    home.save()
    zone = all_of(Zone).get(level="high")
    assert "3栋502" in text_of(page_of(officer, "zone", zone.id))
    analyst = text_of(page_of(client_of(cast, "analyst"), "zone", zone.id))
    assert "荔园小区*栋***" in analyst
    assert "502" not in analyst


def test_the_map_of_zones_has_points_and_people_by_area(officer: Client, case: Case) -> None:
    officer.post(
        reverse("measures:confirm_zone", args=[all_of(Zone).get(level="high").id]), {"level": "high"}
    )
    drawn = page_of(officer, "zone_map", area="4403").json()
    assert {area["code"]: area["value"] for area in drawn["areas"]} == {"440305": 1200, "440306": 0}


def test_zones_of_a_case_are_proposed_again_without_doubling(officer: Client, case: Case) -> None:
    n_zones = all_of(Zone).count()
    assert officer.post(reverse("measures:propose_zones", args=[case.id])).status_code == 302
    assert all_of(Zone).count() == n_zones


BUDGETS = {"orders": 26, "order": 30, "zones": 26, "zone": 30, "beyond": 28, "export": 10}


@pytest.mark.parametrize("name", BUDGETS)
def test_the_number_of_queries_does_not_grow_with_the_rows(
    name: str, officer: Client, order: Order, django_assert_max_num_queries: object
) -> None:
    subject = {"order": [order.id], "zone": [all_of(Zone).first().id]}.get(name, [])
    page_of(officer, name, *subject)
    with django_assert_max_num_queries(BUDGETS[name]) as few:
        page_of(officer, name, *subject)
    for n in range(30):
        order.id, order.number, order.dedupe_key = uuid4(), f"N-{n}", f"copy-{n}"
        order.save(force_insert=True)
    with django_assert_max_num_queries(len(few.captured_queries)):
        page_of(officer, name, *subject)
