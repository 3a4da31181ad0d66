"""The return peak on the console: computed from figures on record, kept as a study."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.cast import CITY, OTHER_CITY, SETUP, Cast
from tests.server.travel.conftest import SignIn
from tongzhou.core.errors import InputError
from tongzhou.server.kernel import clock
from tongzhou.server.planning.models import Study
from tongzhou.server.travel.actions import TravelEntry, record_travel
from tongzhou.server.travel.models import TravelFigure

pytestmark = pytest.mark.django_db
PAGE = f"/travel/{CITY}/return/"


def entries(direction: str = "in", n_days: int = 3, **more: Any) -> list[TravelEntry]:
    today = clock.today()
    return [
        TravelEntry(
            CITY, direction, today + timedelta(days=k), OTHER_CITY, today, "铁路", "北站", 4000 + 9000 * k,
            n_expected=9000 + 9000 * k, other_cases=2000, other_population=18_676_605, **more,
        )
        for k in range(n_days)
    ]  # fmt: skip


@pytest.mark.usefixtures("cast")
def test_the_page_shows_arrivals_infected_lanes_and_advice(sign_in: SignIn) -> None:
    record_travel(SETUP, CITY, entries())
    text = sign_in("city_officer", "en").get(PAGE, {"lanes": "12"}).content.decode()
    for word in ("Guangzhou", "北站", "Full", "Too long", "Keep as a study"):
        assert word in text
    assert "None" not in text


@pytest.mark.usefixtures("cast")
def test_departures_are_planned_alike(sign_in: SignIn) -> None:
    record_travel(SETUP, CITY, entries("out"))
    client = sign_in("city_officer", "en")
    assert "No travel is on record" in client.get(PAGE).content.decode()
    assert "By destination" in client.get(PAGE, {"direction": "out"}).content.decode()


@pytest.mark.usefixtures("cast")
def test_a_kept_study_is_superseded_by_the_next_and_repeats_its_digest(sign_in: SignIn) -> None:
    record_travel(SETUP, CITY, entries())
    client = sign_in("city_officer", "en")
    for _ in range(2):
        assert client.post(PAGE).status_code == 302
    kept = list(Study.objects.everything("test"))
    assert sorted(study.is_superseded for study in kept) == [False, True]
    assert kept[0].result_digest == kept[1].result_digest


def test_a_newer_figure_supersedes(cast: Cast) -> None:
    officer = cast.actor("city_officer")
    assert record_travel(officer, CITY, entries(n_days=2)) == 2
    assert record_travel(officer, CITY, entries(n_days=2)) == 0
    assert TravelFigure.objects.everything("test").filter(is_superseded=False).count() == 2


def test_a_direction_that_is_none_is_named(cast: Cast) -> None:
    with pytest.raises(InputError, match="sideways"):
        record_travel(cast.actor("city_officer"), CITY, entries("sideways"))


@pytest.mark.usefixtures("cast")
def test_a_form_that_cannot_be_computed_says_why(sign_in: SignIn) -> None:
    assert sign_in("city_officer", "en").get(PAGE, {"seconds": "0"}).status_code == 422
