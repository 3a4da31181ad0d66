"""Check a measure against its pack: the prohibitions, and anything stricter than the pack.

A measure within the pack gives no finding. A finding never decides: it makes a second person and a reason
necessary.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tongzhou.core.zones import LEVEL_RANK, UnitRef, ZoneFacts, ZoneLevel, step_down_zone
from tongzhou.policy import wording, words
from tongzhou.policy.model import STRICTNESS, OrderKind, Pack, SubjectKind, Text
from tongzhou.policy.orders import OrderDraft, SubjectFacts, draft_order

_LOW = (ZoneLevel.LOW, ZoneLevel.NORMAL)
_QUARANTINE = STRICTNESS[OrderKind.HOME_QUARANTINE]


class MeasureKind(StrEnum):
    """What a measure does."""

    PERSON_ORDER = "person_order"
    SEND_BACK = "send_back"
    ZONE = "zone"
    MOVEMENT_LIMIT = "movement_limit"
    CHECKPOINT = "checkpoint"
    PLACE_CLOSURE = "place_closure"
    CARE_REFUSAL = "care_refusal"


class Strictness(StrEnum):
    """In which way a measure goes beyond the pack."""

    LONGER = "longer"
    WIDER = "wider"
    HIGHER = "higher"
    NO_GROUND = "no_ground"
    MORE_TESTS = "more_tests"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True)
class MeasurePhase:
    """One stretch of an order on a person; `until_at` is exclusive, ``None`` without an end."""

    kind: OrderKind
    start_at: datetime
    until_at: datetime | None


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure that somebody wants to take.

    issued_at : instant at which it is taken
    subject : ground of an order on a person; ``None`` when none is named
    phases, n_tests : of an order on a person
    unit, level, until_at : of a zone or a limit on movement; no end means that it ends by the rule
    """

    kind: MeasureKind
    issued_at: datetime
    subject: SubjectKind | None = None
    phases: tuple[MeasurePhase, ...] = ()
    n_tests: int | None = None
    unit: UnitRef | None = None
    level: ZoneLevel | None = None
    until_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class JustifiedUnit:
    """A unit of ground for which the evidence asks a level, as `tongzhou.plan.zones` proposes it."""

    unit: UnitRef
    level: ZoneLevel
    rule_id: str


@dataclass(frozen=True, slots=True)
class MeasureFacts:
    """What is true of the person, the ground, the vehicle or the place a measure is about.

    area_level : level of the area the person comes from, the vehicle is in, or the place lies in
    within : units that contain the unit of the measure; a zone inside a justified one is not wider than it
    """

    person: SubjectFacts | None = None
    area_level: ZoneLevel = ZoneLevel.NORMAL
    justified_units: tuple[JustifiedUnit, ...] = ()
    within: tuple[UnitRef, ...] = ()
    zone: ZoneFacts | None = None
    may_go_home_from_university: bool = False
    meets_travel_conditions: bool = False
    serves_daily_life: bool = False
    needs_urgent_or_regular_care: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which a measure goes beyond the pack.

    clause : int or None — the prohibition it breaks, if one of them covers it
    ground : what the pack allows here, in words
    is_absolute : the prohibition holds without exception; no second person and no reason lifts it
    """

    strictness: Strictness
    clause: int | None
    rule_id: str
    says: Text
    ground: Text
    is_absolute: bool = False


def check_measure(pack: Pack, measure: Measure, facts: MeasureFacts) -> list[Finding]:
    """Return every way in which a measure goes beyond the pack, the prohibitions first.

    Parameters
    ----------
    pack : Pack
    measure : Measure
    facts : MeasureFacts — a fact not given counts as not true

    >>> from datetime import datetime
    >>> from tongzhou.core.time import SHANGHAI
    >>> from tongzhou.policy import load_pack
    >>> closing = Measure(MeasureKind.PLACE_CLOSURE, datetime(2022, 7, 1, tzinfo=SHANGHAI))
    >>> facts = MeasureFacts(area_level=ZoneLevel.LOW, serves_daily_life=True)
    >>> [finding.clause for finding in check_measure(load_pack("cn-2022-06"), closing, facts)]
    [9]
    """
    checks = {
        MeasureKind.PERSON_ORDER: _check_person,
        MeasureKind.SEND_BACK: _check_send_back,
        MeasureKind.ZONE: _check_ground,
        MeasureKind.MOVEMENT_LIMIT: _check_ground,
        MeasureKind.CHECKPOINT: _check_checkpoint,
        MeasureKind.PLACE_CLOSURE: _check_closure,
        MeasureKind.CARE_REFUSAL: _check_care,
    }
    findings = checks[measure.kind](pack, measure, facts)
    return sorted(findings, key=lambda item: (item.clause is None, item.clause or 0))


def measure_of(draft: OrderDraft, issued_at: datetime) -> Measure:
    """Return the measure that a drafted order is, for `check_measure`."""
    phases = tuple(MeasurePhase(phase.kind, phase.start_at, phase.until_at) for phase in draft.phases)
    n_tests = len(draft.tests)
    return Measure(MeasureKind.PERSON_ORDER, issued_at, draft.subject, phases, n_tests)


def _finding(pack: Pack, strictness: Strictness, check: str, ground: Text) -> Finding:
    """Name the prohibition of `check`, or the rules as such where the pack has none."""
    found = next((item for item in pack.prohibitions if item.check == check), None)
    clause = found.clause if found else None
    rule_id = f"prohibition.{clause}" if clause is not None else f"stricter.{strictness}"
    says = pack.note(rule_id).says if clause is not None else words.STRICTER[strictness]
    is_absolute = found is not None and not found.only_arbitrary
    return Finding(strictness, clause, rule_id, says, ground, is_absolute)


def _check_person(pack: Pack, measure: Measure, facts: MeasureFacts) -> list[Finding]:
    allowed = _allowed(pack, measure, facts)
    ground = wording.allowed_order(pack, allowed)
    strictest = max((STRICTNESS[phase.kind] for phase in measure.phases), default=0)
    if allowed is None or not allowed.is_restricting:
        return _ungrounded(pack, facts, strictest, ground)
    limit = max(STRICTNESS[phase.kind] for phase in allowed.phases)
    findings = []
    if strictest > limit:
        if limit >= _QUARANTINE:
            findings.append(_finding(pack, Strictness.HIGHER, "", ground))
        else:
            findings += _ungrounded(pack, facts, strictest, ground)
    if _is_longer(measure, allowed):
        findings.append(_finding(pack, Strictness.LONGER, "order_longer", ground))
    if measure.n_tests is not None and measure.n_tests > len(allowed.tests):
        findings.append(_finding(pack, Strictness.MORE_TESTS, "", ground))
    return findings


def _allowed(pack: Pack, measure: Measure, facts: MeasureFacts) -> OrderDraft | None:
    if measure.subject is None or facts.person is None:
        return None
    return draft_order(pack, facts.person, measure.subject, measure.issued_at)


def _ungrounded(pack: Pack, facts: MeasureFacts, strictest: int, ground: Text) -> list[Finding]:
    """Return the findings for an order that the pack gives no ground for."""
    if strictest == 0:
        return []
    findings = [_finding(pack, Strictness.NO_GROUND, "circle_wider", ground)]
    if strictest >= _QUARANTINE:
        if facts.area_level is ZoneLevel.LOW:
            findings.append(_finding(pack, Strictness.FORBIDDEN, "low_risk_person", ground))
        if facts.may_go_home_from_university:
            findings.append(_finding(pack, Strictness.FORBIDDEN, "student_kept", ground))
    return findings


def _is_longer(measure: Measure, allowed: OrderDraft) -> bool:
    """Tell whether, for some degree of strictness, the measure lasts past the pack's end of that degree."""
    for degree in {STRICTNESS[phase.kind] for phase in allowed.phases}:
        ours = [phase.until_at for phase in allowed.phases if STRICTNESS[phase.kind] >= degree]
        theirs = [phase.until_at for phase in measure.phases if STRICTNESS[phase.kind] >= degree]
        if not theirs or None in ours:
            continue
        limit = max(end for end in ours if end is not None)
        if any(end is None or end > limit for end in theirs):
            return True
    return False


