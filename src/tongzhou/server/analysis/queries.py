"""Daily series of an area from its cases, and the runs made of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q
from django.db.models.functions import TruncDate

from tongzhou.core.access import Actor
from tongzhou.core.time import day_bounds
from tongzhou.server.access.queries import require
from tongzhou.server.access.rules import Permission, is_allowed
from tongzhou.server.analysis.models import Run, RunKind
from tongzhou.server.cases.models import Case
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.days import count_by_day
from tongzhou.server.kernel.models import Job, JobState
from tongzhou.server.kernel.records import ScopedQuerySet, prefix_range

WHY = "counts of an area that the actor may analyse"
COUNTED = Q(classification__in=["confirmed", "carrier", "clinical"])
KINDS = {f"analysis_{kind}": RunKind(kind) for kind in RunKind.values}
"""Kind of job -> kind of run."""
LIVE = (JobState.QUEUED, JobState.RUNNING)


@dataclass(frozen=True, slots=True)
class DailySeries:
    """Cases of an area by day of diagnosis, every whole day from the first; `imported` are a part of `counts`."""

    days: list[date]
    counts: list[int]
    imported: list[int]


def last_whole_day() -> date:
    """Return the last day that is over: today's count is not yet one."""
    return clock.today() - timedelta(days=1)


def _cases(actor: Actor, area_code: str, disease: str, n_days: int) -> ScopedQuerySet:
    require(actor, Permission.ANALYSIS_READ, area_code)
    start, _ = day_bounds(last_whole_day() - timedelta(days=n_days - 1), clock.zone())
    _, end = day_bounds(last_whole_day(), clock.zone())
    rows = Case.objects.everything(WHY).filter(COUNTED, prefix_range("area_code", area_code))
    return rows.filter(disease=disease, diagnosed_at__gte=start, diagnosed_at__lt=end)


def daily_series(actor: Actor, area_code: str, disease: str, n_days: int) -> DailySeries:
    """Return cases by day of diagnosis up to yesterday, from the first case of the last days.

    Needs: analysis.read in the area. Empty where there is no case.
    """
    start, _ = day_bounds(last_whole_day() - timedelta(days=n_days - 1), clock.zone())
    imported = Count("area_code", filter=Q(is_imported_infection=True))
    rows = _cases(actor, area_code, disease, n_days)
    by_day = count_by_day(rows, "diagnosed_at", start, n_imported=imported)
    found = {on: counts for (on,), counts in by_day.items()}
    if not found:
        return DailySeries([], [], [])
    first = min(found)
    days = [first + timedelta(days=n) for n in range((last_whole_day() - first).days + 1)]
    both = [found.get(day, (0, 0)) for day in days]
    return DailySeries(days, [n for n, _ in both], [n for _, n in both])


def onsets(actor: Actor, area_code: str, disease: str, n_days: int) -> list[tuple[date, date]]:
    """Return days of onset and of diagnosis of cases with symptoms known before diagnosis.

    Needs: analysis.read in the area.
    """
    rows = _cases(actor, area_code, disease, n_days).exclude(onset_on=None)
    dated = rows.annotate(on=TruncDate("diagnosed_at", tzinfo=clock.zone()))
    pairs = dated.order_by("onset_on", "on").values_list("onset_on", "on")
    return [(onset, report) for onset, report in pairs.iterator() if onset <= report]


def current_runs(actor: Actor, area_code: str, disease: str) -> dict[str, Run]:
    """Return the latest run of each kind. Needs: analysis.read in the area."""
    require(actor, Permission.ANALYSIS_READ, area_code)
    runs = Run.objects.everything(WHY).filter(area_code=area_code, disease=disease, is_superseded=False)
    return {run.kind: run for run in runs}


def live_jobs(area_code: str) -> list[Job]:
    """Return the runs of an area that wait or run."""
    jobs = Job.objects.everything(WHY).filter(kind__in=KINDS, area_code=area_code, state__in=LIVE)
    return list(jobs.order_by("recorded_at"))


def last_job(area_code: str) -> datetime | None:
    """Return when a run of an area was last asked for."""
    jobs = Job.objects.everything(WHY).filter(kind__in=KINDS, area_code=area_code)
    found: datetime | None = jobs.aggregate(at=Max("recorded_at"))["at"]
    return found


def newest_case(area_code: str, disease: str) -> datetime | None:
    """Return when the latest case of an area was recorded."""
    rows = Case.objects.everything(WHY).filter(prefix_range("area_code", area_code), disease=disease)
    found: datetime | None = rows.aggregate(at=Max("recorded_at"))["at"]
    return found


def curve_bands(actor: Actor, area_code: str, disease: str, first: date) -> dict[str, Any]:
    """Return the band of R and the forecast fan of an area as an epidemic curve draws them.

    Nothing for an actor without analysis.read, where no run is, or where the runs ended a week ago or more.
    """
    if not is_allowed(actor, Permission.ANALYSIS_READ, area_code):
        return {}
    runs = current_runs(actor, area_code, disease)
    oldest = clock.today() - timedelta(days=7)
    fresh = {kind: run for kind, run in runs.items() if run.result and run.until_on >= oldest}
    return bands_of(fresh, first)


def bands_of(runs: dict[str, Run], first: date) -> dict[str, Any]:
    """Return ``rt`` from a first day on and ``forecast`` of runs, where they have a result."""
    bands: dict[str, Any] = {}
    rt, forecast = runs.get(RunKind.RT), runs.get(RunKind.FORECAST)
    if rt and rt.result:
        kept = [i for i, day in enumerate(rt.result["days"]) if day >= first.isoformat()]
        bands["rt"] = {name: [rt.result[name][i] for i in kept] for name in ("days", "mean", "low", "high")}
    if forecast and forecast.result:
        bands["forecast"] = {name: forecast.result[name] for name in ("days", "median", "bands")}
    return bands
