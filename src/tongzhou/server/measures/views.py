"""Orders: the list with bulk confirmation and export, and one order with everything an officer decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from tongzhou.core.errors import InputError
from tongzhou.server.access.queries import note_decision, require_anywhere
from tongzhou.server.access.rules import Permission, is_allowed
from tongzhou.server.areas.queries import children_of
from tongzhou.server.cases.models import Case
from tongzhou.server.duties.models import Duty
from tongzhou.server.kernel.idempotency import once
from tongzhou.server.kernel.sentences import say
from tongzhou.server.kernel.tables import MOST_ROWS, csv_answer, refuse_too_many
from tongzhou.server.measures import actions, queries, screens
from tongzhou.server.measures.advancing import advance_order
from tongzhou.server.measures.confirming import confirm_orders
from tongzhou.server.measures.documents import order_sheet
from tongzhou.server.measures.duties import WORDS
from tongzhou.server.measures.forms import ChangeForm, ReasonForm, SecondForm
from tongzhou.server.measures.models import Appeal, Order, OrderState
from tongzhou.server.people.actions import unmask_person

PAGE = 50
COLUMNS = ("number", "state", "kind", "person", "subject", "area", "case", "starts", "ends", "beyond")


@require_GET
def orders(request: HttpRequest) -> HttpResponse:
    """List the orders of one's areas, with chips, bulk confirmation and export."""
    scope = require_anywhere(request.actor, Permission.ORDER_READ)
    found = queries.filtered_orders(request.actor, request.GET)
    page = Paginator(found.values_list("id", flat=True), PAGE).get_page(request.GET.get("page"))
    may_confirm = not queries.scope_for(request.actor, Permission.ORDER_CONFIRM).is_empty
    bulk = [{"label": _("Confirm"), "url": reverse("measures:confirm_many")}] if may_confirm else []
    shown = {
        "page": page,
        "rows": screens.order_rows(queries.orders_in_order(request.actor, list(page))),
        "filters": _filters(request, scope.prefixes[0]),
        "bulk": bulk,
        "export_url": reverse("measures:export"),
    }
    return render(request, "measures/orders.html", shown)


def _filters(request: HttpRequest, top: str) -> dict[str, Any]:
    """Return the chips; the areas offered are the children of the one shown."""
    asked = request.GET
    states = [{"value": s.value, "label": word} for s, (_state, word) in screens.STATE_WORDS.items()]
    kinds = [{"value": kind, "label": screens.kind_word(kind)} for kind in WORDS]
    area = asked.get("area", "")
    areas = screens.names_of_areas({area} if area else set(children_of(top).values_list("code", flat=True)))
    places = [{"value": code, "label": name} for code, name in sorted(areas.items())]
    fields = [
        {"key": "state", "label": _("State"), "choices": states, "value": asked.get("state", "")},
        {"key": "kind", "label": _("Kind"), "choices": kinds, "value": asked.get("kind", "")},
        {"key": "area", "label": _("Area"), "choices": places, "value": area},
    ]
    if case_id := asked.get("case", ""):
        label = _case_label(request, case_id)
        fields.append({"key": "case", "label": _("Case"), "value": case_id, "choices": label})
    for field in fields:
        labels = {choice["value"]: choice["label"] for choice in field["choices"]}
        field["value_label"] = labels.get(field["value"], "")
    return {"fields": fields, "q": asked.get("q", "")}


def _case_label(request: HttpRequest, case_id: str) -> list[dict[str, str]]:
    scope = queries.scope_for(request.actor, Permission.CASE_READ)
    cases = Case.objects.all().within(scope).filter(id__in=[case_id] if queries.is_uuid(case_id) else [])
    return [{"value": case_id, "label": number} for number in cases.values_list("number", flat=True)]


