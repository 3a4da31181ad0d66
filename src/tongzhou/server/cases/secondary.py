"""Contacts of close contacts: searched when somebody asks for it, where the pack determines them.

They become contacts of the same case with the grade ``secondary``. Searching again is safe.
"""

from __future__ import annotations

from django.db.models import Min

from tongzhou.core.access import Actor
from tongzhou.core.errors import Conflict
from tongzhou.core.exposures import Exposure, Grade, GradedExposure, InfectiousWindow
from tongzhou.policy import Pack, grade_exposure
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.cases import rules
from tongzhou.server.cases.models import Case, Contact, Decided, ExposureOrigin, ExposureRecord
from tongzhou.server.cases.packs import pack_of
from tongzhou.server.cases.tracing import CHUNK, settings_of_places, write_contacts, write_exposures
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.outbox import publish
from tongzhou.server.movement.ledger_door import get_ledger


def trace_secondary(actor: Actor, case: Case) -> int:
    """Find, grade and write the contacts of a case's close contacts; return how many stand.

    A close contact counts from their first meeting with the case until they were under management. Needs:
    case.write in the case's area. Writes: Contact, ExposureRecord. Records: case.trace_secondary, publishes
    ``secondary.found``. Idempotent by meeting. Raises Conflict where the pack does not determine them.
    """
    pack = pack_of(case)
    if not pack.has_secondary:
        raise Conflict(
            "cases.no_secondary",
            f"The pack {pack.name} does not determine contacts of close contacts.",
            "Nothing is to be done for them.",
        )
    graded = _graded(pack, case)
    with acting(
        actor, Permission.CASE_WRITE, case.area_code, "case.trace_secondary", ("case", case.id)
    ) as record:
        _withdraw_gone(case, {rules.fingerprint(item.exposure) for item in graded})
        write_exposures(case, write_contacts(case, graded), graded)
        standing = Contact.objects.everything("count").filter(case=case, grade=Grade.SECONDARY.value)
        n_contacts = standing.exclude(decision=Decided.REJECTED).count()
        record.detail = {"n_exposures": len(graded), "n_contacts": n_contacts}
        publish("secondary.found", case.area_code, {"case": str(case.id), "n": n_contacts})
    return n_contacts


def _graded(pack: Pack, case: Case) -> list[GradedExposure]:
    """Return the secondary meetings of the case's close contacts, without the case and the close contacts."""
    close = Contact.objects.everything("of the traced case").filter(case=case, grade=Grade.CLOSE.value)
    standing = list(close.exclude(decision=Decided.REJECTED).annotate(met_at=Min("exposures__from_at")))
    known = {case.person_id} | {contact.person_id for contact in standing}
    rejected = set(
        ExposureRecord.objects.everything("of the traced case")
        .filter(case=case, decision=Decided.REJECTED)
        .values_list("fingerprint", flat=True)
    )
    graded = [
        grade_exposure(pack, met, index=Grade.CLOSE)
        for met in _meetings(pack, [window for window in map(_window, standing) if window])
        if met.other_person not in known and rules.fingerprint(met) not in rejected
    ]
    return [item for item in graded if item.grade is Grade.SECONDARY]


def _window(contact: Contact) -> InfectiousWindow | None:
    start = int((contact.met_at or contact.last_exposure_at).timestamp())
    end = int((contact.managed_at or clock.now()).timestamp())
    return InfectiousWindow(contact.person_id, start, end) if end > start else None


def _meetings(pack: Pack, windows: list[InfectiousWindow]) -> list[Exposure]:
    if not windows:
        return []
    from tongzhou.epi.contact import find_exposures  # loads the compiler: only when a search is made

    found = find_exposures(get_ledger(), windows, pack.contact_rules, setting_of_place=settings_of_places)
    return found.exposures()


def _withdraw_gone(case: Case, standing: set[str]) -> None:
    """Take back secondary proposals whose facts no longer stand, and set their contacts aside."""
    proposals = ExposureRecord.objects.everything("of the traced case").filter(
        case=case, origin=ExposureOrigin.COMPUTED, decision=Decided.PROPOSED, grade=Grade.SECONDARY.value
    )
    gone = [row.id for row in proposals.only("id", "fingerprint") if row.fingerprint not in standing]
    for start in range(0, len(gone), CHUNK):
        proposals.filter(id__in=gone[start : start + CHUNK]).delete()
    empty = Contact.objects.everything("of the traced case").filter(
        case=case, decision=Decided.PROPOSED, exposures=None, grade=Grade.SECONDARY.value
    )
    empty.update(
        decision=Decided.REJECTED,
        decided_by="system:tracing",
        decided_at=clock.now(),
        reason="no meeting stands any more",
    )
