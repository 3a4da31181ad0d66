"""Reads of travel, scoped."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import polars as pl
from django.db.models import Sum

from tongzhou.core.access import Actor
from tongzhou.server.access.queries import require
from tongzhou.server.access.rules import Permission
from tongzhou.server.cases.counts_queries import counting_at, latest_cutoff
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.records import prefix_range
from tongzhou.server.travel.models import TravelFigure, TravelRegistration

WEEK, SLACK = timedelta(days=7), timedelta(days=3)
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


def registered_travel(
    actor: Actor, area_code: str, direction: str, first: date, n_days: int
) -> dict[tuple[date, str], int]:
    """Return how many people residents registered here, by day and other place. Needs: analysis.read in the area."""
    require(actor, Permission.ANALYSIS_READ, area_code)
    rows = TravelRegistration.objects.everything(WHY).filter(
        prefix_range("area_code", area_code), direction=direction, is_superseded=False, withdrawn_at=None
    )
    rows = rows.filter(on__gte=first, on__lt=first + timedelta(days=n_days))
    sums = rows.values("on", "other").annotate(n=Sum("n_people")).order_by()
    return {(on, other): int(n) for on, other, n in sums.values_list("on", "other", "n")}


def reported_lately(codes: Iterable[str]) -> dict[str, tuple[int, int, date]]:
    """Return new confirmed cases of about a week at each place: cases, days they cover, last day.

    Two cumulative counts on record are subtracted, the last of the past three days and one a week before it; places
    without both are left out. Counts are public figures: no scope.
    """
    found = {}
    wanted = set(codes)
    for province in sorted({code[:2] for code in wanted}):
        now = clock.now()
        last = latest_cutoff(province, now - SLACK, now)
        before = latest_cutoff(province, last - WEEK - SLACK, last - WEEK) if last else None
        if last is None or before is None:
            continue
        new, old = _confirmed(province, last), _confirmed(province, before)
        for code in wanted & set(new) & set(old):
            days = round((last - before) / timedelta(days=1))
            found[code] = (max(new[code] - old[code], 0), days, last.astimezone(clock.zone()).date())
    return found


def _confirmed(province: str, at: datetime) -> dict[str, int]:
    """Return cumulative confirmed cases by area at a cut-off."""
    rows = counting_at(province, at)
    if rows.is_empty():
        return {}
    confirmed = rows.filter(pl.col("measure") == "confirmed").select("area_code", "count").drop_nulls()
    return dict(confirmed.iter_rows())
