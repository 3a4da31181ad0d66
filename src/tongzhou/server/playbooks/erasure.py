"""Erase a person: names, documents and words about them go everywhere; counts and the audit chain stay valid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings

from tongzhou.core.access import Actor
from tongzhou.core.errors import Conflict, InputError
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.audit.actions import erase_subjects
from tongzhou.server.cases.models import Case, Contact, ExposureRecord
from tongzhou.server.duties.models import Duty, DutyNote
from tongzhou.server.kernel import clock
from tongzhou.server.labs.models import UnlinkedResult
from tongzhou.server.measures.models import Appeal, Order, OrderState
from tongzhou.server.movement.ledger_door import get_ledger
from tongzhou.server.people.models import Person

_BLANK = {"name": "", "document": "", "phone": "", "address": ""}
_NO_INDEX = {"name_index": "", "document_index": "", "phone_index": ""}


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure removed."""

    n_ledger_rows: int
    n_audit_events: int


def erase_person(actor: Actor, person: Person, reason: str) -> Erased:
    """Erase one person for good: personal fields, stays, trips and tests, free text, audit content.

    Needs: access.manage in the person's area. Writes: Person, Case, Contact, ExposureRecord, Duty, DutyNote,
    UnlinkedResult, Order, Appeal, the ledger, the audit. Records: person.erase and audit.erase; the chain stays
    valid. Raises Conflict while an order about the person is in force. Erasing again changes nothing.
    """
    if len(reason.strip()) < 4:
        raise InputError("people.no_reason", "An erasure needs a reason.", "Name the request or the rule.")
    mine = Order.objects.everything("is one in force").filter(person=person, state=OrderState.IN_FORCE)
    if mine.exists():
        raise Conflict(
            "people.order_in_force", "An order about this person is in force.", "Release it first."
        )
    with acting(actor, Permission.ACCESS_MANAGE, person.area_code, "person.erase") as record:
        Person.objects.everything("erasure").filter(id=person.id).update(
            **_BLANK, **_NO_INDEX, birth_year=None, population_group="", household=None, erased_at=clock.now()
        )
        Case.objects.everything("erasure").filter(person=person).update(note="", report_card={})
        Duty.objects.everything("erasure").filter(person_number=person.id).update(evidence={}, reason="")
        UnlinkedResult.objects.everything("erasure").filter(linked_person=person).update(
            name="", document="", phone=""
        )
        DutyNote.objects.filter(duty__person_number=person.id).update(text="")
        Contact.objects.everything("erasure").filter(person=person).update(reason="")
        ExposureRecord.objects.everything("erasure").filter(contact__person=person).update(decision_reason="")
        Order.objects.everything("erasure").filter(person=person).update(
            approval_reason="", release_reason=""
        )
        Appeal.objects.everything("erasure").filter(order__person=person).update(text="", answer="")
        n_events = erase_subjects(actor.account_id, [("person", str(person.id))], reason.strip()[:200])
        n_rows = sum(get_ledger().erase_person(person.id).n_rows.values())
        record.detail = {"n_ledger_rows": n_rows, "n_audit_events": n_events}
    return Erased(n_rows, n_events)


def expire_days(actor: Actor, tables: Sequence[str], before: date, reason: str) -> dict[str, int]:
    """Delete the ledger's local days before `before` for good; return the rows that went, by table.

    Needs: access.manage at the root. Writes: the ledger. Records: ledger.expire. Safe to run again.
    """
    if len(reason.strip()) < 4:
        raise InputError("people.no_reason", "An erasure needs a reason.", "Name the request or the rule.")
    if before > clock.now().astimezone(clock.zone()).date():
        raise InputError("ledger.future_day", f"{before} is not over yet.", "Give a day of the past.")
    with acting(actor, Permission.ACCESS_MANAGE, settings.ROOT_AREA, "ledger.expire") as record:
        gone = {table: get_ledger().drop_days(table, before) for table in tables}
        record.detail = {"before": before.isoformat(), "rows": gone, "reason": reason.strip()[:200]}
    return gone
