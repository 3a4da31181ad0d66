"""Decide about exposures, one or many, and add those that only the interview knows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tongzhou.core.access import Actor
from tongzhou.core.errors import Conflict, InputError
from tongzhou.core.exposures import Exposure, Grade, Setting
from tongzhou.policy import grade_exposure
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.cases import rules
from tongzhou.server.cases.models import Case, Contact, Decided, ExposureOrigin, ExposureRecord
from tongzhou.server.cases.packs import pack_of
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.bulk import write_changes
from tongzhou.server.kernel.outbox import publish
from tongzhou.server.people.models import Person, Place


def decide_exposures(
    actor: Actor, case: Case, identifiers: Iterable[object], decision: Decided, reason: str = ""
) -> int:
    """Accept or reject exposures of one case; the grade and standing of their contacts follow.

    A contact stands when one of the exposures is accepted, and falls when all are rejected.

    Needs: case.write in the case's area. Writes: ExposureRecord, Contact. Records: exposures.decide, publishes
    ``exposures.decided``. Deciding the same again changes nothing. A rejection needs a reason.
    """
    if decision == Decided.REJECTED and len(reason.strip()) < 2:
        raise InputError(
            "cases.no_reason", "Rejecting an exposure needs a reason.", "Say what is wrong with it."
        )
    wanted = list(dict.fromkeys(identifiers))
    if not wanted:
        raise InputError("cases.nothing_chosen", "No exposure was chosen.", "Pick at least one row.")
    with acting(
        actor, Permission.CASE_WRITE, case.area_code, "exposures.decide", ("case", case.id)
    ) as record:
        rows = ExposureRecord.objects.everything("of the case").filter(case=case, id__in=wanted)
        changed = list(rows.exclude(decision=decision, decision_reason=reason.strip()[:300]))
        stamp = {"decided_by": actor.account_id, "decided_at": clock.now()}
        ExposureRecord.objects.everything("of the case").filter(id__in=[row.id for row in changed]).update(
            decision=decision, decision_reason=reason.strip()[:300], **stamp
        )
        if changed:
            settle_contacts({row.contact_id for row in changed}, actor, reason)
            publish("exposures.decided", case.area_code, {"case": str(case.id)})
        record.detail = {"decision": str(decision), "n": len(changed)}
    return len(changed)


def settle_contacts(contact_ids: Iterable[object], actor: Actor, reason: str) -> None:
    """Bring contacts up to what was decided of their exposures; runs inside an action."""
    wanted = list(contact_ids)
    by_contact: dict[object, list[ExposureRecord]] = {}
    for row in ExposureRecord.objects.everything("of the contacts").filter(contact_id__in=wanted):
        by_contact.setdefault(row.contact_id, []).append(row)
    changed = list(Contact.objects.everything("of decided exposures").filter(id__in=wanted))
    for contact in changed:
        _settle(contact, by_contact.get(contact.id, []))
        contact.decided_by, contact.decided_at = actor.account_id, clock.now()
        contact.reason = reason.strip()[:300]
    fields = ["grade", "last_exposure_at", "decision", "decided_by", "decided_at", "reason"]
    write_changes(changed, fields)


def _settle(contact: Contact, exposures: list[ExposureRecord]) -> None:
    standing = [row for row in exposures if row.decision != Decided.REJECTED]
    if not standing:
        contact.decision = Decided.REJECTED
        return
    is_accepted = any(row.decision == Decided.ACCEPTED for row in standing)
    contact.decision = Decided.ACCEPTED if is_accepted else Decided.PROPOSED
    contact.grade = rules.strongest([Grade(row.grade) for row in standing]).value
    contact.last_exposure_at = max(row.until_at for row in standing if row.grade == contact.grade)


@dataclass(frozen=True, slots=True)
class InterviewEntry:
    """A meeting that the interview found: who, in which setting or place, from when until when."""

    person: Person
    setting: Setting
    from_at: datetime
    until_at: datetime
    place: Place | None = None
    note: str = ""


def add_exposure(actor: Actor, case: Case, entry: InterviewEntry) -> ExposureRecord:
    """Add a meeting from the interview, graded by the pack and accepted.

    Needs: case.write in the case's area. Writes: Contact, ExposureRecord. Records: exposure.add, publishes
    ``exposures.decided``. Idempotent by case, person, place and start. Raises InputError when the times are
    wrong, when it is the case themselves, or when the pack makes no contact of it, with the pack's reason.
    """
    _check(case, entry)
    met = _exposure(case, entry)
    graded = grade_exposure(pack_of(case), met)
    if graded.grade is Grade.NONE:
        raise InputError("cases.no_contact", graded.reason_en, "Correct the time, or note it in the case.")
    with acting(actor, Permission.CASE_WRITE, case.area_code, "exposure.add", ("case", case.id)) as record:
        contact, _ = Contact.objects.everything("one a case").get_or_create(
            case=case,
            person=entry.person,
            defaults={
                "area_code": entry.person.area_code,
                "grade": graded.grade.value,
                "last_exposure_at": entry.until_at,
            },
        )
        exposure, is_new = ExposureRecord.objects.everything("one a meeting").get_or_create(
            contact=contact,
            fingerprint=rules.fingerprint(met),
            defaults={
                "area_code": case.area_code,
                "case": case,
                "origin": ExposureOrigin.INTERVIEW,
                "setting": entry.setting.value,
                "place": entry.place,
                "from_at": entry.from_at,
                "until_at": entry.until_at,
                "minutes": met.minutes,
                "evidence": ["interview"],
                "grade": graded.grade.value,
                "rule_id": graded.rule_id,
                "reason_zh": graded.reason_zh[:400],
                "reason_en": graded.reason_en[:600],
                "decision": Decided.ACCEPTED,
                "decided_by": actor.account_id,
                "decided_at": clock.now(),
                "decision_reason": entry.note.strip()[:300],
            },
        )
        if is_new:
            settle_contacts([contact.id], actor, entry.note)
            publish("exposures.decided", case.area_code, {"case": str(case.id)})
        record.subject = ("exposure", str(exposure.id))
        record.detail = {"grade": exposure.grade, "case": str(case.id)}
    return exposure


def _check(case: Case, entry: InterviewEntry) -> None:
    if entry.person.id == case.person_id:
        raise Conflict("cases.own_contact", "This is the case themselves.", "Choose who was exposed.")
    if entry.until_at <= entry.from_at:
        raise InputError("cases.ends_before_start", "The end is not after the start.", "Check both times.")
    if entry.from_at >= case.window_until_at or entry.until_at <= case.window_from_at:
        raise InputError(
            "cases.outside_window",
            f"The meeting lies outside the infectious window of case {case.number}.",
            "Check the times, or correct the onset or isolation of the case first.",
        )


def _exposure(case: Case, entry: InterviewEntry) -> Exposure:
    """Return the meeting as the pack grades it, cut to the infectious window."""
    start, end = max(entry.from_at, case.window_from_at), min(entry.until_at, case.window_until_at)
    return Exposure(
        case_person=case.person_id,
        other_person=entry.person.id,
        setting=entry.setting,
        from_s=int(start.timestamp()),
        until_s=int(end.timestamp()),
        minutes=(end - start).total_seconds() / 60,
        place=entry.place.id if entry.place else 0,
        evidence=("interview",),
    )
