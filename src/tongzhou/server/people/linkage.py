"""Which persons of the register may be one: candidates by blind indexes, household and neighbourhood, then ranked.

Nothing is decrypted beyond the candidates. The comparison and its weights are `tongzhou.interop.linkage`; an
installation's own weights stand in its home folder. Never merges by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.db.models import Q

from tongzhou.core.access import Actor
from tongzhou.interop.linkage import (
    COMMUNITY_DIGITS,
    SHIPPED_WEIGHTS,
    Match,
    PersonFacts,
    Weights,
    match,
    read_weights,
)
from tongzhou.server.kernel.records import prefix_range
from tongzhou.server.people.models import Person
from tongzhou.server.people.queries import visible_people

LIKELY = 0.1
"""From this probability on a pair is shown; a person decides."""
MOST = 400


def own_weights() -> Path:
    """Return where an installation keeps its own weights."""
    return Path(settings.HOME) / "linkage_weights.toml"


def weights_in_use() -> Weights:
    """Return the installation's own weights, or the shipped ones."""
    own = own_weights()
    return read_weights(own if own.exists() else SHIPPED_WEIGHTS)


def facts_of(person: Person) -> PersonFacts:
    """Return what a person is compared by."""
    return PersonFacts(
        document=person.document,
        name=person.name,
        phone=person.phone_index,
        birth_year=person.birth_year,
        sex="" if person.sex == "unknown" else person.sex,
        household=person.household_id,
        area_code=person.area_code,
    )


def compare(person: Person, other: Person) -> Match:
    """Return how likely two persons are one."""
    return match(facts_of(person), facts_of(other), weights_in_use())


ALIKE = ("household_id", "name_index", "phone_index")
"""Any of these makes two persons worth comparing; each is looked up by its own index."""


def candidates_of(actor: Actor, person: Person) -> list[tuple[Person, Match]]:
    """Return who may be the same person within the actor's scope, most likely first."""
    near = [Q(**{column: value}) for column in ALIKE if (value := getattr(person, column))]
    if person.birth_year:
        community = prefix_range("area_code", person.area_code[:COMMUNITY_DIGITS])
        near.append(community & Q(birth_year=person.birth_year))
    people = visible_people(actor).exclude(id=person.id)
    found = {number for one in near for number in people.filter(one).values_list("id", flat=True)[:MOST]}
    ranked = rank(person, people.filter(id__in=sorted(found)[:MOST]).defer("phone", "address"))
    whole = people.in_bulk([other.id for other, _ in ranked])
    return [(whole[other.id], found_match) for other, found_match in ranked]


def rank(person: Person, others: Iterable[Person]) -> list[tuple[Person, Match]]:
    """Return the likely ones among some persons, most likely first."""
    mine, weights = facts_of(person), weights_in_use()
    matches = [(other, match(mine, facts_of(other), weights)) for other in others]
    likely = [pair for pair in matches if pair[1].probability >= LIKELY]
    return sorted(likely, key=lambda pair: -pair[1].probability)
