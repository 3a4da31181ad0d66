"""Draft the order a pack asks for one person: phases with instants, tests due, release, reasons.

Day counting: the local day of the anchor (last exposure, arrival, leaving the zone) is day 0 and the next
local day is day 1. A phase of N days ends when its day N is over, that is at 00:00 of the day after. The
next phase begins there with its own day 1. An order that starts late keeps its end; an order for a period
that is over has no phases.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from tongzhou.core.errors import InputError
from tongzhou.core.exposures import Grade
from tongzhou.core.time import day_bounds, day_start, local_day, require_aware
from tongzhou.policy import wording
from tongzhou.policy.model import Anchor, OrderKind, OrderRule, Pack, Phase, SubjectKind, Text

HOME_CONDITIONS = ("child", "pregnant", "chronic_illness", "needs_carer")


@dataclass(frozen=True, slots=True)
class SubjectFacts:
    """What is known of the person an order is about; instants are aware.

    person : int — ledger number
    last_exposure_at, arrived_at, left_area_at : the fact that starts the count, by kind of subject
    onset_on, sampled_at : of a case
    conditions_met_at : when the conditions were found met that alone end a phase of the order (isolation)
    conditions : why central quarantine may be spent at home (``child``, ``pregnant``, ``chronic_illness``,
        ``needs_carer``)
    exposure_reason : the reason of the exposure that decided, repeated in the order
    """

    person: int
    last_exposure_at: datetime | None = None
    arrived_at: datetime | None = None
    left_area_at: datetime | None = None
    onset_on: date | None = None
    sampled_at: datetime | None = None
    conditions_met_at: datetime | None = None
    conditions: frozenset[str] = frozenset()
    exposure_reason: Text | None = None


@dataclass(frozen=True, slots=True)
class TestDue:
    """One test owed. `day` counts within its phase; a catch-up test stands for those whose day has passed."""

    day: int
    phase: OrderKind
    from_at: datetime
    until_at: datetime
    specimen: str
    is_double: bool = False
    is_catch_up: bool = False


@dataclass(frozen=True, slots=True)
class PhaseDraft:
    """One stretch of an order with its instants.

    `until_at` is exclusive, ``None`` when conditions alone end it.
    """

    kind: OrderKind
    start_at: datetime
    until_at: datetime | None
    release: tuple[str, ...]
    review_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """What the pack asks of one person, ready for a human to confirm.

    phases : in order; empty when nothing is asked (no rule, or the period is over)
    day_0_on : the local day that counts as day 0
    text_key_appeal : key of the pack's text on how to appeal
    """

    person: int
    subject: SubjectKind
    kind: OrderKind | None
    phases: tuple[PhaseDraft, ...]
    tests: tuple[TestDue, ...]
    day_0_on: date | None
    rule_id: str
    pack: str
    pack_digest: str
    legal_source: str
    reason: Text
    exposure_reason: Text | None = None
    counts_from: Anchor | None = None
    conditions_met_on: date | None = None
    text_key_appeal: str = "appeal"

    @property
    def is_restricting(self) -> bool:
        """Whether anything is asked at all."""
        return bool(self.phases)

    @property
    def start_at(self) -> datetime | None:
        """Start of the first phase."""
        return self.phases[0].start_at if self.phases else None

    @property
    def until_at(self) -> datetime | None:
        """Exclusive end of the last phase, ``None`` when it is not known yet."""
        return self.phases[-1].until_at if self.phases else None


def subject_of(grade: Grade | SubjectKind) -> SubjectKind | None:
    """Return the kind of subject of a grade; ``None`` for ``Grade.NONE``."""
    if isinstance(grade, SubjectKind):
        return grade
    return None if grade is Grade.NONE else SubjectKind(grade.value)


def draft_order(pack: Pack, facts: SubjectFacts, grade: Grade | SubjectKind, now: datetime) -> OrderDraft:
    """Draft the order of a pack for one person.

    Parameters
    ----------
    pack : Pack
    facts : SubjectFacts
    grade : Grade or SubjectKind — what the person is by the pack
    now : datetime — aware; the order starts now

    Raises
    ------
    InputError — ``order.no_anchor`` when the fact that starts the count is missing;
        ``order.anchor_in_future``

    >>> from datetime import datetime
    >>> from tongzhou.core.time import SHANGHAI
    >>> from tongzhou.policy import load_pack
    >>> facts = SubjectFacts(7, last_exposure_at=datetime(2022, 7, 1, 18, tzinfo=SHANGHAI))
    >>> now = datetime(2022, 7, 2, 9, tzinfo=SHANGHAI)
    >>> draft = draft_order(load_pack("cn-2022-06"), facts, Grade.CLOSE, now)
    >>> [phase.until_at.astimezone(SHANGHAI).isoformat() for phase in draft.phases]
    ['2022-07-09T00:00:00+08:00', '2022-07-12T00:00:00+08:00']
    """
    now = require_aware(now, "now")
    subject = subject_of(grade)
    rule = pack.order_for(subject) if subject else None
    if subject is None or rule is None:
        return _nothing(pack, facts, subject or SubjectKind.GENERAL, wording.no_rule(pack, subject))
    day_0 = _day_0(pack, rule, facts, now)
    if rule.within_days is not None and (local_day(now, pack.time_zone) - day_0).days > rule.within_days:
        return _nothing(pack, facts, subject, wording.too_old(day_0, rule.within_days), rule, day_0)
    phases, tests = _lay_out(pack, rule, facts, day_0, now)
    if not phases:
        return _nothing(pack, facts, subject, wording.period_over(day_0, rule.n_days), rule, day_0)
    draft = OrderDraft(
        person=facts.person,
        subject=subject,
        kind=phases[0].kind,
        phases=tuple(phases),
        tests=tuple(tests),
        day_0_on=day_0,
        rule_id=rule.rule_id,
        pack=f"{pack.name} {pack.version}",
        pack_digest=pack.digest,
        legal_source=pack.legal_source,
        reason=Text("", ""),
        exposure_reason=facts.exposure_reason,
        counts_from=None if rule.anchor is Anchor.ORDER else rule.anchor,
        conditions_met_on=_met_on(pack, facts),
    )
    return replace(draft, reason=wording.order_reason(pack, draft))


def home_condition(rule: OrderRule, conditions: frozenset[str]) -> str | None:
    """Return the condition by which this rule lets central quarantine be spent at home, if any."""
    return next((name for name in rule.home_instead_for if name in conditions), None)


def _nothing(
    pack: Pack,
    facts: SubjectFacts,
    subject: SubjectKind,
    reason: Text,
    rule: OrderRule | None = None,
    day_0: date | None = None,
) -> OrderDraft:
    rule_id = rule.rule_id if rule else ""
    stamp = f"{pack.name} {pack.version}"
    return OrderDraft(
        facts.person, subject, None, (), (), day_0, rule_id, stamp, pack.digest, pack.legal_source, reason
    )


def _day_0(pack: Pack, rule: OrderRule, facts: SubjectFacts, now: datetime) -> date:
    today = local_day(now, pack.time_zone)
    # An order counted from itself has its first day today.
    if rule.anchor is Anchor.ORDER:
        return today - timedelta(days=1)
    if rule.anchor is Anchor.ONSET_OR_SAMPLE:
        sampled_on = local_day(facts.sampled_at, pack.time_zone) if facts.sampled_at else None
        day = facts.onset_on or sampled_on
    else:
        instant = {
            Anchor.LAST_EXPOSURE: facts.last_exposure_at,
            Anchor.ARRIVAL: facts.arrived_at,
            Anchor.LEFT_AREA: facts.left_area_at,
        }[rule.anchor]
        day = local_day(instant, pack.time_zone) if instant else None
    if day is None:
        raise InputError(
            "order.no_anchor",
            f"Rule {rule.rule_id} counts from {rule.anchor.value}, which is not known.",
            f"Give {rule.anchor.value} of the person.",
            {"rule": rule.rule_id},
        )
    if day > today:
        raise InputError(
            "order.anchor_in_future",
            f"{rule.anchor.value} is on {day}, after today, {today}.",
            "Correct the day.",
            {"rule": rule.rule_id},
        )
    return day


def _lay_out(
    pack: Pack, rule: OrderRule, facts: SubjectFacts, day_0: date, now: datetime
) -> tuple[list[PhaseDraft], list[TestDue]]:
    """Return phases and tests from `now` on.

    What follows a phase without fixed end is dated once its conditions are met, and left out until then.
    """
    phases: list[PhaseDraft] = []
    tests: list[TestDue] = []
    is_home = home_condition(rule, facts.conditions) is not None
    before = day_0
    for phase in rule.phases:
        kind = (
            OrderKind.HOME_QUARANTINE
            if is_home and phase.kind is OrderKind.CENTRAL_QUARANTINE
            else phase.kind
        )
        starts = day_start(before + timedelta(days=1), pack.time_zone)
        start = max(now, starts) if phases else now
        last_day = before + timedelta(days=phase.days) if phase.days else _met_on(pack, facts)
        until = day_start(last_day + timedelta(days=1), pack.time_zone) if last_day else None
        until = until if phase.days else facts.conditions_met_at
        if until is not None and until <= now:
            before = last_day or before
            continue
        is_open = phase.review_days and until is None
        review = start + timedelta(days=phase.review_days or 0) if is_open else None
        phases.append(PhaseDraft(kind, start, until, phase.release, review))
        tests += _tests(pack, phase, kind, before, start)
        if last_day is None:
            break
        before = last_day
    return phases, tests


def _met_on(pack: Pack, facts: SubjectFacts) -> date | None:
    return local_day(facts.conditions_met_at, pack.time_zone) if facts.conditions_met_at else None


def _tests(pack: Pack, phase: Phase, kind: OrderKind, before: date, start: datetime) -> list[TestDue]:
    """Return the tests of one phase; those whose day passed before the start become one on the first day."""
    first_day = local_day(start, pack.time_zone)
    due: list[TestDue] = []
    days = [(number, before + timedelta(days=number)) for number in phase.test_days]
    missed = [number for number, day in days if day < first_day]
    if missed and first_day not in [day for _, day in days]:
        until = day_bounds(first_day, pack.time_zone)[1]
        due.append(TestDue(missed[-1], kind, start, until, phase.specimen, is_catch_up=True))
    for number, day in days:
        if day >= first_day:
            opens, closes = day_bounds(day, pack.time_zone)
            is_double = phase.is_double_at_end and number == phase.test_days[-1]
            due.append(TestDue(number, kind, max(opens, start), closes, phase.specimen, is_double))
    return due
