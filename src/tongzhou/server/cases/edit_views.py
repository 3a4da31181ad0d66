"""Correct a case, search its contacts again, fill its report card."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from tongzhou.core.errors import TongzhouError
from tongzhou.server.access.queries import require
from tongzhou.server.access.rules import Permission
from tongzhou.server.cases import queries
from tongzhou.server.cases.actions import correct_case, end_case
from tongzhou.server.cases.forms import ENDS, CorrectCaseForm, ReasonForm, ReportCardForm
from tongzhou.server.cases.models import Case
from tongzhou.server.cases.record_actions import save_report_card
from tongzhou.server.cases.report_card import card_of, fields_to_fill
from tongzhou.server.cases.tracing import trace_contacts
from tongzhou.server.cases.views import case_page
from tongzhou.server.kernel import clock
from tongzhou.server.people.panes import finish, note_error, render_pane


@require_http_methods(["GET", "POST"])
def correct(request: HttpRequest, case_id: object) -> HttpResponse:
    """Correct onset, isolation, symptoms and the like; the window and the contacts follow."""
    case = queries.access_case(request.actor, case_id)
    require(request.actor, Permission.CASE_WRITE, case.area_code, ("case", str(case.id)))
    form = CorrectCaseForm(request.POST or None, initial=_initial(case))
    if request.method == "POST" and form.is_valid() and _correct(request, case, form):
        messages.success(request, _("Corrected. The window and the contacts follow."))
        return finish(request, reverse("cases:case", args=[case.id]))
    page = {"case": case, "form": form, "pane_title": _("Correct case %(number)s") % {"number": case.number}}
    return render_pane(request, "cases/correct.html", page, status=422 if form.errors else 200)


def _initial(case: Case) -> dict[str, Any]:
    names = ("classification", "onset_on", "first_sampled_at", "isolated_at", "severity", "note", *ENDS)
    known = {
        name: {True: "yes", False: "no"}.get(getattr(case, name), "")
        for name in ("has_symptoms", "is_imported_infection")
    }
    return {**known, **{name: getattr(case, name) for name in names}}


def _correct(request: HttpRequest, case: Case, form: CorrectCaseForm) -> bool:
    changes, end = form.changes(), form.end()
    if not changes and end is None:
        form.add_error(None, _("Nothing was changed."))
        return False
    onset: date | None = form.cleaned_data["onset_on"]
    if onset and onset > clock.today():
        form.add_error("onset_on", _("This day lies ahead."))
        return False
    try:
        with transaction.atomic():
            if changes:
                correct_case(request.actor, case, changes)
            if end is not None:
                end_case(request.actor, case, *end)
    except TongzhouError as error:
        note_error(form, error)
        return False
    return True


@require_POST
def trace(request: HttpRequest, case_id: object) -> HttpResponse:
    """Search the contacts of a case again."""
    case = queries.access_case(request.actor, case_id)
    n = trace_contacts(request.actor, case)
    messages.success(request, _("Searched again: %(n)s contacts stand.") % {"n": n})
    return redirect("cases:exposures", case_id=case.id)


@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, case_id: object) -> HttpResponse:
    """Show the report card with what is missing; keep what no other record holds."""
    case = queries.access_case(request.actor, case_id)
    form = ReportCardForm(fields_to_fill(case), request.POST or None, initial=card_of(case).kept)
    if request.method == "POST":
        require(request.actor, Permission.CASE_WRITE, case.area_code, ("case", str(case.id)))
        if form.is_valid():
            save_report_card(request.actor, case, form.cleaned_data)
            messages.success(request, _("The report card is saved."))
            return redirect("cases:report", case_id=case.id)
    status = 422 if form.errors else 200
    content = {"card": card_of(case), "form": form, "reason_form": ReasonForm(), "status": status}
    return case_page(request, case, "report", **content)
