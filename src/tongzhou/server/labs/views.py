"""Screens of the laboratory clerk: one result, a file of results, results without a person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongzhou.core.errors import InputError
from tongzhou.server.access.queries import require_anywhere
from tongzhou.server.access.rules import Permission
from tongzhou.server.kernel.idempotency import once
from tongzhou.server.kernel.records import make_record_id
from tongzhou.server.kernel.sentences import say
from tongzhou.server.labs import queries
from tongzhou.server.labs.actions import ResultEntry, link_result, record_result
from tongzhou.server.labs.forms import OUTCOME_WORDS, FindPersonForm, ResultForm
from tongzhou.server.labs.models import Outcome, PositiveResult, UnlinkedResult
from tongzhou.server.people.models import Person
from tongzhou.server.vault.masking import mask_document, mask_name

PAGE = 50


@require_http_methods(["GET", "POST"])
def new_result(request: HttpRequest) -> HttpResponse:
    """Enter one result."""
    require_anywhere(request.actor, Permission.RESULT_WRITE)
    initial = {"key": make_record_id().hex, "method": "nucleic_acid"}
    form = ResultForm(request.actor, request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            told = _record(request, form.cleaned_data)
        except InputError as error:
            form.add_error(None, say(error))
        else:
            messages.success(request, told)
            return redirect("labs:new_result")
    return render(request, "labs/new_result.html", {"form": form}, status=422 if form.errors else 200)


def _record(request: HttpRequest, given: dict[str, Any]) -> str:
    laboratory = given["laboratory"]
    entry = ResultEntry(
        document=given["document"], name=given["name"], sample=given["sample"], sampled_at=given["sampled_at"],
        resulted_at=given["resulted_at"], outcome=Outcome(given["outcome"]), method=given["method"],
        phone=given["phone"],
    )  # fmt: skip

    def run() -> dict[str, Any]:
        made = record_result(request.actor, laboratory, entry)
        return {"made": type(made).__name__}

    content = {name: str(value) for name, value in given.items() if name != "key"}
    actor, key = request.actor, given["key"]
    answer = once(key, account_id=actor.account_id, action="result.record", request=content, run=run)
    return {
        PositiveResult.__name__: _("Recorded. The case is opened and its investigator told."),
        UnlinkedResult.__name__: _("Recorded. Nobody has this document: link the result to its person."),
    }.get(answer["made"], _("Recorded."))


@require_GET
def unlinked(request: HttpRequest) -> HttpResponse:
    """List results without a person, positives first."""
    require_anywhere(request.actor, Permission.RESULT_LINK)
    page = Paginator(queries.open_unlinked(request.actor), PAGE).get_page(request.GET.get("page"))
    return render(request, "labs/unlinked.html", {"page": page, "rows": [_row(item) for item in page]})


def _row(item: UnlinkedResult) -> dict[str, Any]:
    return {
        "item": item,
        "name": mask_name(item.name),
        "document": mask_document(item.document),
        "word": dict(OUTCOME_WORDS)[item.outcome],
        "state": "danger" if item.outcome == Outcome.POSITIVE else "neutral",
    }


@require_http_methods(["GET", "POST"])
def unlinked_detail(request: HttpRequest, unlinked_id: UUID) -> HttpResponse:
    """Show one of them, and who has exactly the document or telephone number searched for."""
    item = queries.access_unlinked(request.actor, unlinked_id)
    form = FindPersonForm(request.POST or None)
    people: list[Person] | None = None
    if request.method == "POST" and form.is_valid():
        people, form = queries.match_person(form.cleaned_data["text"]), FindPersonForm()
    page = {
        "row": _row(item),
        "form": form,
        "people": None if people is None else [_person(person) for person in people],
    }
    return render(request, "labs/unlinked_detail.html", page, status=422 if form.errors else 200)


def _person(person: Person) -> dict[str, Any]:
    return {"person": person, "name": mask_name(person.name), "document": mask_document(person.document)}


@require_POST
def link(request: HttpRequest, unlinked_id: UUID) -> HttpResponse:
    """Link a result to the person somebody recognised."""
    item = queries.access_unlinked(request.actor, unlinked_id)
    number = request.POST.get("person", "")
    people = Person.objects.everything("named by the clerk after an exact search")
    person = people.filter(id=int(number), merged_into=None).first() if number.isdigit() else None
    if person is None:
        raise InputError(
            "labs.no_person", _("No person was chosen."), _("Search by the exact document first.")
        )
    made = link_result(request.actor, item, person)
    done = _("Linked. The case is opened and its investigator told.") if made else _("Linked.")
    messages.success(request, done)
    return redirect("labs:unlinked")
