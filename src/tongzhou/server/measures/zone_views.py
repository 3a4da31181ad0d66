"""Zones: list, map, one zone with its evidence and what is missing to step down, and every decision about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, Sum
from django.db.models.functions import Substr
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from tongzhou.core.errors import InputError
from tongzhou.server.access.queries import require_anywhere
from tongzhou.server.access.rules import Permission, is_allowed
from tongzhou.server.areas.queries import centre_of, children_of, outlines_for
from tongzhou.server.cases.queries import access_case
from tongzhou.server.kernel.sentences import say
from tongzhou.server.measures import queries, screens, zone_screens, zoning
from tongzhou.server.measures.forms import ReasonForm, SecondForm, ZoneForm, end_of_day
from tongzhou.server.measures.models import Zone, ZoneState

PAGE = 50
MAP_ZONES = 500
LIVE = (ZoneState.PROPOSED, ZoneState.AWAITING_SECOND, ZoneState.IN_FORCE)


@require_GET
def zones(request: HttpRequest) -> HttpResponse:
    """List the zones of one's areas, those alive first asked for."""
    scope = require_anywhere(request.actor, Permission.SITUATION_READ)
    top = request.GET.get("area") or scope.prefixes[0]
    found = queries.visible_zones(request.actor, request.GET.get("area", ""))
    for name in ("state", "level"):
        found = found.filter(**{name: request.GET[name]}) if request.GET.get(name) else found
    if not request.GET.get("state"):
        found = found.filter(state__in=LIVE)
    if text := request.GET.get("q", "").strip():
        found = found.filter(Q(unit_name_zh__contains=text) | Q(unit_name_en__icontains=text))
    page = Paginator(found.order_by("-recorded_at", "id"), PAGE).get_page(request.GET.get("page"))
    shown = {
        "page": page,
        "rows": zone_screens.zone_rows(page),
        "filters": _filters(request),
        "top": top,
        "outlines_code": outlines_for(top),
    }
    return render(request, "measures/zones.html", shown)


def _filters(request: HttpRequest) -> dict[str, Any]:
    words = {"state": zone_screens.STATE_WORDS, "level": zone_screens.LEVELS}
    fields = [
        {
            "key": key,
            "label": label,
            "choices": [{"value": str(value), "label": word} for value, (_mark, word) in words[key].items()],
            "value": request.GET.get(key, ""),
        }
        for key, label in (("state", _("State")), ("level", _("Level")))
    ]
    for field in fields:
        labels = {choice["value"]: choice["label"] for choice in field["choices"]}
        field["value_label"] = labels.get(field["value"], "")
    return {"fields": fields, "q": request.GET.get("q", "")}


@require_GET
def zone_map(request: HttpRequest) -> JsonResponse:
    """Return the live zones as points, and the people under them by child area."""
    scope = require_anywhere(request.actor, Permission.SITUATION_READ)
    top = request.GET.get("area") or scope.prefixes[0]
    live = queries.visible_zones(request.actor, top).filter(state__in=LIVE)
    children = list(children_of(top))
    length = min((len(child.code) for child in children), default=24)
    in_force = live.filter(state=ZoneState.IN_FORCE).annotate(child=Substr("area_code", 1, length))
    people = dict(in_force.values("child").annotate(n=Sum("n_persons")).order_by().values_list("child", "n"))
    names = screens.names_of_areas({child.code for child in children})
    counts = [
        (child.code, names[child.code], people.get(child.code, 0), centre_of(child)) for child in children
    ]
    placed = live.exclude(longitude=None).order_by("-recorded_at")[:MAP_ZONES]
    return JsonResponse(zone_screens.map_content(placed, counts))


@require_GET
def zone(request: HttpRequest, zone_id: object) -> HttpResponse:
    """Show one zone: unit, level, people, evidence, the way down, and what can be decided."""
    return _page(request, queries.access_zone(request.actor, zone_id))


