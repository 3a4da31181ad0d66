"""The list of cases, and the pages of one case."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from tongzhou.server.access.queries import note_decision, require_anywhere
from tongzhou.server.access.rules import Permission
from tongzhou.server.areas.queries import outlines_for
from tongzhou.server.cases import queries, screens
from tongzhou.server.cases.models import Case
from tongzhou.server.cases.report_card import card_of
from tongzhou.server.cases.timeline import timeline_of
from tongzhou.server.kernel.tables import MOST_ROWS, csv_answer, refuse_too_many
from tongzhou.server.people.actions import unmask_person
from tongzhou.server.people.queries import search_people

PAGE = 50


@require_GET
def case_list(request: HttpRequest) -> HttpResponse:
    """Show the cases of one's areas, latest first."""
    require_anywhere(request.actor, Permission.CASE_READ)
    cases = queries.filtered_cases(request.actor, request.GET)
    page = Paginator(cases.values_list("id", flat=True), PAGE).get_page(request.GET.get("page"))
    content = {
        "page": page,
        "rows": screens.case_rows(queries.cases_in_order(request.actor, list(page))),
        "filters": _filters(request),
        "is_filtered": any(request.GET.get(key) for key in ("q", "class", "state", "whose")),
    }
    return render(request, "cases/list.html", content)


EXPORTED = ("number", "name", "class", "area", "onset", "diagnosed", "contacts", "to_decide", "clock")


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """Return the list as it is filtered, and the columns shown, as CSV; names stay masked."""
    scope = require_anywhere(request.actor, Permission.CASE_READ)
    listed = queries.filtered_cases(request.actor, request.GET).values_list("id", flat=True)
    found = list(listed[: MOST_ROWS + 1])
    refuse_too_many(len(found))
    area = request.GET.get("area") or scope.prefixes[0]
    why = f"exported {len(found)} cases"
    note_decision(request.actor, Permission.CASE_READ, area, is_allowed=True, why=why)
    rows = screens.case_rows(queries.cases_in_order(request.actor, found))
    return csv_answer(request, "cases", EXPORTED, map(_cells, rows))


def _cells(row: dict[str, Any]) -> dict[str, Any]:
    case, clock = row["case"], row["clock"]
    return {
        "number": case.number,
        "name": row["name"],
        "class": row["word"],
        "area": row["area"],
        "onset": case.onset_on or "",
        "diagnosed": case.diagnosed_at.isoformat(timespec="minutes"),
        "contacts": row["contacts"][0],
        "to_decide": row["contacts"][1],
        "clock": f"{clock['label']} {clock['due'].isoformat(timespec='minutes')}" if clock else "",
    }


def _filters(request: HttpRequest) -> dict[str, Any]:
    fields = [
        ("state", _("State"), queries.STATES),
        ("class", _("Classification"), {kind.value: word for kind, (_s, word) in screens.CLASSES.items()}),
        ("whose", _("Whose"), {"mine": _("Mine"), "nobody": _("Nobody's")}),
    ]
    return {
        "fields": [
            {
                "key": key,
                "label": label,
                "choices": [{"value": value, "label": word} for value, word in words.items()],
                "value": request.GET.get(key, ""),
                "value_label": words.get(request.GET.get(key, ""), ""),
            }
            for key, label, words in fields
        ],
        "q": request.GET.get("q", ""),
    }


@require_POST
def find(request: HttpRequest) -> HttpResponse:
    """Find cases by the exact document, phone or name of the person; nothing of it stands in an address."""
    require_anywhere(request.actor, Permission.CASE_READ)
    people = list(search_people(request.actor, request.POST.get("text", "")))
    cases = list(queries.visible_cases(request.actor).filter(person_id__in=[one.id for one in people])[:PAGE])
    if len(cases) == 1:
        return redirect("cases:case", case_id=cases[0].id)
    content = {"rows": screens.case_rows(cases), "filters": _filters(request), "is_found": True}
    return render(request, "cases/list.html", content)


@require_GET
def pane(request: HttpRequest, case_id: object) -> HttpResponse:
    """Show a case beside the list: who, how sure, the clocks, the contacts."""
    case = queries.access_case(request.actor, case_id)
    return render(request, "cases/pane.html", {"head": screens.head_of(request.actor, case, "")})


def case_page(
    request: HttpRequest, case: Case, tab: str, *, status: int = 200, **content: Any
) -> HttpResponse:
    """Show one tab of a case under its head."""
    page = {"head": screens.head_of(request.actor, case, tab), "case": case, **content}
    return render(request, f"cases/{tab}.html", page, status=status)


@require_GET
def case(request: HttpRequest, case_id: object) -> HttpResponse:
    """Show where the person was in the infectious window, on a timeline and a map."""
    found = queries.access_case(request.actor, case_id)
    return case_page(request, found, "case", outlines_code=outlines_for(found.area_code))


@require_GET
def itinerary_json(request: HttpRequest, case_id: object) -> JsonResponse:
    """Return the stays and trips that the timeline and the map draw."""
    found = queries.access_case(request.actor, case_id)
    can_write = screens.may(request.actor, Permission.CASE_WRITE, found.person.area_code)
    return JsonResponse(timeline_of(request.actor, found, can_write))


@require_GET
def orders(request: HttpRequest, case_id: object) -> HttpResponse:
    """Show the orders that rest on a case, drafts first."""
    found = queries.access_case(request.actor, case_id)
    page = Paginator(queries.orders_of(request.actor, found), PAGE).get_page(request.GET.get("page"))
    can_confirm = screens.may(request.actor, Permission.ORDER_CONFIRM, found.area_code)
    rows = screens.order_rows(page)
    return case_page(request, found, "orders", page=page, rows=rows, can_confirm=can_confirm)


@require_GET
def log(request: HttpRequest, case_id: object) -> HttpResponse:
    """Show what was done about a case, latest first, as the audit has it."""
    found = queries.access_case(request.actor, case_id)
    page = Paginator(queries.events_of(request.actor, found), PAGE).get_page(request.GET.get("page"))
    return case_page(request, found, "log", page=page, rows=screens.event_rows(page))


@require_POST
def unmask(request: HttpRequest, case_id: object) -> HttpResponse:
    """Show the plain name of the person of a case, for a stated reason, on the record."""
    found = queries.access_case(request.actor, case_id)
    reason = request.POST.get("reason", "").strip()
    if len(reason) < screens.LEAST_REASON:
        return HttpResponse(_("Say why you need it."), status=422, content_type="text/html; charset=utf-8")
    shown = unmask_person(request.actor, found.person, reason)
    return render(request, "people/unmasked.html", {"shown": shown})


@require_POST
def print_report(request: HttpRequest, case_id: object) -> HttpResponse:
    """Show the report card with the plain identity, to print, for a stated reason, on the record."""
    found = queries.access_case(request.actor, case_id)
    reason = request.POST.get("reason", "").strip()
    if len(reason) < screens.LEAST_REASON:
        return redirect("cases:report", case_id=found.id)
    unmask_person(request.actor, found.person, reason)
    return render(request, "cases/report_print.html", {"case": found, "card": card_of(found, is_plain=True)})
