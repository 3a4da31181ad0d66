"""Find persons: exactly by document or phone, within a scope by name; one person for who may see them."""

from __future__ import annotations

from tongzhou.core.access import Actor
from tongzhou.server.access.queries import not_visible, scope_for
from tongzhou.server.access.rules import Permission
from tongzhou.server.kernel.records import ScopedQuerySet
from tongzhou.server.people.models import Person
from tongzhou.server.vault.crypto import blind_index

DOCUMENT, PHONE, NAME = "people.document", "people.phone", "people.name"


def visible_people(actor: Actor) -> ScopedQuerySet:
    """Return the persons an actor may read: living in their areas, or themselves."""
    people = Person.objects.all().within(scope_for(actor, Permission.PERSON_READ))
    return people.filter(merged_into=None)


def access_person(actor: Actor, person_id: int) -> Person:
    """Return one person; absent and out of scope raise the same NotVisible."""
    person = visible_people(actor).filter(id=person_id).first()
    if person is None and actor.person_id == person_id:
        person = Person.objects.everything("own record").filter(id=person_id).first()
    if person is None:
        raise not_visible(actor, Permission.PERSON_READ, "person", person_id)
    return person


def find_by_document(document: str) -> Person | None:
    """Return the person with exactly this document, for matching a result; merged ones lead to who is kept."""
    index = blind_index(document, DOCUMENT)
    if not index:
        return None
    matches = Person.objects.everything("exact match by document").select_related("merged_into")
    person = matches.filter(document_index=index).order_by("merged_into_id").first()
    return person.merged_into if person is not None and person.merged_into_id else person


def search_people(actor: Actor, text: str) -> ScopedQuerySet:
    """Find visible persons whose document, phone or whole name is exactly `text`."""
    from django.db.models import Q

    match = (
        Q(document_index=blind_index(text, DOCUMENT))
        | Q(phone_index=blind_index(text, PHONE))
        | Q(name_index=blind_index(text, NAME))
    )
    return visible_people(actor).filter(match)[:50] if text.strip() else visible_people(actor).none()
