"""How a zone in force goes down, with the sentence shown to people.

Proposing zones is `tongzhou.plan.zones`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tongzhou.core.zones import StepDown, ZoneFacts, ZoneLevel, step_down_zone
from tongzhou.policy import wording
from tongzhou.policy.model import Pack, Text, ZoneLevelText


@dataclass(frozen=True, slots=True)
class StepDownDraft:
    """What the pack says about a zone now, and why."""

    step: StepDown
    reason: Text

    @property
    def is_due(self) -> bool:
        """Whether the zone goes down now."""
        return self.step.is_due


def step_down(pack: Pack, facts: ZoneFacts, now: datetime) -> StepDownDraft:
    """Decide whether a zone goes down one level now, with the reason.

    >>> from datetime import date, datetime
    >>> from tongzhou.core.time import SHANGHAI
    >>> from tongzhou.policy import load_pack
    >>> days = date(2022, 7, 1), date(2022, 7, 2)
    >>> facts = ZoneFacts(ZoneLevel.HIGH, *days, negative_round_on=date(2022, 7, 9))
    >>> draft = step_down(load_pack("cn-2022-06"), facts, datetime(2022, 7, 10, tzinfo=SHANGHAI))
    >>> draft.is_due, draft.step.next_level.value
    (True, 'medium')
    """
    step = step_down_zone(pack.zone_rules, facts, now, pack.time_zone)
    return StepDownDraft(step, wording.step_reason(pack, step))


def level_text(pack: Pack, level: ZoneLevel) -> ZoneLevelText:
    """Return how the pack calls a level and what it asks there."""
    found = next((text for text in pack.zone_levels if text.level is level), None)
    normal = ZoneLevelText(level, Text("常态", "normal"), Text("没有限制。", "There are no limits."))
    return found or normal
