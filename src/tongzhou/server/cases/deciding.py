"""Decide about all open contacts of a case at once; note what became of many contacts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tongzhou.core.access import Actor
from tongzhou.core.errors import InputError
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.cases.models import Case, Contact, Decided, ExposureRecord
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.outbox import publish


def decide_contacts(
    actor: Actor, case: Case, decision: Decided, reason: str = "", contacts: list[object] | None = None
) -> int:
    """Accept or reject the proposed contacts of a case, all or the ones named; return how many.

    Needs: case.write in the case's area. Writes: Contact, ExposureRecord. Records: contact.decide_many,
    publishes ``contacts.decided``. A rejection needs a reason.
    """
    if decision == Decided.REJECTED and len(reason.strip()) < 2:
        raise InputError(
            "cases.no_reason", "Rejecting contacts needs a reason.", "Say why they were not exposed."
        )
    stamp = {"decision": decision, "decided_by": actor.account_id, "decided_at": clock.now()}
    with acting(
        actor, Permission.CASE_WRITE, case.area_code, "contact.decide_many", ("case", case.id)
    ) as record:
        open_ones = Contact.objects.everything("of the case").filter(case=case, decision=Decided.PROPOSED)
        if contacts is not None:
            open_ones = open_ones.filter(id__in=contacts)
        ids = list(open_ones.values_list("id", flat=True))
        for start in range(0, len(ids), 500):
            some = ids[start : start + 500]
            ExposureRecord.objects.everything("of the contacts").filter(
                contact_id__in=some, decision=Decided.PROPOSED
            ).update(**stamp, decision_reason=reason.strip()[:300])
            Contact.objects.everything("of the case").filter(id__in=some, decision=Decided.PROPOSED).update(
                **stamp, reason=reason.strip()[:300]
            )
        record.detail = {"decision": decision, "n": len(ids)}
        publish("contacts.decided", case.area_code, {"case": str(case.id), "n": len(ids)})
    return len(ids)


def mark_contacts(actor: Actor, contacts: list[Any], **stamps: datetime | None) -> int:
    """Note the same instants on many contacts, by identifier; each keeps the first of each. Return how many changed.

    Runs as the system, on facts of settled duties and orders. Writes: Contact. Records: contact.mark.
    """
    changed: set[Any] = set()
    subject = ("contact", contacts[0]) if len(contacts) == 1 else ("", "")
    with acting(actor, Permission.CASE_WRITE, "", "contact.mark", subject) as record:
        for name, value in stamps.items():
            for start in range(0, len(contacts) if value else 0, 500):
                lacking = Contact.objects.everything("stamp").filter(
                    id__in=contacts[start : start + 500], **{name: None}
                )
                ids = list(lacking.values_list("id", flat=True))
                Contact.objects.everything("stamp").filter(id__in=ids).update(**{name: value})
                changed.update(ids)
        record.detail = {
            "contacts": sorted(map(str, changed)),
            "stamps": sorted(name for name, value in stamps.items() if value),
        }
    return len(changed)
