"""Reads of the area tree; areas are public, so no scope is needed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from django.db.models import Q, QuerySet
from django.db.models.functions import Length

from tongzhou.core.coordinates import GCJ_02, to_gcj02
from tongzhou.core.errors import InputError
from tongzhou.server.areas.models import Area
from tongzhou.server.areas.rules import ancestor_codes
from tongzhou.server.kernel.records import prefix_range

FOLDER = Path(__file__).resolve().parent
BUILT = FOLDER / "built"


@lru_cache(maxsize=1)
def code_lengths() -> tuple[int, ...]:
    """Return the lengths of codes in the tree in use (cleared when areas are loaded)."""
    lengths = Area.objects.annotate(n=Length("code")).values_list("n", flat=True).order_by().distinct()
    return tuple(sorted(lengths))


def top_of(code: str) -> str:
    """Return the code of the area at the top that an area lies in: its province in China."""
    return code[: code_lengths()[0]]


def get_area(code: str) -> Area:
    """Return an area; raises InputError that names the code."""
    found = Area.objects.filter(code=code).first()
    if found is None:
        raise InputError(
            "areas.unknown",
            f"No area has the code {code!r}.",
            "Search areas by name: tongzhou areas find NAME.",
        )
    return found


def centre_of(area: Area) -> list[float] | None:
    """Return the centre of an area in GCJ-02, the system of the outlines, or ``None``."""
    if area.longitude is None or area.latitude is None:
        return None
    point = to_gcj02(area.longitude, area.latitude, area.coordinate_system or GCJ_02)
    return [round(part, 5) for part in point]


def outlines_for(code: str) -> str:
    """Return the nearest area, itself or above, whose outlines are built; empty when there are none."""
    above = ancestor_codes(code, code_lengths())
    return next((area for area in above if (BUILT / "outlines" / f"{area}.json").exists()), "")


def path_to(code: str) -> list[Area]:
    """Return the area and everything above it, from the top down."""
    return paths_to([code])[code]


def paths_to(codes: Iterable[str]) -> dict[str, list[Area]]:
    """Return the same for many areas, in one query."""
    above = {code: ancestor_codes(code, code_lengths()) for code in codes}
    known = Area.objects.in_bulk({step for steps in above.values() for step in steps})
    return {code: [known[step] for step in reversed(steps) if step in known] for code, steps in above.items()}


def children_of(code: str) -> QuerySet[Area]:
    """Return the areas one level down, by code."""
    return Area.objects.filter(parent_id=code).order_by("code")


def search_areas(text: str, within: str = "", limit: int = 20) -> QuerySet[Area]:
    """Find areas by the beginning of their name, pinyin or code, highest level first."""
    text = text.strip()
    match = Q(name_zh__startswith=text) | Q(pinyin__startswith=text.lower().replace(" ", ""))
    if text.isdigit():
        match |= prefix_range("code", text)
    found = Area.objects.filter(match).filter(prefix_range("code", within))
    return found.order_by(Length("code"), "code")[:limit]


def names_of(codes: set[str] | list[str]) -> dict[str, Area]:
    """Return areas by code for a page's worth of codes, in one query."""
    return Area.objects.in_bulk(list(codes))
