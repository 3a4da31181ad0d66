"""The estimates of an area, and the button that makes them anew."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from tongzhou.server.access.queries import not_visible, require, require_anywhere
from tongzhou.server.access.rules import Permission
from tongzhou.server.analysis import queries, screens
from tongzhou.server.analysis.actions import request_runs
from tongzhou.server.analysis.models import RunKind
from tongzhou.server.areas.queries import get_area
from tongzhou.server.cases.packs import pack_in_force
from tongzhou.server.kernel.jobs import request_cancel
from tongzhou.server.kernel.sentences import shown_name


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Lead to the estimates of one's own area."""
    scope = require_anywhere(request.actor, Permission.ANALYSIS_READ)
    return redirect("analysis:area", area=scope.prefixes[0] or settings.ROOT_AREA)


@require_GET
def insight(request: HttpRequest, area: str) -> HttpResponse:
    """Show R, nowcast, forecast and alarms of one area, each with where it came from."""
    require(request.actor, Permission.ANALYSIS_READ, area)
    shown, disease = get_area(area), pack_in_force().disease
    runs = queries.current_runs(request.actor, area, disease)
    series = queries.daily_series(request.actor, area, disease, screens.SHOWN_DAYS)
    page = {
        "area": shown,
        "name": shown_name(shown),
        "sections": {kind.value: screens.section(kind, runs.get(kind)) for kind in RunKind},
        "curve": screens.curve(series, runs),
        "nowcast_curve": screens.nowcast_curve(runs.get(RunKind.NOWCAST)),
        "alarm_curve": screens.alarm_curve(runs.get(RunKind.ALARMS)),
        "rt": screens.reproduction_now(runs.get(RunKind.RT)),
        "nowcast_rows": screens.nowcast_rows(runs.get(RunKind.NOWCAST)),
        "forecast_rows": screens.forecast_rows(runs.get(RunKind.FORECAST)),
        "alarm_rows": screens.alarm_rows(runs.get(RunKind.ALARMS)),
        "weekly_rows": screens.weekly_rows(runs.get(RunKind.ALARMS)),
        **_jobs(request, area),
    }
    return render(request, "analysis/insight.html", page)


def _jobs(request: HttpRequest, area: str) -> dict[str, Any]:
    account_id = request.actor.account_id
    return {"jobs": [screens.job_row(job, account_id) for job in queries.live_jobs(area)]}


@require_POST
def run(request: HttpRequest, area: str) -> HttpResponse:
    """Queue the estimates anew."""
    get_area(area)
    request_runs(request.actor, area)
    return redirect("analysis:area", area=area)


@require_GET
def jobs_fragment(request: HttpRequest, area: str) -> HttpResponse:
    """Return what runs now; once nothing does, ask the page to load again."""
    require(request.actor, Permission.ANALYSIS_READ, area)
    page = _jobs(request, area)
    answer = render(request, "analysis/jobs.html", {"area": get_area(area), **page})
    if not page["jobs"]:
        answer["HX-Refresh"] = "true"
    return answer


@require_POST
def cancel(request: HttpRequest, area: str, job_id: UUID) -> HttpResponse:
    """Stop one's own run."""
    require(request.actor, Permission.ANALYSIS_READ, area)
    own = (job for job in queries.live_jobs(area) if job.requested_by == request.actor.account_id)
    found = next((job for job in own if job.id == job_id), None)
    if found is None:
        raise not_visible(request.actor, Permission.ANALYSIS_READ, "job", job_id)
    request_cancel(found)
    return HttpResponse(status=204)
