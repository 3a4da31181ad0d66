"""Residents state a journey: counted in the forecast, encrypted, taken back by a code, forgotten after it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from tests.cast import CITY, SETUP
from tongzhou.server.areas.models import Area
from tongzhou.server.audit.models import Event
from tongzhou.server.kernel import clock
from tongzhou.server.travel.asking import peak_question
from tongzhou.server.travel.forms import defaults
from tongzhou.server.travel.models import TravelRegistration
from tongzhou.server.travel.queries import registered_travel
from tongzhou.server.travel.registering import forget_travellers

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cast", "hunan")]
PAGE = "/travel-registration/"


@pytest.fixture
def hunan() -> None:
    Area.objects.get_or_create(
        code="43", defaults={"name_zh": "湖南省", "name_en": "Hunan", "level": "province"}
    )


def stated(**change: Any) -> dict[str, Any]:
    day = (clock.today() + timedelta(days=5)).isoformat()
    return {
        "direction": "in", "area_code": CITY, "other": "43", "on": day, "means": "train", "n_people": "3",
        "name": "王小明", "phone": "138 0013 8000", "consent": "on", **change,
    }  # fmt: skip


def code_of(answer: Any) -> str:
    return re.search(r"<code>([A-Z0-9]+)</code>", answer.content.decode()).group(1)


def journeys() -> list[TravelRegistration]:
    return list(TravelRegistration.objects.everything("test"))


def test_a_journey_is_kept_encrypted() -> None:
    assert len(code_of(Client().post(PAGE, stated()))) == 10
    with connection.cursor() as cursor:
        cursor.execute("select name, phone, phone_index from travel_travelregistration")
        stored = " ".join(cursor.fetchone())
    assert "王" not in stored
    assert "138" not in stored
    event = Event.objects.everything("test").get(action="journey.register")
    assert "王" not in str(event.detail)


def test_people_registered_feed_the_forecast() -> None:
    Client().post(PAGE, stated())
    on = clock.today() + timedelta(days=5)
    assert registered_travel(SETUP, CITY, "in", clock.today(), 20) == {(on, "43"): 3}
    question, about = peak_question(SETUP, CITY, defaults(), clock.today())
    assert question["rows"] == [[str(on), "43", "", 3, None]]
    assert about["n_registered_here"] == 3


def test_the_same_phone_and_day_replaces_and_erases_the_earlier() -> None:
    for n in ("3", "4"):
        Client().post(PAGE, stated(n_people=n))
    assert sorted((j.n_people, j.is_superseded, bool(j.phone)) for j in journeys()) == [
        (3, True, False),
        (4, False, True),
    ]


def test_a_journey_is_taken_back_by_its_code_alone() -> None:
    code = code_of(Client().post(PAGE, stated()))
    client = Client(headers={"accept-language": "en"})
    assert client.post(f"{PAGE}withdraw/", {"code": "WRONGCODE2"}).status_code == 422
    for _ in range(2):
        assert "Taken back" in client.post(f"{PAGE}withdraw/", {"code": f" {code} "}).content.decode()
    (journey,) = journeys()
    assert (journey.name, journey.phone, journey.phone_index) == ("", "", "")
    assert registered_travel(SETUP, CITY, "in", clock.today(), 20) == {}


def test_travellers_are_forgotten_after_their_journey_and_the_count_stays(settings: Any) -> None:
    Client().post(PAGE, stated())
    assert forget_travellers() == 0
    on = clock.today() - timedelta(days=settings.TRAVEL_KEPT_DAYS + 1)
    TravelRegistration.objects.everything("test").update(on=on)
    assert (forget_travellers(), forget_travellers()) == (1, 0)
    (journey,) = journeys()
    assert (journey.name, journey.phone, journey.n_people) == ("", "", 3)


@pytest.mark.parametrize(
    "change",
    [
        {"consent": ""},
        {"on": "2001-01-01"},
        {"on": "2122-01-01"},
        {"other": CITY},
        {"area_code": "9999"},
        {"n_people": "0"},
        {"n_people": "21"},
        {"phone": "call me"},
        {"means": "balloon"},
        {"name": ""},
    ],
)
def test_a_journey_that_cannot_be_is_refused(change: dict[str, str]) -> None:
    assert Client().post(PAGE, stated(**change)).status_code == 422
    assert not journeys()


def test_the_page_says_what_for_how_long_and_is_light() -> None:
    for language, words in (("en", "erased 21 days after"), ("zh-hans", "21")):
        answer = Client(headers={"accept-language": language}).get(PAGE)
        assert words in answer.content.decode()
        assert len(answer.content) < 20_000


def test_an_address_that_sends_too_much_is_asked_to_wait(settings: Any) -> None:
    settings.PUBLIC_POSTS_AN_HOUR = 2
    cache.clear()
    sent = [Client().post(PAGE, stated(phone=f"1380013800{n}")).status_code for n in range(3)]
    assert sent == [200, 200, 429]
    assert len(journeys()) == 2
    assert Client().get(PAGE).status_code == 200
    assert Client().post(PAGE, stated(), REMOTE_ADDR="203.0.113.9").status_code == 200


def test_behind_the_proxy_the_address_is_the_one_it_saw(settings: Any) -> None:
    settings.PUBLIC_POSTS_AN_HOUR, settings.IS_PRODUCTION = 1, True
    cache.clear()
    seen = ["198.51.100.1", "198.51.100.2", "203.0.113.7, 198.51.100.1"]
    assert [
        Client().post(PAGE, stated(), headers={"X-Forwarded-For": address}).status_code for address in seen
    ] == [200, 200, 429]
