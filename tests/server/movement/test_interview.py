"""Stays and trips from the interview: added, corrected, taken back, by form and by action."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from tests.cast import NEXT_GRID, Cast
from tests.server.cases.conftest import SignIn
from tests.server.world import World
from tongzhou.core.errors import InputError
from tongzhou.server.audit.models import Event
from tongzhou.server.kernel.models import Fact
from tongzhou.server.movement.actions import StayEntry, add_stay, correct_row, withdraw_row
from tongzhou.server.movement.queries import Itinerary, itinerary_of
from tongzhou.server.people.models import Place

pytestmark = pytest.mark.django_db(transaction=True)

STAY = {"from_at": "2022-07-12T08:00", "until_at": "2022-07-12T09:00"}


@pytest.fixture
def itinerary(world: World, cast: Cast, now: datetime) -> object:
    def read() -> Itinerary:
        return itinerary_of(cast.actor("investigator"), world.people["li"], now - timedelta(days=2), now)

    return read


def li(world: World, name: str, *more: object) -> str:
    return reverse(f"movement:{name}", args=[world.people["li"].id, *more])


def entry(world: World, now: datetime, hours: int = 1) -> StayEntry:
    return StayEntry(world.places["shop"], now - timedelta(hours=4), now - timedelta(hours=4 - hours))


def test_the_same_stay_twice_is_one_and_publishes_one_fact(
    world: World, cast: Cast, now: datetime, itinerary: object
) -> None:
    investigator = cast.actor("investigator")
    first = add_stay(investigator, world.people["li"], entry(world, now))
    assert add_stay(investigator, world.people["li"], entry(world, now)) == first
    assert len(itinerary().stays) == 1
    assert Fact.objects.filter(kind="itinerary.changed").count() == 1


def test_a_corrected_stay_replaces_the_old_one_and_says_so(
    world: World, cast: Cast, now: datetime, itinerary: object
) -> None:
    investigator, person = cast.actor("investigator"), world.people["li"]
    first = add_stay(investigator, person, entry(world, now))
    second = correct_row(investigator, person, first, entry(world, now, hours=2), reason="stayed longer")
    assert [stay.row_id for stay in itinerary().stays] == [second]
    event = Event.objects.everything("test").get(action="stay.correct")
    assert event.detail == {"row": first, "replaced_by": second}


def test_a_correction_that_changes_nothing_is_refused(world: World, cast: Cast, now: datetime) -> None:
    investigator, person = cast.actor("investigator"), world.people["li"]
    first = add_stay(investigator, person, entry(world, now))
    with pytest.raises(InputError, match="Nothing was changed"):
        correct_row(investigator, person, first, entry(world, now), reason="no difference")


def test_a_stay_taken_back_is_gone_and_may_return(
    world: World, cast: Cast, now: datetime, itinerary: object
) -> None:
    investigator, person = cast.actor("investigator"), world.people["li"]
    first = add_stay(investigator, person, entry(world, now))
    withdraw_row(investigator, person, "stays", first, "mistaken identity")
    assert not itinerary().stays
    with pytest.raises(InputError, match="no stays row of this person"):
        withdraw_row(investigator, person, "stays", first, "again")


def test_the_form_finds_a_place_and_adds_the_stay(world: World, sign_in: SignIn, itinerary: object) -> None:
    client: Client = sign_in("investigator")
    found = client.post(li(world, "add_stay"), {"search": "1", "place_text": "便利", **STAY})
    assert "便利店" in found.text
    assert STAY["from_at"] in found.text
    saved = client.post(
        li(world, "add_stay"), {"place": str(world.places["shop"].id), **STAY, "next": "/cases/"}
    )
    assert saved["Location"] == "/cases/"
    assert itinerary().stays[0].place == world.places["shop"]


def test_homes_beyond_ones_areas_are_not_found(world: World, sign_in: SignIn) -> None:
    client: Client = sign_in("investigator")
    Place.objects.create(area_code="440106001001001", setting="household", name_zh="远处住宅")
    Place.objects.create(area_code="440106001001001", setting="shop", name_zh="远处商店")
    found = client.post(li(world, "add_stay"), {"search": "1", "place_text": "远处"})
    assert "远处商店" in found.text
    assert "远处住宅" not in found.text


def test_a_new_place_is_registered_from_the_form_and_chosen(world: World, sign_in: SignIn) -> None:
    form = {
        "new-name": "新茶馆",
        "new-setting": "dining",
        "new-area_code": NEXT_GRID,
        "new-coordinate_system": "GCJ-02",
    }
    answer = sign_in("investigator").post(li(world, "add_stay"), {"place_new": "1", **STAY, **form})
    place = Place.objects.everything("test").get(name_zh="新茶馆")
    assert answer.status_code == 200
    assert f'value="{place.id}"' in answer.text
    assert "checked" in answer.text


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"from_at": "2022-07-12T09:00", "until_at": "2022-07-12T08:00"}, "not after the start"),
        ({"from_at": "2022-07-12T09:00", "until_at": "2022-07-13T08:00"}, "lies ahead"),
        ({"from_at": "yesterday", "until_at": "2022-07-12T08:00"}, "valid date"),
    ],
)
def test_impossible_times_are_refused_in_the_form(
    form: dict[str, str], said: str, world: World, sign_in: SignIn, itinerary: object
) -> None:
    place = str(world.places["shop"].id)
    answer = sign_in("investigator").post(li(world, "add_stay"), {"place": place, **form})
    assert answer.status_code == 422
    assert said in answer.text
    assert not itinerary().stays


def test_a_trip_is_added_corrected_and_taken_back_by_form(
    world: World, sign_in: SignIn, itinerary: object
) -> None:
    client: Client = sign_in("investigator")
    form = {
        "conveyance": "train_closed", "vehicle": "g 1001次", "trip_on": "2022-07-12", "from_at": "2022-07-12T06:00",
        "until_at": "2022-07-12T07:00", "carriage": "05", "row": "12", "seat": "F",
    }  # fmt: skip
    assert client.post(li(world, "add_trip"), form).status_code == 302
    trip = itinerary().trips[0]
    assert (trip.vehicle, trip.seat_parts["row"]) == ("G1001", 12)
    edit = li(world, "edit_trip", trip.row_id)
    assert 'value="G1001"' in client.get(edit).text
    assert client.post(edit, {**form, "row": "13", "reason": "wrong row"}).status_code == 302
    changed = itinerary().trips[0]
    assert changed.seat_parts["row"] == 13
    away = li(world, "withdraw", "trips", changed.row_id)
    assert client.post(away, {"reason": "did not travel"}).status_code == 302
    assert not itinerary().trips


@pytest.mark.parametrize("who", ["county_officer", "other_investigator", "grid_worker", "resident"])
def test_only_who_may_write_cases_there_opens_the_form(who: str, world: World, sign_in: SignIn) -> None:
    assert sign_in(who).get(li(world, "add_stay")).status_code in (403, 404)
