"""Scoped reads of cases, contacts and exposures."""

from __future__ import annotations

from tongzhou.core.access import Actor
from tongzhou.server.access.queries import not_visible, scope_for
from tongzhou.server.access.rules import Permission
from tongzhou.server.cases.models import Case, Contact, ExposureRecord
from tongzhou.server.kernel.records import ScopedQuerySet, prefix_range


def visible_cases(actor: Actor, area_prefix: str = "") -> ScopedQuerySet:
    """Return the cases an actor may read, latest first."""
    cases = Case.objects.all().within(scope_for(actor, Permission.CASE_READ))
    return cases.filter(prefix_range("area_code", area_prefix)).select_related("person", "investigator")


def access_case(actor: Actor, case_id: object) -> Case:
    """Return one case; absent and out of scope raise the same NotVisible."""
    case = visible_cases(actor).filter(id=case_id).first()
    if case is None:
        raise not_visible(actor, Permission.CASE_READ, "case", case_id)
    return case


def contacts_of(actor: Actor, case: Case) -> ScopedQuerySet:
    """Return the contacts of a case the actor may read: their case is theirs, wherever the contact lives."""
    access_case(actor, case.id)
    contacts = Contact.objects.everything("contacts of a visible case").filter(case=case)
    return contacts.select_related("person")


def access_contact(actor: Actor, contact_id: object) -> Contact:
    """Return one contact of a visible case, or living in the actor's areas."""
    contacts = Contact.objects.everything("checked below").select_related("person", "case")
    contact = contacts.filter(id=contact_id).first()
    scope = scope_for(actor, Permission.CASE_READ)
    in_reach = contact and any(
        code.startswith(prefix)
        for prefix in scope.prefixes
        for code in (contact.area_code, contact.case.area_code)
    )
    if not in_reach:
        raise not_visible(actor, Permission.CASE_READ, "contact", contact_id)
    return contact


def exposures_of(actor: Actor, case: Case) -> ScopedQuerySet:
    """Return the exposures of a case, gravest and longest first."""
    access_case(actor, case.id)
    exposures = ExposureRecord.objects.everything("exposures of a visible case").filter(case=case)
    return exposures.select_related("contact", "contact__person", "place")
