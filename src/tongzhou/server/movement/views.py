"""Stays and trips of a person from the interview: add, correct, take back; places: search and register."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from tongzhou.core.errors import InputError, TongzhouError
from tongzhou.server.access.queries import require
from tongzhou.server.access.rules import Permission
from tongzhou.server.kernel import clock
from tongzhou.server.movement import forms
from tongzhou.server.movement.actions import StayEntry, add_stay, add_trip, correct_row, withdraw_row
from tongzhou.server.movement.queries import StayRow, TripRow, itinerary_of, stay_of, trip_of
from tongzhou.server.people.actions import register_place
from tongzhou.server.people.models import Person, Place
from tongzhou.server.people.panes import finish, note_error, render_pane, return_to
from tongzhou.server.people.queries import access_person, is_number, search_places

RECENT = timedelta(days=30)
ASKED_AGAIN = "search"
NEW_PLACE = "place_new"


def _person(request: HttpRequest, person_id: int) -> Person:
    """Return the person whose itinerary is written, for who may write it."""
    person = access_person(request.actor, person_id)
    require(request.actor, Permission.CASE_WRITE, person.area_code, ("person", str(person.id)))
    return person


def _places(request: HttpRequest, person: Person, current: Place | None = None) -> list[Place]:
    """Return what the form offers: the place as it is, those found or just registered, those of the last month."""
    offered = [current] if current else []
    if text := request.POST.get("place_text", "").strip():
        offered += list(search_places(request.actor, text, request.POST.get("place_area", "").strip()))
    if is_number(chosen := request.POST.get("place", "")):
        offered += list(Place.objects.everything("chosen before").filter(id=chosen))
    now = clock.now()
    recent = itinerary_of(request.actor, person, now - RECENT, now).stays
    offered += [stay.place for stay in reversed(recent) if stay.place]
    return list({place.id: place for place in offered}.values())[:30]


def _register(request: HttpRequest, person: Person, page: dict[str, Any]) -> Place | None:
    """Register the place that the form names, or note what is wrong with it."""
    form = page["place_form"] = forms.PlaceForm(request.POST, prefix="new")
    if not form.is_valid():
        return None
    try:
        return register_place(request.actor, form.entry(), person.area_code)
    except TongzhouError as error:
        note_error(form, error)
        return None


def _stay_page(
    request: HttpRequest, person: Person, stay: StayRow | None, page: dict[str, Any]
) -> HttpResponse:
    """Show the form of a stay, bound to what was typed."""
    page = {
        "person": person,
        "stay": stay,
        "next": return_to(request, reverse("people:person", args=[person.id])),
        "place_text": request.POST.get("place_text", ""),
        "place_area": request.POST.get("place_area", ""),
        "place_form": forms.PlaceForm(prefix="new", initial={"area_code": person.area_code[:6]}),
        "withdraw": forms.WithdrawForm(auto_id="withdraw_%s"),
        "pane_title": _("Correct a stay") if stay else _("Add a stay"),
        **page,
    }
    status = 422 if request.method == "POST" and page["form"].errors else 200
    return render_pane(request, "movement/stay_pane.html", page, status=status)


def _write_stay(request: HttpRequest, person_id: int, stay: StayRow | None, person: Person) -> HttpResponse:
    kind = forms.ReasonedStayForm if stay else forms.StayForm
    initial = _stay_initial(stay)
    page: dict[str, Any] = {}
    if request.method == "POST" and NEW_PLACE in request.POST:
        new = _register(request, person, page)
        places = _places(request, person, new or (stay.place if stay else None))
        typed = {**request.POST.dict(), "place": str(new.id) if new else ""}
        page["form"] = kind(initial={**initial, **typed}, places=places, needs_place=True)
        page["is_new_open"] = new is None
        return _stay_page(request, person, stay, page)
    places = _places(request, person, stay.place if stay else None)
    if request.method != "POST" or ASKED_AGAIN in request.POST:
        typed = {name: value for name, value in request.POST.dict().items() if value}
        page["form"] = kind(initial={**initial, **typed}, places=places, needs_place=True)
        page["is_searched"] = ASKED_AGAIN in request.POST
        return _stay_page(request, person, stay, page)
    form = page["form"] = kind(request.POST, initial=initial, places=places, needs_place=True)
    if form.is_valid():
        entry = StayEntry(form.chosen_place(), form.cleaned_data["from_at"], form.cleaned_data["until_at"])
        try:
            if stay is None:
                add_stay(request.actor, person, entry)
            else:
                correct_row(request.actor, person, stay.row_id, entry, reason=form.cleaned_data["reason"])
        except TongzhouError as error:
            note_error(form, error)
        else:
            return _saved(request, person)
    return _stay_page(request, person, stay, page)


def _stay_initial(stay: StayRow | None) -> dict[str, Any]:
    if stay is None:
        return {}
    place = str(stay.place.id) if stay.place else ""
    return {"place": place, "from_at": _minute(stay.from_at), "until_at": _minute(stay.until_at)}


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _saved(request: HttpRequest, person: Person) -> HttpResponse:
    messages.success(request, _("Saved. Contacts are searched again with the new facts."))
    return finish(request, return_to(request, reverse("people:person", args=[person.id])))


@require_http_methods(["GET", "POST"])
def add_stay_view(request: HttpRequest, person_id: int) -> HttpResponse:
    """Add a stay from the interview."""
    return _write_stay(request, person_id, None, _person(request, person_id))


@require_http_methods(["GET", "POST"])
def edit_stay(request: HttpRequest, person_id: int, row_id: int) -> HttpResponse:
    """Correct a stay, or take it back."""
    person = _person(request, person_id)
    return _write_stay(request, person_id, stay_of(person, row_id), person)


@require_http_methods(["GET", "POST"])
def add_trip_view(request: HttpRequest, person_id: int) -> HttpResponse:
    """Add a trip from the interview."""
    return _write_trip(request, _person(request, person_id), None)


@require_http_methods(["GET", "POST"])
def edit_trip(request: HttpRequest, person_id: int, row_id: int) -> HttpResponse:
    """Correct a trip, or take it back."""
    person = _person(request, person_id)
    return _write_trip(request, person, trip_of(person, row_id))


def _write_trip(request: HttpRequest, person: Person, trip: TripRow | None) -> HttpResponse:
    kind = forms.ReasonedTripForm if trip else forms.TripForm
    form = kind(request.POST or None, initial=trip.fields() if trip else {})
    if request.method == "POST" and form.is_valid():
        try:
            if trip is None:
                add_trip(request.actor, person, form.entry())
            else:
                reason = form.cleaned_data["reason"]
                correct_row(request.actor, person, trip.row_id, form.entry(), reason=reason)
        except TongzhouError as error:
            note_error(form, error)
        else:
            return _saved(request, person)
    page = {
        "person": person,
        "trip": trip,
        "form": form,
        "next": return_to(request, reverse("people:person", args=[person.id])),
        "withdraw": forms.WithdrawForm(auto_id="withdraw_%s"),
        "pane_title": _("Correct a trip") if trip else _("Add a trip"),
    }
    return render_pane(request, "movement/trip_pane.html", page, status=422 if form.errors else 200)


@require_POST
def withdraw(request: HttpRequest, person_id: int, table: str, row_id: int) -> HttpResponse:
    """Take a stay or trip back, with the reason."""
    person = _person(request, person_id)
    form = forms.WithdrawForm(request.POST)
    if not form.is_valid():
        raise InputError(
            "movement.no_reason",
            _("Taking a fact back needs a reason."),
            _("Go back and say what was wrong."),
        )
    withdraw_row(request.actor, person, table, row_id, form.cleaned_data["reason"])
    return _saved(request, person)
