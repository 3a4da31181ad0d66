"""Exact search, the page of one person, merges and their undoing."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongzhou.core.errors import InputError
from tongzhou.server.access.queries import require_anywhere
from tongzhou.server.access.rules import Permission
from tongzhou.server.people import screens
from tongzhou.server.people.actions import merge_persons, undo_merge, unmask_person
from tongzhou.server.people.forms import MergeForm, SearchForm
from tongzhou.server.people.queries import access_merge, access_person, search_people

LEAST_REASON = 4


@require_http_methods(["GET", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """Find persons by exact document, phone or whole name; what was asked never stands in an address."""
    require_anywhere(request.actor, Permission.PERSON_READ)
    form = SearchForm(request.POST or None)
    rows: list[dict[str, Any]] = []
    if form.is_valid():
        people = list(search_people(request.actor, form.cleaned_data["text"]))
        if len(people) == 1:
            return redirect("people:person", person_id=people[0].id)
        rows = screens.person_rows(people)
    page = {"form": form, "rows": rows, "is_asked": form.is_bound and form.is_valid()}
    return render(request, "people/search.html", page, status=422 if form.errors else 200)


@require_GET
def person(request: HttpRequest, person_id: int) -> HttpResponse:
    """Show who somebody is, masked, and what is recorded about them: household, cases, contacts, orders."""
    found = access_person(request.actor, person_id)
    return render(request, "people/person.html", screens.person_page(request.actor, found))


@require_POST
def unmask(request: HttpRequest, person_id: int) -> HttpResponse:
    """Show the plain name, document, phone and address, for a stated reason, on the record."""
    found = access_person(request.actor, person_id)
    reason = request.POST.get("reason", "").strip()
    if len(reason) < LEAST_REASON:
        return HttpResponse(_("Say why you need it."), status=422, content_type="text/html; charset=utf-8")
    shown = unmask_person(request.actor, found, reason)
    return render(request, "people/unmasked.html", {"shown": shown})


@require_http_methods(["GET", "POST"])
def duplicates(request: HttpRequest, person_id: int) -> HttpResponse:
    """Show who may be the same person, with the evidence; merge, on the record and reversible."""
    found = access_person(request.actor, person_id)
    if request.method == "POST":
        form = MergeForm(request.POST)
        if not form.is_valid():
            raise InputError("people.no_pair", _("Nobody to merge was named."), _("Choose a row."))
        other = access_person(request.actor, form.cleaned_data["other"])
        merge_persons(request.actor, found, other, screens.pair_evidence(found, other))
        messages.success(request, _("Merged. It can be undone on the person's page."))
        return redirect("people:person", person_id=found.id)
    page = {"person": found, "rows": screens.candidate_rows(request.actor, found), **screens.name_of(found)}
    return render(request, "people/duplicates.html", page)


@require_POST
def undo(request: HttpRequest, merge_id: object) -> HttpResponse:
    """Take a merge back."""
    merge = access_merge(request.actor, merge_id)
    undo_merge(request.actor, merge)
    messages.success(request, _("The merge is undone; both persons stand as before."))
    return redirect("people:person", person_id=merge.kept_id)