@require_POST
def confirm_many(request: HttpRequest) -> JsonResponse:
    """Confirm the picked drafts; say which were refused, and why."""
    require_anywhere(request.actor, Permission.ORDER_CONFIRM)
    ids = request.POST.getlist("id")
    if not ids or len(ids) > 500:
        raise InputError("measures.bad_pick", f"{len(ids)} orders were picked.", "Pick 1 to 500.")
    answer = once(
        request.headers.get("Idempotency-Key", "") or request.POST.get("key", ""),
        account_id=request.actor.account_id,
        action="order.confirm_many",
        request=sorted(ids),
        run=lambda: _confirm(request, ids),
    )
    if answer["n_done"]:
        messages.success(request, _("%(n)s orders confirmed.") % {"n": answer["n_done"]})
    for line in answer["refused"][:10]:
        messages.error(request, f"{line['number']}: {say(line['why'])}")
    return JsonResponse(answer)


def _confirm(request: HttpRequest, ids: list[str]) -> dict[str, Any]:
    picked = queries.pick_orders(request.actor, ids)
    done, refused = confirm_orders(request.actor, picked)
    lines = [{"id": str(order.id), "number": order.number, "why": why} for order, why in refused]
    known = {str(order.id) for order in picked}
    lines += [
        {"id": i, "number": "–", "why": _("No such order in your areas.")} for i in ids if i not in known
    ]
    waiting = sum(order.state == OrderState.AWAITING_SECOND for order in done)
    return {"n_done": len(done), "n_waiting": waiting, "refused": lines}


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """Return the list as it is filtered, and the columns shown, as CSV; names stay masked."""
    scope = require_anywhere(request.actor, Permission.ORDER_READ)
    found = list(queries.filtered_orders(request.actor, request.GET)[: MOST_ROWS + 1])
    refuse_too_many(len(found))
    why = f"exported {len(found)} orders"
    area = request.GET.get("area") or scope.prefixes[0]
    note_decision(request.actor, Permission.ORDER_READ, area, is_allowed=True, why=why)
    return csv_answer(request, "orders", COLUMNS, map(_cells, screens.order_rows(found)))


def _cells(row: dict[str, Any]) -> dict[str, Any]:
    order = row["order"]
    return {
        "number": order.number,
        "state": row["word"],
        "kind": row["kind"],
        "person": row["person"],
        "subject": row["subject"],
        "area": row["area"],
        "case": order.case.number if order.case else "",
        "starts": order.starts_at.isoformat(timespec="minutes"),
        "ends": row["ends_at"].isoformat(timespec="minutes") if row["ends_at"] else "",
        "beyond": row["n_findings"],
    }


@require_GET
def order(request: HttpRequest, order_id: object) -> HttpResponse:
    """Show one order: who, by which rule, until when, what is owed, and what can be decided."""
    return _page(request, queries.access_order(request.actor, order_id))


def _page(request: HttpRequest, found: Order, status: int = 200, **given: forms.Form) -> HttpResponse:
    may = {
        name: is_allowed(request.actor, permission, found.area_code)
        for name, permission in (("confirm", Permission.ORDER_CONFIRM), ("approve", Permission.ORDER_APPROVE))
    }
    tests = Duty.objects.everything("tests of a visible order").filter(
        subject_kind="order", subject_id=str(found.id), kind="test_due"
    )
    by_test = {duty.dedupe_key.split(":test:")[-1]: duty for duty in tests}
    people = queries.names_of_accounts({found.confirmed_by, found.approved_by})
    confirmed_by = people.get(found.confirmed_by, found.confirmed_by)
    page = {
        "order": found,
        "row": screens.detail(found),
        "bar": screens.time_bar(found),
        "tests": screens.test_rows(found, by_test),
        "events": screens.order_history(found, queries.history_of("order", found.id), confirmed_by),
        "appeals": Appeal.objects.everything("appeals of a visible order").filter(order=found),
        "may_decide": may,
        "is_to_decide": (may["confirm"] and found.state != OrderState.RELEASED)
        or (may["approve"] and found.state == OrderState.AWAITING_SECOND),
        "may_unmask": is_allowed(request.actor, Permission.PERSON_UNMASK, found.area_code),
        "is_same": found.confirmed_by == request.actor.account_id,
        "confirmed_by": confirmed_by,
        "approved_by": people.get(found.approved_by, found.approved_by),
        "change": given.get("change") or _change_form(found),
        "reason": given.get("reason") or ReasonForm(),
        "met": given.get("met") or ReasonForm(),
        "second": given.get("second") or SecondForm(),
    }
    return render(request, "measures/order.html", page, status=status)


