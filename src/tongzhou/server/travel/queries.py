"""Reads of travel, scoped."""

from __future__ import annotations

from datetime import date, timedelta

from tongzhou.core.access import Actor
from tongzhou.server.access.queries import require
from tongzhou.server.access.rules import Permission
from tongzhou.server.kernel.records import prefix_range
from tongzhou.server.travel.models import TravelFigure

WHY = "travel of an area that the actor may analyse"


def travel_figures(
    actor: Actor, area_code: str, direction: str, first: date, n_days: int
) -> list[TravelFigure]:
    """Return the figures of travel of some days, in and below an area. Needs: analysis.read in the area."""
    require(actor, Permission.ANALYSIS_READ, area_code)
    rows = TravelFigure.objects.everything(WHY).filter(
        prefix_range("area_code", area_code), direction=direction, is_superseded=False
    )
    return list(rows.filter(on__gte=first, on__lt=first + timedelta(days=n_days)))
