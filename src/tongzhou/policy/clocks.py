"""When what is owed about a case is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tongzhou.core.time import require_aware
from tongzhou.policy.model import ClockAnchor, ClockRule, Pack, Text


@dataclass(frozen=True, slots=True)
class ClockDue:
    """One thing owed: what, by which post, until when, by which rule."""

    rule_id: str
    name: Text
    post: str
    starts_at: datetime
    due_at: datetime
    reason: Text


def clocks(pack: Pack) -> tuple[ClockRule, ...]:
    """Return the clocks of a pack.

    >>> from tongzhou.policy import load_pack
    >>> [rule.hours for rule in clocks(load_pack("cn-2022-06"))]
    [2.0, 4.0, 24.0, 24.0, 24.0]
    """
    return pack.clock_rules


def due_clocks(
    pack: Pack,
    diagnosed_at: datetime | None = None,
    reported_at: datetime | None = None,
    graded_at: datetime | None = None,
    *,
    arrived_at: datetime | None = None,
) -> list[ClockDue]:
    """Return what is owed about one case, or about one arrival, soonest first.

    A clock whose start is not known yet does not run.
    """
    starts = {
        ClockAnchor.DIAGNOSIS: diagnosed_at,
        ClockAnchor.REPORT: reported_at,
        ClockAnchor.GRADED: graded_at,
        ClockAnchor.ARRIVAL: arrived_at,
    }
    due = []
    for rule in pack.clock_rules:
        start = starts[rule.anchor]
        if start is not None:
            start = require_aware(start, rule.anchor.value)
            end = start + timedelta(hours=rule.hours)
            due.append(ClockDue(rule.rule_id, rule.name, rule.post, start, end, pack.note(rule.rule_id).says))
    return sorted(due, key=lambda item: (item.due_at, item.rule_id))
