"""Who stated an arrival is reached by the place they stay in: a duty on the day, its holder alone sees who it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tests.cast import CITY, COMMUNITY, SETUP
from tests.server.travel.test_registering import PAGE, code_of, hunan, journeys, stated
from tongzhou.core.access import Purpose
from tongzhou.server.access.actions import appoint, grant_role, open_post
from tongzhou.server.access.models import Account, Decision
from tongzhou.server.access.queries import actor_of
from tongzhou.server.audit.models import Event
from tongzhou.server.duties.about import open_door
from tongzhou.server.duties.actions import do_duty
from tongzhou.server.duties.models import Duty
from tongzhou.server.kernel import clock
from tongzhou.server.travel.arrivals import hand_arrivals
from tongzhou.server.travel.models import TravelRegistration
from tongzhou.server.travel.registering import forget_travellers

__all__ = ["hunan"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cast", "hunan")]


def arrive_today(**change: Any) -> str:
    given = {"on": clock.today().isoformat(), "stay": COMMUNITY, "address": "幸福里 3 栋 502", **change}
    return code_of(Client().post(PAGE, stated(**given)))


def duty() -> Duty:
    return Duty.objects.everything("test").get(kind="reach_arrival")


def test_an_arrival_of_today_becomes_a_duty_of_its_community_once() -> None:
    arrive_today()
    assert (hand_arrivals(), hand_arrivals()) == (1, 0)
    found = duty()
    assert (found.area_code, found.post_kind, found.person_number) == (COMMUNITY, "community_team", None)
    assert found.due_at - found.starts_at == timedelta(hours=48)
    assert found.title("zh") == "联系返回人员：湖南省来，3人"
    assert "王" not in str(found.params)


def test_nobody_is_handed_before_the_day_or_on_leaving() -> None:
    arrive_today(on=(clock.today() + timedelta(days=1)).isoformat())
    arrive_today(direction="out", phone="13900139000")
    assert hand_arrivals() == 0
    leaving = next(journey for journey in journeys() if journey.direction == "out")
    assert (leaving.stays_in, leaving.address) == ("", "")


def test_without_a_clock_for_arrivals_no_duty_is_made(settings: Any) -> None:
    settings.POLICY_PACK = "measles"
    arrive_today()
    assert hand_arrivals() == 0
    assert not Duty.objects.everything("test").exists()


def test_the_holder_alone_sees_who_arrives_on_the_record_while_the_duty_is_open() -> None:
    worker = Account.objects.get(username="grid_worker")
    grant_role(SETUP, worker, "grid_worker", COMMUNITY, Purpose.RESPONSE)
    appoint(SETUP, worker, open_post(SETUP, COMMUNITY, "community_team"))
    arrive_today()
    hand_arrivals()
    found = duty()
    holder, other = (
        actor_of(Account.objects.get(username=name)) for name in (found.holder.username, "investigator")
    )
    door = open_door(holder, found)
    assert (door.name, door.phone, door.address) == ("王小明", "138 0013 8000", "幸福里 3 栋 502")
    assert Event.objects.everything("test").filter(action="journey.unmask").count() == 1
    assert Decision.objects.filter(why="duty reach_arrival").exists()
    assert open_door(other, found) is None
    open_door_after = do_duty(holder, found, {"outcome": "met", "symptoms": "none"})
    assert open_door(holder, open_door_after) is None


@pytest.mark.parametrize("way", ["taken back", "stated anew", "forgotten"])
def test_who_is_erased_is_not_looked_for(way: str, settings: Any) -> None:
    code = arrive_today()
    hand_arrivals()
    if way == "taken back":
        Client().post(f"{PAGE}withdraw/", {"code": code})
    elif way == "stated anew":
        arrive_today(n_people="4")
    else:
        on = clock.today() - timedelta(days=settings.TRAVEL_KEPT_DAYS + 1)
        TravelRegistration.objects.everything("test").update(on=on)
        forget_travellers()
    assert duty().cancelled_at is not None
    first = min(journeys(), key=lambda journey: journey.recorded_at)
    assert (first.name, first.phone, first.address) == ("", "", "")


def test_a_place_that_several_share_is_chosen_from_those_that_match() -> None:
    answer = Client().post(PAGE, stated(stay=COMMUNITY[:7]))
    assert answer.status_code == 422
    assert f'value="{COMMUNITY}"' in answer.content.decode()
    assert Client().post(PAGE, stated(stay="nowhere at all")).status_code == 422
    assert not journeys()


def test_who_names_no_place_is_reached_by_the_city() -> None:
    arrive_today(stay="", address="")
    hand_arrivals()
    assert duty().area_code == CITY
