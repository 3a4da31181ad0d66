"""Which places a person sees, and where they start: pure decisions about permissions."""

from __future__ import annotations

from collections.abc import Collection

from tongzhou.server.access.rules import Permission

PLACES: tuple[tuple[str, str, bool, frozenset[Permission]], ...] = (
    ("situation", "console:situation", True, frozenset({Permission.SITUATION_READ})),
    ("cases", "cases:list", False, frozenset({Permission.CASE_READ})),
    ("duties", "duties:board", False, frozenset({Permission.DUTY_READ})),
    ("resources", "console:resources", False, frozenset({Permission.ORDER_READ, Permission.SITUATION_READ})),
    ("insight", "analysis:home", False, frozenset({Permission.ANALYSIS_READ})),
)
"""(key, view name, whether its address names the area, any of these permissions opens it)."""


def places_for(may: Collection[Permission]) -> list[tuple[str, str, bool]]:
    """Return the places that somebody with these permissions sees."""
    return [(key, view, has_area) for key, view, has_area, needs in PLACES if needs & set(may)]


def home_of(may: Collection[Permission]) -> str:
    """Return the view somebody starts at."""
    if Permission.SITUATION_READ in may and Permission.RESULT_WRITE not in may:
        return "console:home_situation"
    if Permission.RESULT_WRITE in may:
        return "labs:home"
    if Permission.DUTY_DO in may:
        return "duties:mine"
    if Permission.POST_MANAGE in may:
        return "duties:posts"
    if Permission.OWN_READ in may:
        return "portal:mine"
    return "access:second_factor"
