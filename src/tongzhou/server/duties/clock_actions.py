"""The clock of duties: looks only at the next instant that matters, and writes by compare-and-set.

Several workers may run it at once; a duty is warned, marked late or escalated exactly once for each instant.
"""

from __future__ import annotations

from datetime import datetime

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
from tongzhou.server.kernel.outbox import publish

CLOCK = system_actor("clock")
BATCH = 500


def poll_duties(limit: int = BATCH) -> int:
    """Move every duty whose next instant has come; return how many moved."""
    now = clock.now()
    due = Duty.objects.everything("the clock").filter(OPEN, next_at__lte=now).order_by("next_at")[:limit]
    return sum(_move(duty, now) for duty in due)


def _move(duty: Duty, now: datetime) -> bool:
    """Take one step for one duty, unless another worker took it first."""
    level_up = _level_up(duty) if now >= _first_escalation(duty) else None
    is_at_top = now >= _first_escalation(duty) and level_up is None
    following = next_instant(
        due_at=duty.due_at,
        warn_at=duty.warn_at,
        escalates_every=duty.specification.escalates_every,
        now=now,
        is_at_top=is_at_top,
    )
    changes = {"next_at": following}
    if level_up:
        changes |= {"escalated_to": level_up, "n_escalations": duty.n_escalations + 1}
    with transaction.atomic():
        won = (
            Duty.objects.everything("the clock")
            .filter(OPEN, id=duty.id, next_at=duty.next_at)
            .update(**changes)
        )
        if not won:
            return False
        what = "escalated" if level_up else "late" if now >= duty.due_at else "due_soon"
        DutyNote.objects.create(
            duty=duty, what=what, actor_id=CLOCK.account_id, area_code=level_up or duty.area_code
        )
        if level_up:
            append_event(
                CLOCK.account_id,
                "duty.escalate",
                area_code=duty.area_code,
                subject=("duty", str(duty.id)),
                detail={"to": level_up, "kind": duty.kind},
            )
        publish(f"duty.{what}", level_up or duty.area_code, {"duty": str(duty.id), "kind": duty.kind})
    return True


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
