"""Find persons: exactly by document or phone, within a scope by name; one person for who may see them."""

from __future__ import annotations

from django.db.models import Q

from tongzhou.core.access import Actor
from tongzhou.core.exposures import Setting
from tongzhou.server.access.queries import not_visible, scope_for
from tongzhou.server.access.rules import Permission
from tongzhou.server.kernel.records import ScopedQuerySet, prefix_range
from tongzhou.server.people.models import Household, Merge, Person, Place
from tongzhou.server.vault.crypto import blind_index

DOCUMENT, PHONE, NAME = "people.document", "people.phone", "people.name"

MOST_ALIKE = 500
"""So many persons with one name are looked at."""


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


def numbers_of(person: Person) -> list[int]:
    """Return every number that records may know a person by: their own and those merged into it."""
    merged = Person.objects.everything("numbers of one person").filter(merged_into=person)
    return [person.id, *merged.values_list("id", flat=True)]


def search_people(actor: Actor, text: str) -> ScopedQuerySet:
    """Find visible persons whose document, phone or whole name is exactly `text`."""
    if not text.strip():
        return visible_people(actor).none()
    # Each index by itself: asked for all at once, SQLite walks everybody who was never merged.
    by_document, by_phone, by_name = (
        Person.objects.everything("exact match, seen only within the scope").filter(match).values("id")
        for match in (
            Q(document_index=blind_index(text, DOCUMENT)),
            Q(phone_index=blind_index(text, PHONE)),
            Q(name_index=blind_index(text, NAME)),
        )
    )
    found = list(by_document.union(by_phone, by_name).values_list("id", flat=True)[:MOST_ALIKE])
    return visible_people(actor).filter(id__in=found)[:50]


def search_places(actor: Actor, text: str, area_prefix: str = "", limit: int = 20) -> ScopedQuerySet:
    """Find places by a part of their name; homes only within the actor's areas, since they tell where people live."""
    if not text.strip():
        return Place.objects.none().everything("nothing was asked")
    scope = scope_for(actor, Permission.CASE_READ)
    near = Q()
    if "" not in scope.prefixes:
        near = ~Q(setting=Setting.HOUSEHOLD.value)
        for prefix in scope.prefixes:
            near |= prefix_range("area_code", prefix)
    named = Q(name_zh__contains=text.strip()) | Q(name_en__icontains=text.strip())
    places = Place.objects.everything("names of public places").filter(prefix_range("area_code", area_prefix))
    return places.filter(near & named).order_by("name_zh", "id")[:limit]


def is_number(text: str) -> bool:
    """Tell whether a text is a person's or place's number, small enough for the database."""
    return text.isascii() and text.isdigit() and len(text) <= 18


def household_of(actor: Actor, person: Person) -> Household | None:
    """Return the household of a visible person, with its home; ``None`` for somebody without one."""
    if person.household_id is None:
        return None
    found = Household.objects.everything("of a visible person").filter(id=person.household_id)
    return found.select_related("home").first()


def merges_of(person: Person) -> list[Merge]:
    """Return the standing merges into a visible person."""
    merges = Merge.objects.everything("of a visible person").filter(kept=person, undone_at=None)
    return list(merges.select_related("merged").order_by("recorded_at"))


def access_merge(actor: Actor, merge_id: object) -> Merge:
    """Return a standing merge of the actor's areas; absent and out of scope raise the same NotVisible."""
    merges = Merge.objects.all().within(scope_for(actor, Permission.PERSON_READ))
    merge = merges.filter(id=merge_id, undone_at=None).select_related("kept", "merged").first()
    if merge is None:
        raise not_visible(actor, Permission.PERSON_READ, "merge", merge_id)
    return merge
