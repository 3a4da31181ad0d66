"""An installation's own weights of record linkage, estimated from its register; decrypts in memory only."""

from __future__ import annotations

from itertools import combinations, groupby, islice
from typing import Any

import numpy as np
from django.conf import settings
from django.db.models import Count

from tongzhou.core.access import Actor
from tongzhou.core.errors import InputError
from tongzhou.interop.linkage import Weights, estimate_weights, patterns_of, read_weights, write_weights
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.people.linkage import facts_of, own_weights
from tongzhou.server.people.models import Person

BLOCKS = {"document": "document_index", "name": "name_index", "phone": "phone_index"}
LEAST_PAIRS = 50
"""Fewer pairs than this share something: too few to estimate from."""


def estimate_own_weights(
    actor: Actor, seed: int = 0, n_random: int = 100_000, n_most: int = 20_000
) -> tuple[Weights, int]:
    """Estimate this installation's weights from its persons and keep them in its home folder.

    Needs: person.read at the root. Writes: a file in the home folder. Records: linkage.estimate.

    Returns
    -------
    weights, and how many pairs shared something

    Raises
    ------
    InputError : ``linkage.too_few`` — too few pairs share a document, a name or a phone
    """
    with acting(actor, Permission.PERSON_READ, settings.ROOT_AREA, "linkage.estimate") as record:
        weights, n_shared = _estimate(np.random.default_rng(seed), n_random, n_most)
        write_weights(own_weights(), weights)
        record.detail = {"n_pairs": n_shared, "prior": weights.prior}
    read_weights.cache_clear()
    return weights, n_shared


def _estimate(rng: np.random.Generator, n_random: int, n_most: int) -> tuple[Weights, int]:
    persons = Person.objects.everything("weights of linkage")
    ids = np.asarray(persons.order_by("id").values_list("id", flat=True))
    blocks = {part: _pairs_sharing(column, n_most) for part, column in BLOCKS.items()}
    n_shared = sum(map(len, blocks.values()))
    if n_shared < LEAST_PAIRS or len(ids) < LEAST_PAIRS:
        raise InputError(
            "linkage.too_few",
            f"Only {n_shared} pairs share a document, a name or a phone; {LEAST_PAIRS} are needed.",
            "Keep the shipped weights until the register has grown.",
        )
    pool = rng.choice(ids, min(len(ids), n_most), replace=False)
    drawn = [(int(i), int(j)) for i, j in rng.choice(pool, (n_random, 2)) if i != j]
    wanted = {i for pairs in (drawn, *blocks.values()) for pair in pairs for i in pair}
    facts = {p.id: facts_of(p) for p in persons.iterator(chunk_size=2000) if p.id in wanted}
    patterns = {part: patterns_of((facts[i], facts[j]) for i, j in pairs) for part, pairs in blocks.items()}
    source = (
        f"estimated from {len(ids):,} persons of this installation, {n_shared:,} pairs that share something"
    )
    random_pairs = patterns_of((facts[i], facts[j]) for i, j in drawn)
    return estimate_weights(random_pairs, patterns, len(ids), source), n_shared


def _pairs_sharing(column: str, limit: int) -> list[tuple[int, int]]:
    persons: Any = Person.objects.everything("weights of linkage").exclude(**{column: ""})
    shared = persons.values(column).annotate(n=Count("id")).filter(n__gt=1).values(column)
    rows = persons.filter(**{f"{column}__in": shared}).order_by(column, "id").values_list(column, "id")
    groups = (list(members) for _, members in groupby(rows.iterator(chunk_size=2000), key=lambda row: row[0]))
    pairs = ((one[1], two[1]) for members in groups for one, two in combinations(members, 2))
    return list(islice(pairs, limit))
