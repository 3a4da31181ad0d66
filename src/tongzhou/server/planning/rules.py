"""From the records of an area to a question: pure decisions."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np

from tongzhou.epi.simulate.disease import Disease
from tongzhou.scenario import Question

PATHOGENS = {"covid-19": "sars-cov-2", "ebola-virus-disease": "ebola"}
"""Pathogen of the simulation by disease of a pack, where the two differ in name."""
RECENT_SHARE = 0.95


def recent_days(disease: Disease) -> int:
    """Return how many days back a case counts as a seed: within them most of those it infected show no symptoms yet.

    The 95 % point of the incubation period, in whole days.
    """
    return math.ceil(float(np.quantile(disease.incubation, RECENT_SHARE)))


def seeds_of(
    cases: Iterable[tuple[str, date]], areas: Iterable[str], today: date, n_days: int, factor: float
) -> dict[str, int]:
    """Return infections to start from by area: recent cases times unseen infections for each.

    cases : (area code, day of onset or of the first positive sample); factor : unseen infections a case

    >>> seeds_of([("440305001", date(2022, 7, 1))], ["440305", "440306"], date(2022, 7, 3), 5, 1.5)
    {'440305': 2}
    """
    known, counts = sorted(areas, key=len, reverse=True), dict[str, int]()
    first = today - timedelta(days=n_days)
    for code, on in cases:
        if on < first:
            continue
        area = next((one for one in known if code.startswith(one)), None)
        area = area or next((one for one in sorted(known) if one.startswith(code)), None)
        if area is not None:
            counts[area] = counts.get(area, 0) + 1
    return {area: math.ceil(n * factor) for area, n in sorted(counts.items()) if factor > 0}


def subject_key(area_code: str, question: Question) -> str:
    """Return what stays the same when a question is asked again of newer records."""
    asked = question.to_json()
    kept = {k: v for k, v in asked.items() if k not in ("introductions", "residents", "ready", "seed")}
    return digest_of({"area": area_code, **kept})


def digest_of(value: Mapping[str, Any] | list[Any]) -> str:
    """Return the SHA-256 of a value's JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
