"""What a change of rules means for the same people today: who is released or restricted, days, tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from tongzhou.core.exposures import Exposure, Grade
from tongzhou.policy.contacts import grade_exposure, grade_person, last_exposure_at
from tongzhou.policy.model import OrderKind, Pack, SubjectKind
from tongzhou.policy.orders import OrderDraft, SubjectFacts, draft_order, subject_of

_DAY_S = 86400.0


class Change(StrEnum):
    """What a change of rules does to one person."""

    NONE = "none"
    RELEASED = "released"
    RESTRICTED = "restricted"
    SHORTER = "shorter"
    LONGER = "longer"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ComparedPerson:
    """One person to compare: named as a kind of subject, or graded from exposures by each pack.

    index : Grade or None — ``Grade.CLOSE`` when the exposures are to a close contact
    """

    facts: SubjectFacts
    subject: SubjectKind | None = None
    exposures: tuple[Exposure, ...] = ()
    index: Grade | None = None


@dataclass(frozen=True, slots=True)
class PersonDifference:
    """One person under both packs. Days are from now to the end, fractions counted.

    Open ends count nothing.
    """

    person: int
    before: OrderDraft
    after: OrderDraft
    change: Change
    days_before: float
    days_after: float


@dataclass(frozen=True, slots=True)
class Burden:
    """What a pack asks of all compared people together, from now on.

    person_days : by kind of order
    n_open_ended : orders that end by conditions alone; their days are not in `person_days`
    """

    n_under_order: int
    person_days: dict[OrderKind, float]
    n_tests: int
    n_open_ended: int


@dataclass(frozen=True, slots=True)
class PackComparison:
    """Two packs side by side on the same facts."""

    pack_a: str
    pack_b: str
    people: tuple[PersonDifference, ...]
    changes: dict[Change, int]
    before: Burden
    after: Burden


def compare(pack_a: Pack, pack_b: Pack, people: Iterable[ComparedPerson], now: datetime) -> PackComparison:
    """Evaluate the same people under two packs.

    Parameters
    ----------
    pack_a, pack_b : Pack — the rules in force, and the rules to come
    people : ComparedPerson
    now : datetime — aware
    """
    rows = tuple(_difference(pack_a, pack_b, person, now) for person in people)
    return PackComparison(
        pack_a=f"{pack_a.name} {pack_a.version}",
        pack_b=f"{pack_b.name} {pack_b.version}",
        people=rows,
        changes=dict(Counter(row.change for row in rows)),
        before=_burden([row.before for row in rows]),
        after=_burden([row.after for row in rows]),
    )


def draft_for(pack: Pack, person: ComparedPerson, now: datetime) -> OrderDraft:
    """Draft the order of one person, grading the exposures by the pack when no kind of subject is given."""
    if person.subject is not None:
        return draft_order(pack, person.facts, person.subject, now)
    graded = [grade_exposure(pack, item, index=person.index) for item in person.exposures]
    decisive = grade_person(graded)
    grade = decisive.grade if decisive else Grade.NONE
    facts = person.facts
    last = last_exposure_at(graded, grade)
    if subject_of(grade) is not None and last is not None:
        facts = replace(facts, last_exposure_at=datetime.fromtimestamp(last, UTC))
    return draft_order(pack, facts, grade, now)


def person_days(draft: OrderDraft) -> dict[OrderKind, float]:
    """Return the days a draft asks, by kind of order; phases without a fixed end count nothing."""
    days: dict[OrderKind, float] = {}
    for phase in draft.phases:
        if phase.until_at is not None:
            length = (phase.until_at - phase.start_at).total_seconds() / _DAY_S
            days[phase.kind] = days.get(phase.kind, 0.0) + length
    return days


def _difference(pack_a: Pack, pack_b: Pack, person: ComparedPerson, now: datetime) -> PersonDifference:
    before, after = draft_for(pack_a, person, now), draft_for(pack_b, person, now)
    days_before, days_after = sum(person_days(before).values()), sum(person_days(after).values())
    change = _change(before, after)
    return PersonDifference(person.facts.person, before, after, change, days_before, days_after)


def _change(before: OrderDraft, after: OrderDraft) -> Change:
    if before.is_restricting != after.is_restricting:
        return Change.RELEASED if before.is_restricting else Change.RESTRICTED
    if before.until_at != after.until_at and before.until_at and after.until_at:
        return Change.SHORTER if after.until_at < before.until_at else Change.LONGER
    same = [(p.kind, p.until_at) for p in before.phases] == [(p.kind, p.until_at) for p in after.phases]
    return Change.NONE if same else Change.OTHER


def _burden(drafts: list[OrderDraft]) -> Burden:
    days: Counter[OrderKind] = Counter()
    for draft in drafts:
        for kind, length in person_days(draft).items():
            days[kind] += length  # type: ignore[assignment]
    return Burden(
        n_under_order=sum(draft.is_restricting for draft in drafts),
        person_days=dict(days),
        n_tests=sum(len(draft.tests) for draft in drafts),
        n_open_ended=sum(draft.is_restricting and draft.until_at is None for draft in drafts),
    )
