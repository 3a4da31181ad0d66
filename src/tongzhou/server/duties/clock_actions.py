"""The clock of duties: looks only at the next instant that matters, and writes by compare-and-set.

Several workers may run it at once; a duty is warned, marked late or escalated exactly once for each instant.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from tongzhou.core.access import system_actor
from tongzhou.server.access.queries import find_holder
from tongzhou.server.areas.queries import code_lengths
from tongzhou.server.areas.rules import ancestor_codes
from tongzhou.server.audit.actions import append_event
from tongzhou.server.duties.models import Duty, DutyNote
from tongzhou.server.duties.queries import OPEN
from tongzhou.server.duties.rules import next_instant
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.bulk import insert_rows, write_changes
from tongzhou.server.kernel.outbox import publish

CLOCK = system_actor("clock")
BATCH = 500


def poll_duties(limit: int = BATCH) -> int:
    """Move every duty whose next instant has come; return how many moved."""
    now = clock.now()
    due = Duty.objects.everything("the clock").filter(OPEN, next_at__lte=now).order_by("next_at")[:limit]
    quiet, escalating = [], []
    for duty in due:
        level_up = _level_up(duty) if now >= _first_escalation(duty) else None
        if level_up:
            escalating.append((duty, level_up))
        else:
            quiet.append(duty)
    return _move(quiet, now) + sum(_escalate(duty, level_up, now) for duty, level_up in escalating)


def _move(duties: list[Duty], now: datetime) -> int:
    """Warn or mark late, in one transaction, those of some duties that no other worker took first."""
    moved: dict[str, list[Duty]] = {}
    with transaction.atomic():
        for duty in _lock_unmoved(duties):
            duty.next_at = _following(duty, now, is_at_top=now >= _first_escalation(duty))
            moved.setdefault("late" if now >= duty.due_at else "due_soon", []).append(duty)
        for what, some in moved.items():
            write_changes(some, ["next_at"])
            notes = [
                DutyNote(duty=duty, what=what, actor_id=CLOCK.account_id, area_code=duty.area_code)
                for duty in some
            ]
            insert_rows(notes)
            publish(f"duties.{what}", "", {"duties": [str(duty.id) for duty in some]})
    return sum(map(len, moved.values()))


def _escalate(duty: Duty, level_up: str, now: datetime) -> bool:
    """Tell the next level up of one duty, unless another worker did."""
    following = _following(duty, now, is_at_top=False)
    with transaction.atomic():
        if not _take(duty, next_at=following, escalated_to=level_up, n_escalations=duty.n_escalations + 1):
            return False
        DutyNote.objects.create(duty=duty, what="escalated", actor_id=CLOCK.account_id, area_code=level_up)
        append_event(
            CLOCK.account_id,
            "duty.escalate",
            area_code=duty.area_code,
            subject=("duty", str(duty.id)),
            detail={"to": level_up, "kind": duty.kind},
        )
        publish("duty.escalated", level_up, {"duty": str(duty.id), "kind": duty.kind})
    return True


def _lock_unmoved(duties: list[Duty]) -> list[Duty]:
    """Lock the duties among some whose next instant is still the one that was read; return them."""
    standing: dict[UUID, datetime] = {}
    for start in range(0, len(duties), BATCH):
        ids = [duty.id for duty in duties[start : start + BATCH]]
        some = Duty.objects.everything("the clock").filter(OPEN, id__in=ids).order_by("id")
        standing |= dict(some.select_for_update().values_list("id", "next_at"))
    return [duty for duty in duties if standing.get(duty.id) == duty.next_at]


def _take(duty: Duty, **changes: object) -> bool:
    mine = Duty.objects.everything("the clock").filter(OPEN, id=duty.id, next_at=duty.next_at)
    return bool(mine.update(**changes))


def _following(duty: Duty, now: datetime, *, is_at_top: bool) -> datetime | None:
    return next_instant(
        due_at=duty.due_at,
        warn_at=duty.warn_at,
        escalates_every=duty.specification.escalates_every,
        now=now,
        is_at_top=is_at_top,
    )


def _first_escalation(duty: Duty) -> datetime:
    return duty.due_at + duty.specification.escalates_every


def _level_up(duty: Duty) -> str | None:
    """Return the area above the one that was told last; ``None`` when the top knows already."""
    told = duty.escalated_to or duty.held_in or duty.area_code
    above = [code for code in ancestor_codes(told, code_lengths()) if len(code) < len(told)]
    return above[0] if above else None


def reassign_gaps(limit: int = BATCH) -> int:
    """Give duties without a holder to whoever holds their post by now; return how many found one."""
    n_found = 0
    for duty in Duty.objects.everything("gaps").filter(OPEN, holder=None).order_by("due_at")[:limit]:
        holder, held_in = find_holder(duty.area_code, duty.post_kind)
        if holder is None:
            continue
        won = Duty.objects.everything("gaps").filter(OPEN, id=duty.id, holder=None)
        n_found += won.update(holder=holder, held_in=held_in)
    return n_found
