"""From a case to its graded contacts: the ledger is searched, the pack grades, proposals are written.

Computing again is safe: a meeting known already keeps its decision; one whose facts were withdrawn is taken
back unless a person accepted it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.db import transaction

from tongzhou.core.access import Actor
from tongzhou.core.exposures import Exposure, Grade, GradedExposure, InfectiousWindow, Setting
from tongzhou.policy import Pack, grade_exposure
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.cases import rules
from tongzhou.server.cases.models import Case, Contact, Decided, ExposureOrigin, ExposureRecord
from tongzhou.server.cases.packs import pack_of
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.bulk import insert_rows, write_changes
from tongzhou.server.kernel.outbox import publish
from tongzhou.server.movement.ledger_door import get_ledger
from tongzhou.server.movement.queries import as_instant
from tongzhou.server.people.models import Person, Place

CHUNK = 500
TRACING = "system:tracing"
MEASURED = ["until_at", "minutes", "linger_minutes"]


def trace_contacts(actor: Actor, case: Case) -> int:
    """Find, grade and write the contacts of a case; return how many stand as proposals or decisions.

    Needs: case.write in the case's area. Writes: Contact, ExposureRecord. Records: case.trace, publishes
    ``exposures.found``. Idempotent by meeting.
    """
    pack = pack_of(case)
    graded = list(grade_meetings(pack, meetings_of(pack, [case])))
    graded = [item for item in graded if item.grade is not Grade.NONE]
    with acting(actor, Permission.CASE_WRITE, case.area_code, "case.trace", ("case", case.id)) as record:
        _withdraw_gone(case, {rules.fingerprint(item.exposure) for item in graded})
        rejected = _rejected(case)
        standing = [item for item in graded if rules.fingerprint(item.exposure) not in rejected]
        contacts = write_contacts(case, standing)
        write_exposures(case, contacts, graded)
        n_contacts = (
            Contact.objects.everything("count").filter(case=case).exclude(decision=Decided.REJECTED).count()
        )
        record.detail = {"n_exposures": len(graded), "n_contacts": n_contacts}
        publish("exposures.found", case.area_code, {"case": str(case.id), "n": n_contacts})
    return n_contacts


def meetings_of(pack: Pack, cases: Iterable[Case]) -> list[Exposure]:
    """Return every meeting of the cases within their windows, by the pack's contact rules."""
    windows = [
        InfectiousWindow(
            case.person_id, int(case.window_from_at.timestamp()), int(case.window_until_at.timestamp())
        )
        for case in cases
    ]
    from tongzhou.epi.contact import find_exposures  # loads the compiler: only when a search is made

    found = find_exposures(get_ledger(), windows, pack.contact_rules, setting_of_place=settings_of_places)
    return found.exposures()


def settings_of_places(places: Iterable[int]) -> list[Setting]:
    """Return the setting of each place, in order; ``other`` for one that is not registered."""
    numbers = [int(place) for place in places]
    known = known_settings(numbers)
    return [known.get(number, Setting.OTHER) for number in numbers]


def known_settings(numbers: Iterable[int]) -> dict[int, Setting]:
    """Return the settings of the registered ones among some places."""
    wanted = sorted(set(numbers))
    found: dict[int, Setting] = {}
    for start in range(0, len(wanted), CHUNK):
        rows = Place.objects.everything("settings for contact rules").filter(
            id__in=wanted[start : start + CHUNK]
        )
        found |= {number: Setting(setting) for number, setting in rows.values_list("id", "setting")}
    return found


def grade_meetings(pack: Pack, exposures: Iterable[Exposure]) -> Iterable[GradedExposure]:
    """Grade meetings by the pack, each with its reason."""
    return (grade_exposure(pack, exposure) for exposure in exposures)


def write_contacts(case: Case, graded: list[GradedExposure]) -> dict[int, Contact]:
    by_person: dict[int, list[GradedExposure]] = {}
    for item in graded:
        by_person.setdefault(item.exposure.other_person, []).append(item)
    areas = _areas_of(list(by_person))
    fresh = []
    for person, items in by_person.items():
        if person not in areas:
            continue
        grade = rules.strongest([item.grade for item in items])
        last = max(item.exposure.until_s for item in items if item.grade is grade)
        fresh.append(
            Contact(
                case=case,
                person_id=person,
                area_code=areas[person],
                grade=grade.value,
                last_exposure_at=as_instant(last),
            )
        )
    insert_rows(fresh, ignore_conflicts=True)
    known = Contact.objects.everything("of the traced case").filter(case=case)
    contacts = {contact.person_id: contact for contact in known}
    _update_grades(contacts, {contact.person_id: contact for contact in fresh})
    return contacts


