"""The daily close: nothing left unexplained, a closed day cannot be altered unseen."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime, timedelta

import pytest

from tests.cast import CITY, COUNTY, OTHER_CITY, SETUP, Cast
from tests.server.duties.test_duties import CHECK, draft
from tongzhou.core.errors import Conflict, Denied, InputError
from tongzhou.server.audit.models import Event
from tongzhou.server.duties import kinds
from tongzhou.server.duties.actions import create_duty, do_duty
from tongzhou.server.duties.closing import close_day, unsettled_on, verify_close, verify_closes
from tongzhou.server.duties.models import DayClose, DayCloseItem, Duty
from tongzhou.server.kernel import clock

pytestmark = pytest.mark.django_db
DAY = date(2022, 7, 12)


@pytest.fixture
def duty(cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Duty:
    monkeypatch.setitem(kinds._kinds, CHECK.name, CHECK)
    return create_duty(draft(now), SETUP)


@pytest.fixture
def next_morning(duty: Duty, now: datetime) -> object:
    with clock.fixed(now + timedelta(hours=20)):
        yield duty


def test_a_day_that_is_not_over_cannot_be_closed(duty: Duty, cast: Cast) -> None:
    with pytest.raises(InputError, match="not over"):
        close_day(cast.actor("county_officer"), COUNTY, DAY, {})


def test_every_duty_left_must_be_explained(next_morning: Duty, cast: Cast) -> None:
    with pytest.raises(InputError, match="1 duties"):
        close_day(cast.actor("county_officer"), COUNTY, DAY, {})


def test_what_was_left_is_named_explained_and_told_one_level_up(next_morning: Duty, cast: Cast) -> None:
    close = close_day(cast.actor("county_officer"), COUNTY, DAY, {str(next_morning.id): "worker was ill"})
    item = DayCloseItem.objects.everything("test").get(close=close)
    assert (item.state, item.why, item.escalated_to) == ("late", "worker was ill", CITY)
    assert close.figures["total"]["due"] == 1
    assert Event.objects.everything("test").get(action="day.close").detail["digest"] == close.digest


def test_a_day_is_closed_once(next_morning: Duty, cast: Cast) -> None:
    why = {str(next_morning.id): "worker was ill"}
    close_day(cast.actor("county_officer"), COUNTY, DAY, why)
    with pytest.raises(Conflict):
        close_day(cast.actor("county_officer"), COUNTY, DAY, why)


def test_an_altered_closed_day_is_found(next_morning: Duty, cast: Cast) -> None:
    close = close_day(cast.actor("county_officer"), COUNTY, DAY, {str(next_morning.id): "worker was ill"})
    assert verify_close(close)
    DayCloseItem.objects.everything("test").update(why="nothing happened")
    assert not verify_close(DayClose.objects.everything("test").get(id=close.id))


@pytest.mark.parametrize(
    "change", ["why", "why_and_digest", "figures", "closed_by", "escalated_to", "day", "gone"]
)
def test_a_closed_day_is_held_against_the_chain(next_morning: Duty, cast: Cast, change: str) -> None:
    close = close_day(cast.actor("county_officer"), COUNTY, DAY, {str(next_morning.id): "worker was ill"})
    assert verify_closes() == []
    items, closes = (model.objects.everything("test") for model in (DayCloseItem, DayClose))
    if change.startswith("why"):
        items.update(why="nothing happened")
    if change == "why_and_digest":
        account = {"area": COUNTY, "day": DAY.isoformat(), "figures": close.figures}
        left = [{"duty": str(next_morning.id), "state": "late", "why": "nothing happened"}]
        text = json.dumps({**account, "left": left}, sort_keys=True, ensure_ascii=False)
        closes.update(digest=hashlib.sha256(text.encode()).hexdigest())
    elif change == "escalated_to":
        items.update(escalated_to="")
    elif change == "gone":
        items.delete()
        closes.delete()
    elif not change.startswith("why"):
        values = {"figures": {}, "closed_by": "somebody", "day": DAY + timedelta(days=1)}
        closes.update(**{change: values[change]})
    assert verify_closes()


def test_a_day_that_nobody_closed_cannot_be_slipped_in(next_morning: Duty) -> None:
    DayClose.objects.create(area_code=COUNTY, day=DAY, closed_at=clock.now(), closed_by="x", digest="0" * 64)
    assert verify_closes() == [(0, f"the closed day {DAY} of {COUNTY} was never sealed")]


def test_a_duty_done_in_time_is_not_left(duty: Duty, cast: Cast, now: datetime) -> None:
    do_duty(cast.actor("grid_worker"), duty, {"temperature": 36.5})
    with clock.fixed(now + timedelta(hours=20)):
        assert unsettled_on(COUNTY, DAY) == []


def test_only_an_officer_of_the_area_closes_its_day(next_morning: Duty, cast: Cast) -> None:
    for name, area in (("grid_worker", COUNTY), ("county_officer", OTHER_CITY)):
        with pytest.raises(Denied):
            close_day(cast.actor(name), area, DAY, {str(next_morning.id): "worker was ill"})
