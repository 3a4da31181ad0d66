"""The desk of appeals, and the page of everything that is stricter than its rule."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from tongzhou.core.errors import InputError
from tongzhou.server.access.queries import require_anywhere
from tongzhou.server.access.rules import Permission
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.sentences import say
from tongzhou.server.measures import queries, screens, zone_screens
from tongzhou.server.measures.appeals import APPEAL_WITHIN, decide_appeal
from tongzhou.server.measures.forms import AnswerForm
from tongzhou.server.measures.models import Appeal, Order, Zone

PAGE = 50
BEYOND_ROWS = 200
STATES = {
    "open": ("soon", gettext_lazy("Waits for an answer")),
    "granted": ("done", gettext_lazy("Granted")),
    "dismissed": ("void", gettext_lazy("Dismissed")),
}


@require_GET
def appeals(request: HttpRequest) -> HttpResponse:
    """List the appeals of one's areas, those that wait longest first."""
    require_anywhere(request.actor, Permission.APPEAL_DECIDE)
    state = request.GET.get("state", "open")
    found = queries.visible_appeals(request.actor)
    found = found.filter(state=state) if state in STATES else found
    text = request.GET.get("q", "").strip().upper()
    found = found.filter(order__number__startswith=text) if text else found
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    choices = [{"value": value, "label": word} for value, (_mark, word) in STATES.items()]
    field = {"key": "state", "label": _("State"), "choices": choices, "value": request.GET.get("state", "")}
    field["value_label"] = STATES[state][1] if state in STATES else ""
    shown = {
        "page": page,
        "rows": [_row(appeal) for appeal in page],
        "filters": {"fields": [field], "q": text},
    }
    return render(request, "measures/appeals.html", shown)


def _row(found: Appeal) -> dict[str, Any]:
    mark, word = STATES[found.state]
    return {
        "appeal": found,
        "state": mark,
        "word": word,
        "due_at": found.recorded_at + APPEAL_WITHIN,
        "is_late": found.state == "open" and found.recorded_at + APPEAL_WITHIN <= clock.now(),
        "kind": screens.kind_word(found.order.kind),
        "person": screens.mask_name(found.order.person.name),
    }


@require_http_methods(["GET", "POST"])
def appeal(request: HttpRequest, appeal_id: object) -> HttpResponse:
    """Show an appeal beside the order and its reason; answer it."""
    found = queries.access_appeal(request.actor, appeal_id)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            given = form.cleaned_data
            decide_appeal(request.actor, found, given["decision"] == "granted", given["answer"])
        except InputError as fault:
            form.add_error("answer", say(fault))
        else:
            messages.success(request, _("The answer is on the person's page."))
            return redirect("measures:appeals")
    order = found.order
    page = {
        **_row(found),
        "order": order,
        "row": screens.detail(order),
        "form": form,
        "is_own_decision": request.actor.account_id in (order.confirmed_by, order.approved_by),
        "events": screens.event_rows(queries.history_of("order", order.id)),
    }
    return render(request, "measures/appeal.html", page, status=422 if form.errors else 200)


@require_GET
def beyond(request: HttpRequest) -> HttpResponse:
    """Show everything in force or waiting that is stricter than its rule, by clause, with who and why."""
    require_anywhere(request.actor, Permission.ORDER_READ)
    orders = list(queries.beyond_rule(request.actor, Order)[:BEYOND_ROWS])
    zones = list(queries.beyond_rule(request.actor, Zone)[:BEYOND_ROWS])
    people = queries.names_of_accounts(
        {who for item in [*orders, *zones] for who in (item.confirmed_by, item.approved_by)}
    )
    rows = [_beyond_order(order, people) for order in screens.order_rows(orders)]
    rows += [_beyond_zone(zone, people) for zone in zone_screens.zone_rows(zones)]
    page = {
        "groups": _by_clause(rows),
        "n_orders": queries.beyond_rule(request.actor, Order).count(),
        "n_zones": queries.beyond_rule(request.actor, Zone).count(),
        "limit": BEYOND_ROWS,
    }
    return render(request, "measures/beyond.html", page)


def _beyond_order(row: dict[str, Any], people: dict[str, str]) -> dict[str, Any]:
    order = row["order"]
    return {
        **row,
        "name": order.number,
        "what": row["kind"],
        **_decided(order, people),
    }


def _beyond_zone(row: dict[str, Any], people: dict[str, str]) -> dict[str, Any]:
    zone = row["zone"]
    url = reverse("measures:zone", args=[zone.id])
    return {**row, "url": url, "name": row["name"], "what": row["level_word"], **_decided(zone, people)}


def _decided(item: Any, people: dict[str, str]) -> dict[str, Any]:
    return {
        "findings": item.findings,
        "confirmed_by": people.get(item.confirmed_by, item.confirmed_by),
        "approved_by": people.get(item.approved_by, item.approved_by),
        "reason": item.approval_reason,
    }


def _by_clause(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Group measures by the prohibition they touch; those that touch none come last."""
    language = "zh" if screens.is_chinese() else "en"
    groups: dict[tuple[bool, int], dict[str, Any]] = {}
    for row in rows:
        for finding in row["findings"]:
            clause = finding["clause"]
            key = (clause is None, clause or 0)
            group = groups.setdefault(
                key, {"clause": clause, "says": finding[f"says_{language}"], "rows": []}
            )
            group["rows"].append({**row, "ground": finding[f"ground_{language}"]})
    return [groups[key] for key in sorted(groups)]
