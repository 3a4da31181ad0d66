"""The exposures of a case: the table, the evidence beside it, decisions, and what the interview adds."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongzhou.core.errors import InputError, TongzhouError
from tongzhou.core.exposures import Setting
from tongzhou.server.access.queries import require
from tongzhou.server.access.rules import Permission
from tongzhou.server.cases import queries, screens
from tongzhou.server.cases.evidence import evidence_of
from tongzhou.server.cases.exposure_actions import InterviewEntry, add_exposure, decide_exposures
from tongzhou.server.cases.forms import AddExposureForm
from tongzhou.server.cases.models import Case, Decided
from tongzhou.server.cases.packs import pack_of
from tongzhou.server.cases.views import PAGE, case_page
from tongzhou.server.movement.queries import itinerary_of
from tongzhou.server.people.actions import PersonEntry, register_person
from tongzhou.server.people.models import Person, Place
from tongzhou.server.people.panes import finish, note_error, render_pane
from tongzhou.server.people.queries import is_number, search_people, search_places


@require_GET
def exposures(request: HttpRequest, case_id: object) -> HttpResponse:
    """Show who was exposed to a case, gravest and longest first."""
    case = queries.access_case(request.actor, case_id)
    found = queries.filtered_exposures(request.actor, case, request.GET)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    can_write = screens.may(request.actor, Permission.CASE_WRITE, case.area_code)
    content = {
        "page": page,
        "rows": screens.exposure_rows(page),
        "filters": _filters(request),
        "bulk": _bulk(case) if can_write else [],
    }
    return case_page(request, case, "exposures", **content)


def as_identifier(text: str) -> UUID | None:
    """Return a record identifier, or ``None`` for text that is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _bulk(case: Case) -> list[dict[str, Any]]:
    return [
        {"label": _("Accept"), "url": reverse("cases:decide", args=[case.id, "accepted"]), "kind": "default"},
        {
            "label": _("Reject"),
            "url": reverse("cases:decide", args=[case.id, "rejected"]),
            "kind": "danger",
            "needs_reason": True,
        },
    ]


def _filters(request: HttpRequest) -> dict[str, Any]:
    words = {
        "grade": (_("Grade"), {grade.value: word for grade, (_s, word) in screens.GRADES.items()}),
        "decision": (_("Decision"), {one.value: word for one, (_s, word) in screens.DECISIONS.items()}),
    }
    fields = [
        {
            "key": key,
            "label": label,
            "choices": [{"value": value, "label": word} for value, word in choices.items()],
            "value": request.GET.get(key, ""),
            "value_label": choices.get(request.GET.get(key, ""), ""),
        }
        for key, (label, choices) in words.items()
    ]
    if place := request.GET.get("place", ""):
        shown = (
            Place.objects.everything("name of a filter").filter(id=place).first()
            if is_number(place)
            else None
        )
        fields.append(
            {
                "key": "place",
                "label": _("Place"),
                "choices": [],
                "value": place,
                "value_label": screens.place_name(shown),
            }
        )
    return {"fields": fields, "q": request.GET.get("q", "")}


@require_GET
def exposure_pane(request: HttpRequest, case_id: object, exposure_id: object) -> HttpResponse:
    """Show the evidence of one exposure: two bars, or the seats."""
    case = queries.access_case(request.actor, case_id)
    exposure = queries.access_exposure(request.actor, case, exposure_id)
    page = {
        "case": case,
        "row": screens.exposure_row(exposure),
        "exposure": exposure,
        "evidence": evidence_of(case, exposure, pack_of(case)),
        "can_write": screens.may(request.actor, Permission.CASE_WRITE, case.area_code),
        "pane_title": _("Evidence"),
    }
    return render_pane(request, "cases/exposure_pane.html", page)


@require_POST
def decide(request: HttpRequest, case_id: object, decision: str) -> HttpResponse:
    """Accept or reject one exposure or many."""
    case = queries.access_case(request.actor, case_id)
    if decision not in (Decided.ACCEPTED, Decided.REJECTED):
        raise InputError("cases.unknown_decision", f"{decision!r} is no decision.", "accepted or rejected.")
    identifiers = [one for one in map(as_identifier, request.POST.getlist("id")) if one]
    reason = request.POST.get("reason", "")
    n = decide_exposures(request.actor, case, identifiers, Decided(decision), reason)
    said = ngettext("%(n)s exposure decided.", "%(n)s exposures decided.", n) % {"n": n}
    messages.success(request, said)
    return redirect("cases:exposures", case_id=case.id)


@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, case_id: object) -> HttpResponse:
    """Add an exposure that only the interview knows."""
    case = queries.access_case(request.actor, case_id)
    require(request.actor, Permission.CASE_WRITE, case.area_code, ("case", str(case.id)))
    places = _places(request, case)
    is_search = "search" in request.POST
    typed = {name: value for name, value in request.POST.dict().items() if value}
    if request.method == "POST" and not is_search:
        form = AddExposureForm(request.POST, places=places)
        if form.is_valid() and _add(request, case, form):
            messages.success(request, _("The exposure is on the record, graded by the rules of this case."))
            return finish(request, reverse("cases:exposures", args=[case.id]))
    else:
        form = AddExposureForm(initial=typed, places=places)
    page = {
        "case": case,
        "form": form,
        "place_text": typed.get("place_text", ""),
        "pane_title": _("Add an exposure"),
    }
    return render_pane(request, "cases/add_exposure.html", page, status=422 if form.errors else 200)


def _places(request: HttpRequest, case: Case) -> list[Place]:
    """Return where the case was in the window, and what was searched for."""
    found = list(search_places(request.actor, request.POST.get("place_text", "")))
    if is_number(chosen := request.POST.get("place", "")):
        found += list(Place.objects.everything("chosen before").filter(id=chosen))
    own = itinerary_of(request.actor, case.person, case.window_from_at, case.window_until_at).stays
    found += [stay.place for stay in own if stay.place]
    return list({place.id: place for place in found}.values())[:30]


def _add(request: HttpRequest, case: Case, form: AddExposureForm) -> bool:
    """Write the exposure; return False with the reason in the form when it was refused."""
    person = _who(request, form)
    if person is None:
        return False
    entry = InterviewEntry(
        person=person,
        setting=Setting(form.cleaned_data["setting"]),
        from_at=form.cleaned_data["from_at"],
        until_at=form.cleaned_data["until_at"],
        place=form.chosen_place(),
        note=form.cleaned_data["note"],
    )
    try:
        add_exposure(request.actor, case, entry)
    except TongzhouError as error:
        note_error(form, error)
        return False
    return True


def _who(request: HttpRequest, form: AddExposureForm) -> Person | None:
    """Return the one person found, or the one registered anew; a reason in the form otherwise."""
    fields = form.cleaned_data
    found = list(search_people(request.actor, fields["who"])[:2])
    if len(found) == 1:
        return found[0]
    if found:
        form.add_error("who", _("Several people match. Give the document or the phone."))
        return None
    if not fields["area_code"] or not (fields["name"] or fields["document"] or fields["phone"]):
        form.add_error("who", _("Nobody matches exactly. Fill in the new person and where they live."))
        return None
    entry = PersonEntry(
        area_code=fields["area_code"], name=fields["name"], document=fields["document"], phone=fields["phone"]
    )
    try:
        return register_person(request.actor, entry)
    except TongzhouError as error:
        note_error(form, error)
        return None
