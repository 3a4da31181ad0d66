"""Open and correct cases, find their exposures, decide about contacts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from tongzhou.core.access import Actor
from tongzhou.core.errors import Conflict, InputError
from tongzhou.policy import CaseFacts, Pack, infectious_window
from tongzhou.server.access.actions import acting
from tongzhou.server.access.queries import find_holder
from tongzhou.server.access.rules import Permission
from tongzhou.server.cases import rules
from tongzhou.server.cases.models import Case, CaseOutcome, Classification, Contact, Decided, ExposureRecord
from tongzhou.server.cases.packs import pack_in_force, pack_of
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.outbox import publish
from tongzhou.server.movement.queries import as_instant
from tongzhou.server.people.models import Person


@dataclass(frozen=True, slots=True)
class CaseEntry:
    """What opens a case. ``external_id`` with ``source`` makes opening it again a no-op."""

    person: Person
    diagnosed_at: datetime
    classification: Classification = Classification.CONFIRMED
    onset_on: date | None = None
    first_sampled_at: datetime | None = None
    isolated_at: datetime | None = None
    has_symptoms: bool | None = None
    source: str = ""
    external_id: str = ""
    note: str = ""


def open_case(actor: Actor, entry: CaseEntry, pack: Pack | None = None) -> Case:
    """Open a case and start its clocks.

    Needs: case.write in the person's area. Writes: Case. Records: case.open, publishes ``case.opened``.
    Idempotent by the person's open case, and by source and external id.
    """
    person, pack = entry.person, pack or pack_in_force()
    if known := _known_case(entry):
        return known
    window_from, window_until = _window(pack, entry)
    with acting(actor, Permission.CASE_WRITE, person.area_code, "case.open") as record:
        investigator, _ = find_holder(person.area_code, "investigator")
        case = _create_numbered(
            person,
            disease=pack.disease,
            pack=pack.name,
            pack_version=pack.version,
            classification=entry.classification,
            has_symptoms=entry.has_symptoms,
            onset_on=entry.onset_on,
            first_sampled_at=entry.first_sampled_at,
            diagnosed_at=entry.diagnosed_at,
            isolated_at=entry.isolated_at,
            window_from_at=window_from,
            window_until_at=window_until,
            investigator=investigator,
            source=entry.source,
            external_id=entry.external_id,
            note=entry.note,
        )
        record.subject = ("case", str(case.id))
        publish("case.opened", case.area_code, {"case": str(case.id)}, entry.diagnosed_at)
    return case


def _known_case(entry: CaseEntry) -> Case | None:
    """Return the case of the same source record, else the person's open case: one illness is one case."""
    cases = Case.objects.everything("is it known already")
    if entry.external_id:
        same = cases.filter(source=entry.source, external_id=entry.external_id).first()
        if same is not None:
            return same
    return cases.filter(person=entry.person, outcome="").exclude(classification="discarded").first()


def _window(pack: Pack, entry: CaseEntry) -> tuple[datetime, datetime]:
    sampled = entry.first_sampled_at or (None if entry.onset_on else entry.diagnosed_at)
    facts = CaseFacts(entry.person.id, entry.onset_on, sampled, entry.isolated_at)
    window = infectious_window(pack, facts, clock.now())
    return as_instant(window.from_s), as_instant(window.until_s)


def _create_numbered(person: Person, **fields: Any) -> Case:
    """Create the case under the next free number of its county and day."""
    day = clock.today()
    stem = rules.case_number(person.area_code, day, 0)[:-3]
    serial = Case.objects.everything("numbering").filter(number__startswith=stem).count()
    for _ in range(50):
        serial += 1
        number = rules.case_number(person.area_code, day, serial)
        try:
            with transaction.atomic():
                return Case.objects.create(number=number, area_code=person.area_code, person=person, **fields)
        except IntegrityError:
            if known := _known_case(
                CaseEntry(
                    person, fields["diagnosed_at"], source=fields["source"], external_id=fields["external_id"]
                )
            ):
                return known
    raise Conflict("cases.no_number", f"No free case number for {stem}.", "Try again.")


CORRECTABLE = {
    "onset_on",
    "has_symptoms",
    "classification",
    "first_sampled_at",
    "isolated_at",
    "severity",
    "is_imported_infection",
    "note",
}