def _check_send_back(pack: Pack, measure: Measure, facts: MeasureFacts) -> list[Finding]:
    ground = wording.nothing_allowed()
    if facts.area_level in _LOW:
        return [_finding(pack, Strictness.FORBIDDEN, "low_risk_person", ground)]
    return [_finding(pack, Strictness.NO_GROUND, "circle_wider", ground)]


def _check_ground(pack: Pack, measure: Measure, facts: MeasureFacts) -> list[Finding]:
    level = measure.level or ZoneLevel.HIGH
    if level in _LOW:
        return []
    here = [item for item in facts.justified_units if item.unit == measure.unit or item.unit in facts.within]
    ground = wording.allowed_ground(facts.justified_units)
    if not here:
        is_wider = bool(facts.justified_units)
        return [
            _finding(pack, Strictness.WIDER if is_wider else Strictness.NO_GROUND, "movement_wider", ground)
        ]
    findings = []
    if LEVEL_RANK[level] > max(LEVEL_RANK[item.level] for item in here):
        findings.append(_finding(pack, Strictness.HIGHER, "", ground))
    if _is_unit_too_wide(pack, here):
        findings.append(_finding(pack, Strictness.WIDER, "movement_wider", ground))
    if facts.zone is not None and measure.until_at is not None:
        step = step_down_zone(pack.zone_rules, facts.zone, measure.issued_at, pack.time_zone)
        if step.earliest_at is not None and measure.until_at > max(step.earliest_at, measure.issued_at):
            end = wording.allowed_until(step.earliest_at, pack.time_zone)
            findings.append(_finding(pack, Strictness.LONGER, "zone_longer", end))
    return findings


def _is_unit_too_wide(pack: Pack, here: list[JustifiedUnit]) -> bool:
    """Tell whether the ground is of a kind that no rule it rests on may use."""
    triggers = {trigger.rule_id: trigger for trigger in pack.zone_rules.triggers}
    return not any(
        item.unit.kind in triggers[item.rule_id].unit_kinds for item in here if item.rule_id in triggers
    )


def _check_checkpoint(pack: Pack, measure: Measure, facts: MeasureFacts) -> list[Finding]:
    if facts.meets_travel_conditions and facts.area_level in _LOW:
        return [_finding(pack, Strictness.NO_GROUND, "vehicle_stopped", wording.nothing_allowed())]
    return []


def _check_closure(pack: Pack, measure: Measure, facts: MeasureFacts) -> list[Finding]:
    is_justified = any(item.unit == measure.unit for item in facts.justified_units)
    if facts.area_level in _LOW and facts.serves_daily_life and not is_justified:
        return [_finding(pack, Strictness.NO_GROUND, "place_closed", wording.nothing_allowed())]
    return []


def _check_care(pack: Pack, measure: Measure, facts: MeasureFacts) -> list[Finding]:
    if facts.needs_urgent_or_regular_care:
        return [_finding(pack, Strictness.FORBIDDEN, "care_refused", wording.nothing_allowed())]
    return []
