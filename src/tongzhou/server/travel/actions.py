"""Record who is to travel; ask for a return peak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tongzhou.core.access import Actor
from tongzhou.core.errors import InputError
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.areas.queries import get_area
from tongzhou.server.kernel import jobs
from tongzhou.server.kernel.models import Job
from tongzhou.server.planning.actions import check_figure
from tongzhou.server.planning.queries import PEAK, live_jobs
from tongzhou.server.travel.models import TravelDirection, TravelFigure

TRAVEL_VALUES = ("n_registered", "n_expected", "other_cases", "other_population", "as_of", "source")


@dataclass(frozen=True, slots=True)
class TravelEntry:
    """One figure of travel."""

    area_code: str
    direction: str
    on: date
    other: str
    as_of: date
    source: str
    checkpoint: str = ""
    n_registered: int = 0
    n_expected: int | None = None
    other_cases: int | None = None
    other_population: int | None = None


def record_travel(actor: Actor, area_code: str, entries: Sequence[TravelEntry]) -> int:
    """Keep figures of travel to or from an area; return how many were new.

    Needs: capacity.write in the area. Writes: TravelFigure; a figure before it is superseded. Records:
    travel.record. Idempotent by content.

    Raises
    ------
    InputError : an unknown direction or area, an area outside, a day to come as the figure's own, no source
    """
    for entry in entries:
        if entry.direction not in TravelDirection.values:
            raise InputError(
                "planning.unknown_direction", f"{entry.direction!r} is no direction.", "Write in or out."
            )
        check_figure(area_code, entry.area_code, entry.as_of, entry.source)
        get_area(entry.other)
    with acting(actor, Permission.CAPACITY_WRITE, area_code, "travel.record", ("area", area_code)) as record:
        n_new = sum(_keep_travel(actor, entry) for entry in entries)
        record.detail = {"n": n_new}
    return n_new


def _keep_travel(actor: Actor, entry: TravelEntry) -> bool:
    names = ("area_code", "direction", "on", "other", "checkpoint")
    identity = {name: getattr(entry, name) for name in names}
    rows = TravelFigure.objects.everything("the figure before").filter(**identity, is_superseded=False)
    values = {name: getattr(entry, name) for name in TRAVEL_VALUES}
    if rows.filter(**values).exists():
        return False
    rows.update(is_superseded=True)
    TravelFigure.objects.create(**identity, **values, entered_by=actor.account_id)
    return True


def ask_peak(actor: Actor, area_code: str, asked: Mapping[str, Any]) -> Job:
    """Queue a return peak; it is computed from the records at the time it runs.

    asked : what the form gives
    Needs: analysis.read in the area. Writes: Job. Records: study.ask. Idempotent while a job of the same lives.
    """
    options = {**asked, "new_year": str(asked["new_year"] or "")}
    with acting(actor, Permission.ANALYSIS_READ, area_code, "study.ask", ("area", area_code)) as record:
        record.detail = {"kind": PEAK}
        same = next((job for job in live_jobs(area_code, PEAK) if job.options == options), None)
        return same or jobs.enqueue(PEAK, actor, area_code=area_code, options=options)