def _update_grades(known: dict[int, Contact], computed: dict[int, Contact]) -> None:
    """Bring open proposals up to what was computed now; decided ones keep what a person decided."""
    changed = []
    for person, contact in known.items():
        new = computed.get(person)
        is_set_aside = contact.decision == Decided.REJECTED and contact.decided_by == TRACING
        if new is None or not (contact.decision == Decided.PROPOSED or is_set_aside):
            continue
        if (
            not is_set_aside
            and rules.RISK[Grade(contact.grade)] > rules.RISK[Grade(new.grade)]
            and (Grade.SECONDARY.value in (contact.grade, new.grade))
        ):
            continue  # the two searches see different meetings; the graver one stands
        if is_set_aside or (contact.grade, contact.last_exposure_at) != (new.grade, new.last_exposure_at):
            contact.grade, contact.last_exposure_at = new.grade, new.last_exposure_at
            contact.decision, contact.decided_by, contact.decided_at, contact.reason = (
                Decided.PROPOSED,
                "",
                None,
                "",
            )
            changed.append(contact)
    write_changes(changed, ["grade", "last_exposure_at", "decision", "decided_by", "decided_at", "reason"])


def _areas_of(persons: list[int]) -> dict[int, str]:
    areas: dict[int, str] = {}
    for start in range(0, len(persons), CHUNK):
        rows = Person.objects.everything("where contacts live").filter(id__in=persons[start : start + CHUNK])
        areas |= dict(rows.values_list("id", "area_code"))
    return areas


def write_exposures(case: Case, contacts: dict[int, Contact], graded: list[GradedExposure]) -> None:
    known = set(known_settings(item.exposure.place for item in graded if item.exposure.place))
    rows = [
        _exposure_row(case, contacts[item.exposure.other_person], item, known)
        for item in graded
        if item.exposure.other_person in contacts
    ]
    with transaction.atomic():
        ExposureRecord.objects.bulk_create(
            rows,
            batch_size=CHUNK,
            update_conflicts=True,
            unique_fields=["contact", "fingerprint"],
            update_fields=[*MEASURED, "grade", "rule_id", "reason_zh", "reason_en", "evidence"],
        )


def _exposure_row(case: Case, contact: Contact, item: GradedExposure, places: set[int]) -> ExposureRecord:
    met = item.exposure
    return ExposureRecord(
        area_code=case.area_code,
        case=case,
        contact=contact,
        origin=ExposureOrigin.COMPUTED,
        setting=met.setting.value,
        place_id=met.place if met.place in places else None,
        conveyance=met.conveyance.value if met.conveyance else "",
        vehicle=met.vehicle,
        from_at=as_instant(met.from_s),
        until_at=as_instant(met.until_s),
        minutes=met.minutes,
        linger_minutes=met.linger_minutes,
        seats=_seats(met),
        evidence=list(met.evidence),
        grade=item.grade.value,
        rule_id=item.rule_id,
        reason_zh=item.reason_zh[:400],
        reason_en=item.reason_en[:600],
        fingerprint=rules.fingerprint(met),
    )


def _seats(met: Exposure) -> dict[str, Any]:
    return {
        name: asdict(seat)
        for name, seat in (("case", met.case_seat), ("other", met.other_seat))
        if seat is not None
    }


def _rejected(case: Case) -> set[str]:
    """Return the meetings that a person rejected: they count for no grade."""
    rows = ExposureRecord.objects.everything("of the traced case").filter(
        case=case, decision=Decided.REJECTED
    )
    return set(rows.values_list("fingerprint", flat=True))


def _withdraw_gone(case: Case, standing: set[str]) -> None:
    """Take back computed proposals whose facts no longer stand.

    Their contacts are set aside rather than deleted, since drafts may rest on them; a later search that finds
    them again proposes them again.
    """
    proposals = ExposureRecord.objects.everything("of the traced case").filter(
        case=case, origin=ExposureOrigin.COMPUTED, decision=Decided.PROPOSED
    )
    proposals = proposals.exclude(grade=Grade.SECONDARY.value)  # those stand on the stays of close contacts
    gone = [row.id for row in proposals.only("id", "fingerprint") if row.fingerprint not in standing]
    for start in range(0, len(gone), CHUNK):
        proposals.filter(id__in=gone[start : start + CHUNK]).delete()
    empty = Contact.objects.everything("of the traced case").filter(
        case=case, decision=Decided.PROPOSED, exposures=None
    )
    empty.update(
        decision=Decided.REJECTED,
        decided_by=TRACING,
        decided_at=clock.now(),
        reason="no meeting stands any more",
    )
