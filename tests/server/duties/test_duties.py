"""Duties are made once, find their holder, and are settled once, with evidence or a reason."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.cast import FAR_GRID, GRID, SETUP, Cast
from tongzhou.core.errors import Conflict, Denied, InputError, NotVisible
from tongzhou.server.duties import kinds
from tongzhou.server.duties.actions import DutyDraft, create_duty, do_duty, hand_over_post, refuse_duty
from tongzhou.server.duties.kinds import DutyKind, EvidenceField, EvidenceType
from tongzhou.server.duties.models import Duty
from tongzhou.server.duties.queries import access_duty
from tongzhou.server.duties.rules import DutyState

pytestmark = pytest.mark.django_db

CHECK = DutyKind(
    name="test_check",
    label_zh="健康监测",
    label_en="Health checks",
    title_zh="健康监测 第{day}天",
    title_en="Health check, day {day}",
    post="grid_worker",
    evidence=(
        EvidenceField(
            "temperature", "体温", "Temperature", EvidenceType.NUMBER, unit="°C", minimum=30, maximum=45
        ),
    ),
)


@pytest.fixture
def duty(cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Duty:
    monkeypatch.setitem(kinds._kinds, CHECK.name, CHECK)
    return create_duty(draft(now), SETUP)


def draft(now: datetime) -> DutyDraft:
    return DutyDraft(
        kind="test_check", subject=("order", "1"), area_code=GRID, due_at=now + timedelta(hours=2),
        dedupe_key="check:1:day1", params={"day": 1},
    )  # fmt: skip


def test_the_same_key_is_the_same_duty(duty: Duty, now: datetime) -> None:
    assert create_duty(draft(now), SETUP).id == duty.id


def test_a_duty_goes_to_the_holder_of_its_post(duty: Duty, cast: Cast) -> None:
    assert duty.holder == cast.account("grid_worker")
    assert duty.title("zh-hans") == "健康监测 第1天"


def test_a_duty_is_done_with_evidence_and_only_once(duty: Duty, cast: Cast) -> None:
    worker = cast.actor("grid_worker")
    with pytest.raises(InputError, match="temperature"):
        do_duty(worker, duty, {})
    with pytest.raises(InputError, match="outside 30 to 45"):
        do_duty(worker, duty, {"temperature": "99"})
    assert do_duty(worker, duty, {"temperature": "36.6"}).state is DutyState.DONE
    with pytest.raises(Conflict):
        do_duty(worker, Duty.objects.everything("test").get(id=duty.id), {"temperature": "36.6"})


def test_a_refusal_needs_a_reason(duty: Duty, cast: Cast) -> None:
    with pytest.raises(InputError):
        refuse_duty(cast.actor("grid_worker"), duty, " ")
    assert refuse_duty(cast.actor("grid_worker"), duty, "nobody at home").state is DutyState.REFUSED


def test_a_duty_of_another_grid_is_neither_seen_nor_done(duty: Duty, cast: Cast) -> None:
    stranger = cast.actor("far_grid_worker")
    with pytest.raises(NotVisible):
        access_duty(stranger, duty.id)
    with pytest.raises(Denied):
        do_duty(stranger, duty, {"temperature": "36.6"})


def test_handing_over_a_post_hands_over_its_open_duties(duty: Duty, cast: Cast) -> None:
    holding = cast.account("grid_worker").holdings.get()
    assert hand_over_post(SETUP, holding, cast.account("far_grid_worker")) == 1
    duty.refresh_from_db()
    assert duty.holder == cast.account("far_grid_worker")
    assert FAR_GRID != GRID
