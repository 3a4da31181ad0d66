"""Trips of confirmed cases: announced by an officer, answered to everybody, taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client

from tests.cast import Cast
from tongzhou.core.errors import Denied
from tongzhou.server.audit.models import Event
from tongzhou.server.cases.models import Case, Classification
from tongzhou.server.movement.announcing import CarriedTrip, announce_trips, announced_trips, not_yet_public
from tongzhou.server.movement.notices import find_shared_trips, shown_trip
from tongzhou.server.portal.carried_trips import carried_trips

FLIGHT = "ZH9101"


def flight_day(case: Case) -> object:
    return carried_trips("44")[0].trip_on


def test_a_trip_of_the_infectious_window_waits_to_be_announced(case: Case) -> None:
    (trip,) = carried_trips("4403")
    assert (trip.vehicle, trip.n_cases, trip.carriage) == (FLIGHT, 1, "")
    assert carried_trips("4401") == []


def test_a_trip_before_the_window_is_not_told(case: Case) -> None:
    case.window_from_at = case.window_until_at - timedelta(minutes=1)
    case.save(update_fields=["window_from_at"])
    assert carried_trips("44") == []


def test_a_suspected_case_is_not_announced(case: Case) -> None:
    case.classification = Classification.SUSPECTED
    case.save(update_fields=["classification"])
    assert carried_trips("44") == []


def test_an_officer_announces_everybody_is_answered_and_the_notice_is_taken_back(
    case: Case, sign_in: Callable[[str], Client]
) -> None:
    officer, on = sign_in("province_officer"), flight_day(case)
    assert find_shared_trips(FLIGHT, on) == []
    shown = officer.get("/bulletins/trips/")
    (row,) = shown.context["waiting"]
    officer.post("/bulletins/trips/announce/?area=44", {"id": [row["trip"].key, "no-such-key"]})
    page = Client(headers={"accept-language": "en"}).get("/same-trip/", {"q": FLIGHT, "date": f"{on}"})
    html = page.content.decode()
    assert "Carried a confirmed case" in html
    assert "12A" not in html, "a seat would name the person"
    after = officer.get("/bulletins/trips/")
    assert after.context["waiting"] == []
    officer.post(f"/bulletins/trips/{after.context['public'][0]['notice'].id}/take-back/")
    assert find_shared_trips(FLIGHT, on) == []
    acted = Event.objects.everything("test").filter(action__startswith="notices.")
    assert list(acted.order_by("seq").values_list("action", flat=True)) == [
        "notices.announce",
        "notices.withdraw",
    ]


def test_what_the_province_announced_does_not_wait_in_the_city(case: Case, cast: Cast) -> None:
    announce_trips(cast.actor("province_officer"), carried_trips("44"), "44")
    assert carried_trips("4403")
    assert not_yet_public(carried_trips("4403")) == []


def test_announcing_twice_keeps_one_notice(case: Case, cast: Cast) -> None:
    officer, trips = cast.actor("province_officer"), carried_trips("44")
    assert [announce_trips(officer, trips, "44") for _ in range(2)] == [1, 0]
    assert announced_trips("44").count() == 1


@pytest.mark.parametrize(
    ("conveyance", "vehicle", "shown"), [("metro", "M43208", "M43208"), ("taxi", "粤BT12345", "粤B*****")]
)
def test_plates_are_masked_and_runs_of_a_line_are_not(
    cast: Cast, now: datetime, conveyance: str, vehicle: str, shown: str
) -> None:
    trip = CarriedTrip(conveyance, vehicle, now.date(), "", now - timedelta(hours=1), now, 1)
    announce_trips(cast.actor("province_officer"), [trip], "44")
    (found,) = find_shared_trips(vehicle, now.date())
    assert shown_trip(found)["numbers"] == [shown]


@pytest.mark.parametrize("name", ["city_officer", "investigator", "resident"])
def test_announcing_needs_the_right_to_publish_in_the_area(case: Case, cast: Cast, name: str) -> None:
    with pytest.raises(Denied):
        announce_trips(cast.actor(name), carried_trips("44"), "44")