def _change_form(found: Order, posted: Any = None) -> ChangeForm:
    allowed = actions.home_conditions(found) if found.state == OrderState.DRAFT else ()
    initial = {"conditions": found.facts.get("conditions", ())}
    return ChangeForm(allowed, posted, initial=initial)


def _decide(
    request: HttpRequest,
    order_id: object,
    form: tuple[str, Callable[[Order], forms.Form]] | None,
    run: Callable[[Order, dict[str, Any]], object],
    said: str,
) -> HttpResponse:
    """Check the form, act, and lead back to the order; a wrong value shows the page again."""
    found = queries.access_order(request.actor, order_id)
    name, filled = (form[0], form[1](found)) if form else ("", None)
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
    return redirect("measures:order", order_id=found.id)


@require_POST
def confirm(request: HttpRequest, order_id: object) -> HttpResponse:
    """Put a draft in force, or before a second person when it is stricter than the rule."""
    said = _("Confirmed. Its duties are made; what is stricter than the rule waits for a second person.")
    return _decide(request, order_id, None, lambda o, _x: actions.confirm_order(request.actor, o), said)


@require_POST
def change(request: HttpRequest, order_id: object) -> HttpResponse:
    """Change the end of a draft; what goes beyond the rule shows at once."""
    forms_of = ("change", lambda o: _change_form(o, request.POST))
    found = queries.access_order(request.actor, order_id)
    filled = _change_form(found, request.POST)
    asked = filled.asked() if filled.is_valid() else {}
    return _decide(
        request,
        order_id,
        forms_of,
        lambda o, _x: actions.change_draft(request.actor, o, **asked),
        _("Changed."),
    )


@require_POST
def approve(request: HttpRequest, order_id: object) -> HttpResponse:
    """Let an order start that is stricter than the rule, as the second person."""
    form = ("second", lambda _o: SecondForm(request.POST))
    run = lambda o, x: actions.approve_order(request.actor, o, x["reason"])  # noqa: E731
    return _decide(request, order_id, form, run, _("Approved. The order is in force."))


@require_POST
def reject(request: HttpRequest, order_id: object) -> HttpResponse:
    """Drop a draft or a waiting order."""
    form = ("reason", lambda _o: ReasonForm(request.POST))
    run = lambda o, x: actions.reject_order(request.actor, o, x["reason"])  # noqa: E731
    return _decide(request, order_id, form, run, _("Rejected. You can take it back below."))


@require_POST
def redraft(request: HttpRequest, order_id: object) -> HttpResponse:
    """Take a rejection back."""
    run = lambda o, _x: actions.redraft_order(request.actor, o)  # noqa: E731
    return _decide(request, order_id, None, run, _("It is a draft again."))


@require_POST
def advance(request: HttpRequest, order_id: object) -> HttpResponse:
    """Note that the conditions of an order are met: its next phase begins, or it ends."""
    form = ("met", lambda _o: ReasonForm(request.POST))
    run = lambda o, x: advance_order(request.actor, o, x["reason"])  # noqa: E731
    return _decide(request, order_id, form, run, _("Noted. What the rule asks next has begun."))


@require_POST
def release(request: HttpRequest, order_id: object) -> HttpResponse:
    """End an order early."""
    form = ("reason", lambda _o: ReasonForm(request.POST))
    run = lambda o, x: actions.release_order(request.actor, o, x["reason"])  # noqa: E731
    return _decide(request, order_id, form, run, _("Released. Its open duties ended with it."))


@require_POST
def unmask(request: HttpRequest, order_id: object) -> HttpResponse:
    """Show who the order is about, for a reason that is recorded."""
    found = queries.access_order(request.actor, order_id)
    shown = unmask_person(request.actor, found.person, request.POST.get("reason", ""))
    return render(request, "measures/person.html", {"shown": shown})


@require_GET
def sheet(request: HttpRequest, order_id: object) -> HttpResponse:
    """Return the printable sheet that answers "why me?" for the person of an order."""
    found = queries.access_order(request.actor, order_id)
    return order_sheet(request, found)
