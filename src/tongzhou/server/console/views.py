"""The situation of an area, search, the tray and where a person starts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from tongzhou.core.errors import NotVisible
from tongzhou.server.access.middleware import public
from tongzhou.server.access.queries import require, require_anywhere, scope_for
from tongzhou.server.access.rules import Permission
from tongzhou.server.analysis.queries import curve_bands
from tongzhou.server.areas.queries import BUILT, get_area, outlines_for, paths_to, search_areas
from tongzhou.server.cases.packs import pack_in_force
from tongzhou.server.console import queries, screens
from tongzhou.server.console.rules import home_of
from tongzhou.server.kernel import clock, jobs
from tongzhou.server.kernel.models import Job
from tongzhou.server.kernel.sentences import shown_name


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Lead a person to the place their post starts at."""
    may = {permission for permission in Permission if not scope_for(request.actor, permission).is_empty}
    return redirect(reverse(home_of(may)))


@require_GET
def home_situation(request: HttpRequest) -> HttpResponse:
    """Lead to the situation of one's own area."""
    scope = require_anywhere(request.actor, Permission.SITUATION_READ)
    return redirect("console:situation", area=scope.prefixes[0] or settings.ROOT_AREA)


@require_GET
def situation(request: HttpRequest, area: str) -> HttpResponse:
    """Show what is new, what is late and where, of one area."""
    shown = get_area(area)
    in_force = queries.open_orders_by_kind(request.actor, area)
    page = {
        "area": shown,
        "name": shown_name(shown),
        "figures": screens.head_figures(queries.figures(request.actor, area)),
        "late": screens.late_rows(queries.late_now(request.actor, area)),
        "late_areas": [
            (shown_name(child), child.code, n) for child, n in queries.late_by_child(request.actor, area)
        ],
        "new": queries.new_since(request.actor, area, clock.now() - timedelta(days=1)),
        "orders": screens.order_rows(in_force),
        "zones": screens.zone_rows(queries.zones_in_force(request.actor, area)),
        "capacities": screens.capacity_rows(queries.capacities_in_use(request.actor, area, in_force)),
        "as_of": clock.now(),
        "outlines_code": outlines_for(area),
    }
    return render(request, "console/situation.html", page)


@require_GET
def custody_fragment(request: HttpRequest, area: str) -> HttpResponse:
    """Return how far the response is, for the page of an area."""
    steps = screens.custody_steps(queries.custody(request.actor, area))
    return render(request, "console/custody.html", {"funnel": steps, "as_of": clock.now()})


@require_GET
def map_json(request: HttpRequest, area: str) -> JsonResponse:
    """Return what the map of an area draws."""
    return JsonResponse(screens.map_content(queries.map_data(request.actor, area)))


@require_GET
def curve_json(request: HttpRequest, area: str) -> JsonResponse:
    """Return the epidemic curve of an area."""
    days, new = queries.curve(request.actor, area)
    return JsonResponse(
        {
            "days": [day.isoformat() for day in days],
            "new": new,
            "basis": _("by day of diagnosis"),
            "method": _("count of cases"),
            **curve_bands(request.actor, area, pack_in_force().disease, days[0]),
        }
    )


@public
@require_GET
def outlines(request: HttpRequest, code: str) -> FileResponse:
    """Return the schematic outlines of the areas within one area."""
    file = BUILT / "outlines" / f"{code}.json"
    if not code.isdigit() or not file.exists():
        raise Http404
    response = FileResponse(file.open("rb"), content_type="application/geo+json")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


@require_GET
def areas(request: HttpRequest) -> JsonResponse:
    """Find areas for the picker."""
    found = list(search_areas(request.GET.get("q", ""), limit=12)) if request.GET.get("q", "").strip() else []
    paths = paths_to(area.code for area in found)
    items = [
        {
            "code": area.code,
            "name": shown_name(area),
            "path": " / ".join(shown_name(step) for step in paths[area.code][:-1]),
            "url": reverse("console:situation", args=[area.code]),
        }
        for area in found
    ]
    return JsonResponse({"items": items})


@require_GET
def palette(request: HttpRequest) -> JsonResponse:
    """Answer the command palette: cases by number, areas by name, actions by word."""
    return JsonResponse({"groups": screens.palette_groups(request.actor, request.GET.get("q", "").strip())})


@require_GET
def job_list(request: HttpRequest) -> JsonResponse:
    """Return the tray: one's own latest jobs."""
    own = Job.objects.everything("one's own jobs").filter(requested_by=request.actor.account_id)
    return JsonResponse({"jobs": [screens.job_row(job) for job in own.order_by("-recorded_at")[:10]]})


def _own_job(request: HttpRequest, job_id: object) -> Job:
    job = (
        Job.objects.everything("one's own job")
        .filter(id=job_id, requested_by=request.actor.account_id)
        .first()
    )
    if job is None:
        raise NotVisible("access.not_visible", "No such job.", "Look in the tray.")
    return job


@require_POST
def cancel_job(request: HttpRequest, job_id: object) -> JsonResponse:
    """Ask one's own job to stop."""
    jobs.request_cancel(_own_job(request, job_id))
    return JsonResponse({"ok": True})


@require_GET
def late_fragment(request: HttpRequest, area: str) -> HttpResponse:
    """Return the list of what is late, for the live board."""
    require(request.actor, Permission.SITUATION_READ, area)
    page: dict[str, Any] = {"late": screens.late_rows(queries.late_now(request.actor, area))}
    return render(request, "console/late.html", page)


@require_GET
def resources(request: HttpRequest) -> HttpResponse:
    """Show the orders and zones in force in one's areas, as a way in."""
    scope = require_anywhere(request.actor, Permission.SITUATION_READ)
    area = request.GET.get("area") or scope.prefixes[0]
    in_force = queries.open_orders_by_kind(request.actor, area)
    page = {
        "orders": screens.order_rows(in_force),
        "zones": screens.zone_rows(queries.zones_in_force(request.actor, area)),
        "capacities": screens.capacity_rows(queries.capacities_in_use(request.actor, area, in_force)),
    }
    return render(request, "console/resources.html", page)
