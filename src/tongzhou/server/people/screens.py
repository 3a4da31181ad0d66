"""Persons as screens show them: masked, with what is recorded about them, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language, gettext, gettext_lazy

from tongzhou.core.access import Actor
from tongzhou.server.access.queries import scope_for
from tongzhou.server.access.rules import Permission
from tongzhou.server.areas.queries import path_to
from tongzhou.server.duties.queries import held_duty_about
from tongzhou.server.kernel.sentences import shown_name
from tongzhou.server.people.linkage import candidates_of, compare
from tongzhou.server.people.models import Person, Place, Sex
from tongzhou.server.people.queries import household_of, merges_of
from tongzhou.server.vault.masking import mask_document, mask_name, mask_phone

SEXES = {
    Sex.MALE: gettext_lazy("Male"),
    Sex.FEMALE: gettext_lazy("Female"),
    Sex.UNKNOWN: gettext_lazy("Sex not known"),
}
MOST = 50


def is_chinese() -> bool:
    """Tell whether the active language is Chinese."""
    return (get_language() or "").startswith("zh")


def masked(person: Person) -> str:
    """Return the name as lists show it; the number for somebody without one."""
    return mask_name(person.name) or gettext("Person %(number)s") % {"number": person.id}


def name_of(person: Person) -> dict[str, Any]:
    """Return what heads every page of a person."""
    return {"name": masked(person), "person": person}


def person_rows(people: Iterable[Person]) -> list[dict[str, Any]]:
    """Return persons for a list."""
    return [
        {
            "person": person,
            "name": masked(person),
            "document": mask_document(person.document),
            "phone": mask_phone(person.phone),
            "sex": SEXES[Sex(person.sex)],
            "url": reverse("people:person", args=[person.id]),
        }
        for person in people
    ]


def may(actor: Actor, permission: Permission, area_code: str) -> bool:
    """Tell whether an actor has a permission in an area."""
    return any(area_code.startswith(prefix) for prefix in scope_for(actor, permission).prefixes)


def person_page(actor: Actor, person: Person) -> dict[str, Any]:
    """Return the page of a person: identity masked, household, cases, contacts, orders, merges."""
    household = household_of(actor, person)
    return {
        **name_of(person),
        "row": person_rows([person])[0],
        "address": f"{person.address[:6]}****" if person.address else "",
        "area_path": " ".join(shown_name(area) for area in path_to(person.area_code)),
        "home": _place(household.home) if household and household.home else "",
        "members": person_rows(household.members.everything("of a visible household") if household else []),
        "cases": _cases(actor, person),
        "contacts": _contacts(actor, person),
        "orders": _orders(actor, person),
        "merges": [{"merge": merge, "name": masked(merge.merged)} for merge in merges_of(person)],
        "can_unmask": may(actor, Permission.PERSON_UNMASK, person.area_code)
        or held_duty_about(actor, [person.id]) is not None,
        "can_write": may(actor, Permission.CASE_WRITE, person.area_code),
    }


def _place(place: Place) -> str:
    return shown_name(place)


def _cases(actor: Actor, person: Person) -> list[Any]:
    """Reached over the relation: cases belong to an app above this one."""
    return list(person.cases.all().within(scope_for(actor, Permission.CASE_READ))[:MOST])


def _contacts(actor: Actor, person: Person) -> list[Any]:
    contacts = person.contacts.all().within(scope_for(actor, Permission.CASE_READ)).select_related("case")
    return list(contacts.order_by("-last_exposure_at")[:MOST])


def _orders(actor: Actor, person: Person) -> list[Any]:
    return list(person.orders.all().within(scope_for(actor, Permission.ORDER_READ))[:MOST])


def candidate_rows(actor: Actor, person: Person) -> list[dict[str, Any]]:
    """Return who may be the same person, most likely first, with the evidence in words."""
    found = candidates_of(actor, person)
    rows = person_rows([other for other, _ in found])
    return [
        {
            **row,
            "probability": match.probability,
            "evidence": [(EVIDENCE[key], word) for key, word in match.agrees],
        }
        for row, (_, match) in zip(rows, found, strict=True)
    ]


def pair_evidence(person: Person, other: Person) -> dict[str, Any]:
    """Return what is kept with a merge: which parts agreed and how likely it is, no personal words."""
    match = compare(person, other)
    return {"probability": round(match.probability, 6), "agrees": [key for key, _ in match.agrees]}


EVIDENCE = {
    "document": gettext_lazy("Document"),
    "document_near": gettext_lazy("Document, one character apart"),
    "phone": gettext_lazy("Phone"),
    "name": gettext_lazy("Name"),
    "name_order": gettext_lazy("Name, in another order"),
    "pinyin": gettext_lazy("Name by sound"),
    "birth": gettext_lazy("Year of birth"),
    "sex": gettext_lazy("Sex"),
    "household": gettext_lazy("Household"),
    "area": gettext_lazy("Area"),
}