def correct_case(actor: Actor, case: Case, changes: dict[str, Any]) -> Case:
    """Correct facts of a case; its infectious window follows.

    Needs: case.write. Writes: Case. Records: case.correct with the names of what changed, publishes
    ``case.corrected``. Raises InputError for a field that cannot be corrected here.
    """
    if wrong := set(changes) - CORRECTABLE:
        raise InputError(
            "cases.not_correctable",
            f"{', '.join(sorted(wrong))} cannot be corrected.",
            f"Correctable: {', '.join(sorted(CORRECTABLE))}.",
        )
    with acting(actor, Permission.CASE_WRITE, case.area_code, "case.correct", ("case", case.id)) as record:
        case = Case.objects.everything("locked for correction").select_for_update().get(id=case.id)
        for name, value in changes.items():
            setattr(case, name, value)
        entry = CaseEntry(
            case.person, case.diagnosed_at, onset_on=case.onset_on,
            first_sampled_at=case.first_sampled_at, isolated_at=case.isolated_at,
        )  # fmt: skip
        case.window_from_at, case.window_until_at = _window(pack_of(case), entry)
        case.save(update_fields=[*changes, "window_from_at", "window_until_at"])
        record.detail = {"changed": sorted(changes)}
        publish("case.corrected", case.area_code, {"case": str(case.id)})
    return case


def end_case(actor: Actor, case: Case, outcome: CaseOutcome, ended_at: datetime) -> Case:
    """Record how a case ended and when; with an empty outcome, take that back.

    Needs: case.write. Writes: Case. Records: case.end, publishes ``case.ended``. Ending it the same way again
    changes nothing. Raises InputError for an end that lies ahead or before the diagnosis.
    """
    if outcome and not case.diagnosed_at <= ended_at <= clock.now():
        raise InputError(
            "cases.impossible_end",
            "A case ends after its diagnosis and not later than now.",
            "Give the day on which the person recovered or died.",
        )
    changes = {"outcome": outcome, "outcome_at": ended_at if outcome else None}
    with acting(actor, Permission.CASE_WRITE, case.area_code, "case.end", ("case", case.id)) as record:
        case = Case.objects.everything("locked for its end").select_for_update().get(id=case.id)
        if all(getattr(case, name) == value for name, value in changes.items()):
            return case
        for name, value in changes.items():
            setattr(case, name, value)
        case.save(update_fields=list(changes))
        record.detail = {"outcome": outcome.value}
        publish("case.ended", case.area_code, {"case": str(case.id)})
    return case


def decide_contact(actor: Actor, contact: Contact, decision: Decided, reason: str = "") -> Contact:
    """Accept or reject a contact with all its proposed exposures.

    Needs: case.write in the case's area. Writes: Contact, ExposureRecord. Records: contact.decide,
    publishes ``contact.decided``. A rejection needs a reason. Deciding the same again changes nothing.
    """
    if decision == Decided.REJECTED and len(reason.strip()) < 2:
        raise InputError(
            "cases.no_reason", "Rejecting a contact needs a reason.", "Say why they were not exposed."
        )
    case = contact.case
    with acting(
        actor, Permission.CASE_WRITE, case.area_code, "contact.decide", ("contact", contact.id)
    ) as record:
        contact = Contact.objects.everything("locked for decision").select_for_update().get(id=contact.id)
        if contact.decision == decision and contact.reason == reason.strip():
            return contact
        stamp = {"decision": decision, "decided_by": actor.account_id, "decided_at": clock.now()}
        ExposureRecord.objects.everything("of the contact").filter(
            contact=contact, decision=Decided.PROPOSED
        ).update(**stamp, decision_reason=reason.strip()[:300])
        for name, value in {**stamp, "reason": reason.strip()[:300]}.items():
            setattr(contact, name, value)
        contact.save(update_fields=[*stamp, "reason"])
        record.detail = {"decision": decision, "grade": contact.grade}
        publish("contact.decided", contact.area_code, {"contact": str(contact.id), "decision": decision})
    return contact


__all__ = [
    "CaseEntry",
    "correct_case",
    "decide_contact",
    "end_case",
    "open_case",
]