def _page(request: HttpRequest, found: Zone, status: int = 200, **given: forms.Form) -> HttpResponse:
    may = {
        name: is_allowed(request.actor, permission, found.area_code)
        for name, permission in (("confirm", Permission.ZONE_CONFIRM), ("approve", Permission.ORDER_APPROVE))
    }
    may_see = is_allowed(request.actor, Permission.PERSON_READ, found.area_code)
    people = queries.names_of_accounts({found.confirmed_by, found.approved_by})
    asked = found.ground.get("level", found.level)
    page = {
        "zone": found,
        "row": zone_screens.zone_rows([found])[0],
        "step": zone_screens.step_of(found),
        "places": zone_screens.evidence_rows(found, may_see_doors=may_see),
        "cases": zone_screens.case_rows(found),
        "findings": screens.finding_rows(found.findings),
        "steps": [_step_row(step) for step in found.steps.order_by("at", "id")],
        "events": screens.event_rows(queries.history_of("zone", found.id)),
        "may_decide": may,
        "is_to_decide": (may["confirm"] and found.state in LIVE)
        or (may["approve"] and found.state == ZoneState.AWAITING_SECOND),
        "is_same": found.confirmed_by == request.actor.account_id,
        "confirmed_by": people.get(found.confirmed_by, found.confirmed_by),
        "approved_by": people.get(found.approved_by, found.approved_by),
        "asked_level": zone_screens.LEVELS[asked] if asked == "high" != found.level else None,
        "form": given.get("form") or ZoneForm(initial={"level": found.level}),
        "reason": given.get("reason") or ReasonForm(),
        "second": given.get("second") or SecondForm(),
    }
    return render(request, "measures/zone.html", page, status=status)


def _step_row(step: Any) -> dict[str, Any]:
    return {
        "at": step.at,
        "level": zone_screens.LEVELS[step.level_to],
        "why": step.why_zh if screens.is_chinese() else step.why_en,
    }


def _decide(
    request: HttpRequest,
    zone_id: object,
    form: tuple[str, forms.Form] | None,
    run: Callable[[Zone, dict[str, Any]], object],
    said: str,
) -> HttpResponse:
    """Check the form, act, and lead back to the zone; a wrong value shows the page again."""
    found = queries.access_zone(request.actor, zone_id)
    name, filled = form or ("", None)
    if filled is not None and not filled.is_valid():
        return _page(request, found, status=422, **{name: filled})
    try:
        run(found, filled.cleaned_data if filled else {})
    except InputError as fault:
        if filled is None:
            raise
        filled.add_error(None, say(fault))
        return _page(request, found, status=422, **{name: filled})
    messages.success(request, said)
    return redirect("measures:zone", zone_id=found.id)


@require_POST
def confirm(request: HttpRequest, zone_id: object) -> HttpResponse:
    """Put a zone in force as proposed, or before a second person when more is asked than the evidence gives."""
    form = ("form", ZoneForm(request.POST))
    return _decide(
        request,
        zone_id,
        form,
        lambda z, x: zoning.confirm_zone(
            request.actor, z, level=x["level"], until_at=end_of_day(x["last_on"])
        ),
        _("Confirmed. What is stricter than the rule waits for a second person."),
    )


@require_POST
def approve(request: HttpRequest, zone_id: object) -> HttpResponse:
    """Let a zone start that is stricter than the rule, as the second person."""
    run = lambda z, x: zoning.approve_zone(request.actor, z, x["reason"])  # noqa: E731
    said = _("Approved. The zone is in force.")
    return _decide(request, zone_id, ("second", SecondForm(request.POST)), run, said)


@require_POST
def reject(request: HttpRequest, zone_id: object) -> HttpResponse:
    """Drop a proposal."""
    run = lambda z, x: zoning.reject_zone(request.actor, z, x["reason"])  # noqa: E731
    return _decide(request, zone_id, ("reason", ReasonForm(request.POST)), run, _("Rejected."))


@require_POST
def lift(request: HttpRequest, zone_id: object) -> HttpResponse:
    """End a zone before the rule would."""
    run = lambda z, x: zoning.lift_zone(request.actor, z, x["reason"])  # noqa: E731
    return _decide(request, zone_id, ("reason", ReasonForm(request.POST)), run, _("Lifted."))


@require_POST
def raise_again(request: HttpRequest, zone_id: object) -> HttpResponse:
    """Bring a zone back up to the level that new evidence asks for."""
    run = lambda z, _x: zoning.raise_zone(request.actor, z)  # noqa: E731
    return _decide(request, zone_id, None, run, _("The zone is at the level of the evidence again."))


@require_POST
def propose(request: HttpRequest, case_id: object) -> HttpResponse:
    """Propose the zones of a case again."""
    case = access_case(request.actor, case_id)
    made = zoning.propose_for_cases(request.actor, [case])
    messages.success(request, _("%(n)s zones proposed.") % {"n": len(made)})
    return redirect("measures:zones")
