"""The clock: warns, marks late, escalates level by level to the top, each exactly once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.cast import COMMUNITY, GRID, SETUP, STREET, Cast
from tests.server.duties.test_duties import CHECK, draft
from tongzhou.server.duties import kinds
from tongzhou.server.duties.actions import create_duty, do_duty
from tongzhou.server.duties.clock_actions import poll_duties
from tongzhou.server.duties.models import Duty
from tongzhou.server.kernel import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def duty(cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Duty:
    monkeypatch.setitem(kinds._kinds, CHECK.name, CHECK)
    return create_duty(draft(now), SETUP)


def poll_at(instant: datetime) -> int:
    with clock.fixed(instant):
        return poll_duties()


def notes(duty: Duty) -> list[tuple[str, str]]:
    return [(note.what, note.area_code) for note in duty.notes.all()]


def test_nothing_moves_before_its_instant(duty: Duty, now: datetime) -> None:
    assert poll_at(now + timedelta(minutes=89)) == 0


def test_a_duty_is_warned_late_and_escalated_up_the_tree(duty: Duty, now: datetime) -> None:
    due = duty.due_at
    assert poll_at(due - timedelta(minutes=30)) == 1
    assert poll_at(due) == 1
    assert poll_at(due) == 0
    assert poll_at(due + timedelta(hours=2)) == 1
    assert poll_at(due + timedelta(hours=4)) == 1
    assert notes(duty)[1:] == [
        ("due_soon", GRID),
        ("late", GRID),
        ("escalated", COMMUNITY),
        ("escalated", STREET),
    ]


def test_escalation_ends_at_the_top(duty: Duty) -> None:
    for n in range(1, 40):
        poll_at(duty.due_at + n * timedelta(hours=2))
    duty.refresh_from_db()
    assert (duty.escalated_to, duty.next_at) == ("44", None)


def test_a_long_sleep_of_the_worker_escalates_once_not_many_times(duty: Duty) -> None:
    assert poll_at(duty.due_at + timedelta(days=3)) == 1
    duty.refresh_from_db()
    assert duty.n_escalations == 1


def test_a_settled_duty_is_left_alone(duty: Duty, cast: Cast) -> None:
    do_duty(cast.actor("grid_worker"), duty, {"temperature": 36.5})
    assert poll_at(duty.due_at + timedelta(days=1)) == 0
