"""Rules and facts of zones: which places ask for which level, by which unit, and how a zone steps down.

Rules come out of a policy pack; `tongzhou.plan.zones` proposes with them. Owns values and the arithmetic of
the step down; never chooses a zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from tongzhou.core.errors import InputError
from tongzhou.core.exposures import Setting
from tongzhou.core.time import SHANGHAI, day_start, local_day


class ZoneLevel(StrEnum):
    """The level of a zone, strictest first."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NORMAL = "normal"


LEVEL_RANK = {level: rank for rank, level in enumerate(reversed(ZoneLevel))}
"""0 for normal up to 3 for high."""


@dataclass(frozen=True, slots=True)
class UnitRef:
    """One unit of ground: its kind (``building``, ``compound``, ``community``) and its code."""

    kind: str
    code: str


@dataclass(frozen=True, slots=True)
class ZoneTrigger:
    """Which evidence asks for a zone of `level`.

    settings : settings the rule holds for; empty for every setting
    is_residence : only places where a case lives
    min_activity : float in [0, 1] — lowest activity score of the place
    min_cases : int — fewest cases that stayed there
    unit_kinds : kinds of unit a zone of this rule may be, smallest first
    """

    rule_id: str
    level: ZoneLevel
    unit_kinds: tuple[str, ...]
    settings: tuple[Setting, ...] = ()
    is_residence: bool = False
    min_activity: float = 0.0
    min_cases: int = 1


@dataclass(frozen=True, slots=True)
class ZoneStep:
    """How a zone of one level goes down to the next.

    days_without_new : int, days — whole local days without a new infection in the zone, from the last one,
        or from the day the zone reached its level when that is later and `counts_from_level`
    needs_negative_round : bool — everybody in the zone tested negative on the last of these days, or at most
        `round_days_before` days before it
    """

    rule_id: str
    level: ZoneLevel
    next_level: ZoneLevel
    days_without_new: int
    needs_negative_round: bool = False
    counts_from_level: bool = False
    round_days_before: int = 0


@dataclass(frozen=True, slots=True)
class ZoneRules:
    """Everything zone planning needs to know of a policy. `triggers` are tried in order, the first that
    fits decides.

    evidence_days : int, days — evidence older than this asks for no zone any more
    """

    triggers: tuple[ZoneTrigger, ...]
    steps: tuple[ZoneStep, ...]
    evidence_days: int

    def step_of(self, level: ZoneLevel, came_down_from: ZoneLevel | None = None) -> ZoneStep | None:
        """Return how `level` goes down: the step that continues a way down first, when one is given."""
        fitting = [step for step in self.steps if step.level is level]
        continuing = [step for step in fitting if step.counts_from_level]
        fresh = [step for step in fitting if not step.counts_from_level]
        ordered = continuing + fresh if came_down_from else fresh + continuing
        return ordered[0] if ordered else None


@dataclass(frozen=True, slots=True)
class ZoneFacts:
    """What is known of one zone in force.

    level_since_on : local day on which the zone reached its present level
    last_infection_on : local day of the last new infection in it, if any
    came_down_from : the level before this one, when the zone is on its way down
    negative_round_on : local day of the latest round of tests of everybody in the zone that was all negative
    """

    level: ZoneLevel
    level_since_on: date
    last_infection_on: date | None = None
    came_down_from: ZoneLevel | None = None
    negative_round_on: date | None = None


@dataclass(frozen=True, slots=True)
class StepDown:
    """Whether a zone goes down now. `earliest_at` holds if no new infection is found until then."""

    is_due: bool
    level: ZoneLevel
    next_level: ZoneLevel | None
    earliest_at: datetime | None
    last_day_on: date | None
    lacks_round: bool
    rule_id: str


def step_down_zone(rules: ZoneRules, facts: ZoneFacts, now: datetime, zone: ZoneInfo = SHANGHAI) -> StepDown:
    """Decide whether a zone may go down one level, and when at the earliest.

    The day of the last infection is day 0; the zone goes down when the last of the days without a new
    infection is over, and, where the rule asks for it, a round of tests of those last days was all
    negative.

    Raises
    ------
    InputError ``zone.infection_in_future`` — the last infection lies after `now`.
    """
    step = rules.step_of(facts.level, facts.came_down_from)
    if step is None:
        return StepDown(False, facts.level, None, None, None, False, "")
    last_infection = facts.last_infection_on
    if last_infection and last_infection > local_day(now, zone):
        raise InputError(
            "zone.infection_in_future",
            f"The last infection is dated {last_infection}, after {local_day(now, zone)}.",
            "Give the day on which it was found.",
        )
    day_0 = last_infection or facts.level_since_on
    if step.counts_from_level:
        day_0 = max(day_0, facts.level_since_on)
    last_day = day_0 + timedelta(days=step.days_without_new)
    earliest = day_start(last_day + timedelta(days=1), zone)
    round_on = facts.negative_round_on
    round_from = last_day - timedelta(days=step.round_days_before)
    lacks_round = step.needs_negative_round and (round_on is None or round_on < round_from)
    is_due = now >= earliest and not lacks_round
    return StepDown(is_due, facts.level, step.next_level, earliest, last_day, lacks_round, step.rule_id)
