"""Pure decisions about orders: numbers, phases at an instant, what a stored order means to the policy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tongzhou.policy import Finding, Measure, MeasureKind, MeasurePhase, OrderDraft, OrderKind, SubjectKind
from tongzhou.policy.model import STRICTNESS

OPEN_ENDED = timedelta(days=365)
"""An order that conditions alone end is looked at by then at the latest; it never runs on unseen."""

AT_SITE = {OrderKind.CENTRAL_QUARANTINE.value}


def order_number(area_code: str, day: date, token: str) -> str:
    """Return the number people use for an order.

    >>> order_number("440305007001001", date(2022, 7, 12), "7f3a9c")
    '440305-20220712-7F3A9C'
    """
    return f"{area_code[:6]}-{day:%Y%m%d}-{token[:6].upper()}"


def phases_as_data(draft: OrderDraft) -> list[dict[str, Any]]:
    """Return the phases of a draft as they are stored."""
    return [
        {
            "kind": phase.kind.value,
            "starts_at": phase.start_at.isoformat(),
            "ends_at": phase.until_at.isoformat() if phase.until_at else None,
            "review_at": phase.review_at.isoformat() if phase.review_at and not phase.until_at else None,
            "release": list(phase.release),
        }
        for phase in draft.phases
    ]


def tests_as_data(draft: OrderDraft) -> list[dict[str, Any]]:
    """Return the tests of a draft as they are stored."""
    return [
        {
            "day": test.day,
            "phase": test.phase.value,
            "from_at": test.from_at.isoformat(),
            "until_at": test.until_at.isoformat(),
            "specimen": test.specimen,
            "is_double": test.is_double,
        }
        for test in draft.tests
    ]


def findings_as_data(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Return what goes beyond the rule, as stored and shown."""
    return [
        {
            "strictness": finding.strictness.value,
            "clause": finding.clause,
            "is_absolute": finding.is_absolute,
            "rule_id": finding.rule_id,
            "says_zh": finding.says.zh,
            "says_en": finding.says.en,
            "ground_zh": finding.ground.zh,
            "ground_en": finding.ground.en,
        }
        for finding in findings
    ]


def measure_of_phases(
    phases: Sequence[dict[str, Any]], subject: str, n_tests: int, issued_at: datetime
) -> Measure:
    """Return a stored order as the measure that proportionality is checked on."""
    return Measure(
        MeasureKind.PERSON_ORDER,
        issued_at,
        SubjectKind(subject) if subject else None,
        tuple(
            MeasurePhase(
                OrderKind(phase["kind"]),
                datetime.fromisoformat(phase["starts_at"]),
                datetime.fromisoformat(phase["ends_at"]) if phase["ends_at"] else None,
            )
            for phase in phases
        ),
        n_tests,
    )


def end_of(phases: Sequence[dict[str, Any]]) -> datetime:
    """Return when an order ends by itself, or is looked at when only conditions end it."""
    last = phases[-1]
    if last["ends_at"]:
        return datetime.fromisoformat(last["ends_at"])
    return datetime.fromisoformat(last["starts_at"]) + OPEN_ENDED


def phase_at(phases: Sequence[dict[str, Any]], instant: datetime) -> dict[str, Any] | None:
    """Return the phase that an instant lies in."""
    for phase in phases:
        starts = datetime.fromisoformat(phase["starts_at"])
        ends = datetime.fromisoformat(phase["ends_at"]) if phase["ends_at"] else None
        if starts <= instant and (ends is None or instant < ends):
            return phase
    return None


def is_open_ended(phases: Sequence[dict[str, Any]]) -> bool:
    """Tell whether conditions alone end an order."""
    return phases[-1]["ends_at"] is None


def next_review(phases: Sequence[dict[str, Any]], instant: datetime) -> datetime | None:
    """Return the next instant after `instant` at which an order without a fixed end is looked at again."""
    last = phases[-1]
    if last["ends_at"] or not last.get("review_at"):
        return None
    start = datetime.fromisoformat(last["starts_at"])
    span = datetime.fromisoformat(last["review_at"]) - start
    return start + span * max(1, (instant - start) // span + 1)


def next_change(phases: Sequence[dict[str, Any]], instant: datetime) -> datetime:
    """Return the next instant after `instant` at which the clock must look at an order: an edge of a phase,
    a review, or the end. There always is one, so no order runs on unseen.
    """
    edges = [datetime.fromisoformat(p[key]) for p in phases for key in ("starts_at", "ends_at") if p[key]]
    edges += [at for at in [next_review(phases, instant)] if at]
    return min((edge for edge in edges if edge > instant), default=end_of(phases))


def covers(held: Sequence[dict[str, Any]], asked: Sequence[dict[str, Any]]) -> bool:
    """Tell whether phases last at least as long as others at every degree of strictness that those reach."""
    degrees = {STRICTNESS[OrderKind(phase["kind"])] for phase in asked}
    return all(_lasts_until(held, degree) >= _lasts_until(asked, degree) for degree in degrees)


def _lasts_until(phases: Sequence[dict[str, Any]], degree: int) -> datetime:
    """Return when phases of at least this degree of strictness are over; the far future without an end."""
    ends = [phase["ends_at"] for phase in phases if STRICTNESS[OrderKind(phase["kind"])] >= degree]
    if None in ends:
        return datetime.max.replace(tzinfo=UTC)
    return max(map(datetime.fromisoformat, ends), default=datetime.min.replace(tzinfo=UTC))
