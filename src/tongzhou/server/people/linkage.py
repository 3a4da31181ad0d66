"""Who may be the same person: Fellegi-Sunter comparison with Chinese names in mind.

Names agree as written, in another order, or by sound (pinyin); documents agree, or differ in one character with
only one of the two passing its check digit. Candidates are found by blind indexes, household and neighbourhood,
so that nothing is decrypted beyond them. Never merges by itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from django.db.models import Q

from tongzhou.core.access import Actor
from tongzhou.core.identifiers import is_valid_document
from tongzhou.server.kernel.records import prefix_range
from tongzhou.server.people.models import Person
from tongzhou.server.people.queries import visible_people

PRIOR = 1e-5
"""Chance that two persons of one search area are one, before anything is compared."""
LIKELY = 0.1
MOST = 400
COMMUNITY_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Level:
    """How much an agreement tells: m among pairs of one person, u among pairs of two."""

    m: float
    u: float

    @property
    def bits(self) -> float:
        """Return the weight in bits."""
        return math.log2(self.m / self.u)


LEVELS: dict[str, dict[str, Level]] = {
    "document": {"document": Level(0.90, 1e-9), "document_near": Level(0.08, 1e-7), "": Level(0.02, 1.0)},
    "name": {
        "name": Level(0.85, 1e-4),
        "name_order": Level(0.04, 2e-5),
        "pinyin": Level(0.08, 4e-4),
        "": Level(0.03, 0.9995),
    },
    "phone": {"phone": Level(0.70, 1e-5), "": Level(0.30, 0.99999)},
    "birth": {"birth": Level(0.96, 0.013), "": Level(0.04, 0.987)},
    "sex": {"sex": Level(0.99, 0.5), "": Level(0.01, 0.5)},
    "household": {"household": Level(0.60, 1e-4), "": Level(0.40, 0.9999)},
    "area": {"area": Level(0.70, 0.02), "": Level(0.30, 0.98)},
}
"""For each part, its levels of agreement; the empty level is disagreement, and a part unknown on one side tells
nothing. Order of magnitude by the size of a city: replaced by estimates where a register allows them."""


@dataclass(frozen=True, slots=True)
class Match:
    """How likely two are one, and what agrees: ``(level, weight in bits)``."""

    probability: float
    agrees: list[tuple[str, float]] = field(default_factory=list)


def compare(person: Person, other: Person) -> Match:
    """Return how likely two persons are one.

    References
    ----------
    Fellegi and Sunter (1969), A theory for record linkage, JASA 64: the sum of log2(m/u) over the parts.
    """
    bits = math.log2(PRIOR / (1 - PRIOR))
    agrees = []
    for part, level in _levels(person, other).items():
        weight = LEVELS[part][level].bits
        bits += weight
        if level:
            agrees.append((level, round(weight, 1)))
    return Match(1 / (1 + 2**-bits), agrees)


def _levels(person: Person, other: Person) -> dict[str, str]:
    """Return the level of each part known on both sides."""
    levels: dict[str, str] = {}
    if person.document and other.document:
        levels["document"] = _document_level(person.document, other.document)
    if person.name and other.name:
        levels["name"] = name_level(person.name, other.name)
    if person.phone_index and other.phone_index:
        levels["phone"] = "phone" if person.phone_index == other.phone_index else ""
    if person.birth_year and other.birth_year:
        levels["birth"] = "birth" if person.birth_year == other.birth_year else ""
    if "unknown" not in (person.sex, other.sex):
        levels["sex"] = "sex" if person.sex == other.sex else ""
    if person.household_id and other.household_id:
        levels["household"] = "household" if person.household_id == other.household_id else ""
    same_area = person.area_code[:COMMUNITY_DIGITS] == other.area_code[:COMMUNITY_DIGITS]
    levels["area"] = "area" if same_area else ""
    return levels


def _document_level(one: str, two: str) -> str:
    one, two = one.strip().upper(), two.strip().upper()
    if one == two:
        return "document"
    n_apart = sum(a != b for a, b in zip(one, two, strict=False))
    is_slip = len(one) == len(two) and n_apart == 1 and is_valid_document(one) != is_valid_document(two)
    return "document_near" if is_slip else ""


def name_level(one: str, two: str) -> str:
    """Return how two names agree: ``name``, ``name_order``, ``pinyin`` or nothing.

    >>> name_level("王小明", "王小明"), name_level("小明王", "王小明"), name_level("王晓明", "王小明")
    ('name', 'name_order', 'pinyin')
    >>> name_level("Wang Xiaoming", "王小明"), name_level("XIAOMING WANG", "王小明"), name_level("李雷", "王小明")
    ('pinyin', 'pinyin', '')
    """
    one, two = _folded(one), _folded(two)
    if one == two:
        return "name"
    if sorted(one.replace(" ", "")) == sorted(two.replace(" ", "")) and _is_turned(one, two):
        return "name_order"
    return "pinyin" if _sounds(one) & _sounds(two) else ""


def _folded(name: str) -> str:
    return " ".join(name.replace("·", " ").lower().split())


def _is_turned(one: str, two: str) -> bool:
    """Tell whether one name is the other with its parts turned: family name last instead of first."""
    plain_one, plain_two = one.replace(" ", ""), two.replace(" ", "")
    return plain_one in plain_two + plain_two


@lru_cache(maxsize=4096)
def _sounds(name: str) -> frozenset[str]:
    """Return the name in pinyin without tones, family name first and last."""
    from pypinyin import lazy_pinyin

    has_characters = any("\u4e00" <= letter <= "\u9fff" for letter in name)
    parts = lazy_pinyin(name.replace(" ", "")) if has_characters else name.split()
    turns = (parts[cut:] + parts[:cut] for cut in range(max(len(parts), 1)))
    return frozenset("".join(turn) for turn in turns)


def candidates_of(actor: Actor, person: Person) -> list[tuple[Person, Match]]:
    """Return who may be the same person within the actor's scope, most likely first."""
    near = Q(household_id=person.household_id) if person.household_id else Q()
    for column in ("name_index", "phone_index"):
        if value := getattr(person, column):
            near |= Q(**{column: value})
    if person.birth_year:
        community = prefix_range("area_code", person.area_code[:COMMUNITY_DIGITS])
        near |= community & Q(birth_year=person.birth_year)
    if not near:
        return []
    others = visible_people(actor).filter(near).exclude(id=person.id)[:MOST]
    return rank(person, others)


def rank(person: Person, others: Iterable[Person]) -> list[tuple[Person, Match]]:
    """Return the likely ones among some persons, most likely first."""
    matches = [(other, compare(person, other)) for other in others]
    likely = [pair for pair in matches if pair[1].probability >= LIKELY]
    return sorted(likely, key=lambda pair: -pair[1].probability)
