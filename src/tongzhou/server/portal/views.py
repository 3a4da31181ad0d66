"""Public pages, and a resident's own list of orders."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from tongzhou.core.errors import InputError
from tongzhou.server.access.middleware import public
from tongzhou.server.areas.queries import names_of
from tongzhou.server.measures import screens as measure_screens
from tongzhou.server.movement.notices import find_shared_trips, shown_trip
from tongzhou.server.portal import queries, screens
from tongzhou.server.portal.forms import SameTripForm
from tongzhou.server.portal.models import Bulletin

PAGE = 30


def links_for(request: HttpRequest) -> dict[str, Any]:
    """Return the links above every portal page."""
    links = [
        ("portal:start", _("Start")),
        ("portal:bulletins", _("Bulletins")),
        ("portal:same_trip", _("Same trip")),
        ("portal:register", _("Travel")),
    ]
    if request.user.is_authenticated and request.actor.person_id is not None:
        links.append(("portal:mine", _("My orders")))
    return {
        "links": [{"label": label, "url": reverse(name)} for name, label in links],
        "current": request.path,
    }


def _told(bulletin: Bulletin) -> dict[str, Any]:
    document = bulletin.figures
    return {
        "bulletin": bulletin,
        "as_of": bulletin.cutoff_at,
        "area": screens.name_in(document["area"]),
        "figures": screens.total_figures(document),
        "text": screens.text_in(bulletin),
        "correction": screens.correction_in(bulletin),
    }


@public
@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """Show the latest bulletin and the ways on."""
    latest = queries.published_bulletins().first()
    page = {"portal": links_for(request), "form": SameTripForm(), **(_told(latest) if latest else {})}
    return render(request, "portal/start.html", page)


@public
@require_GET
def bulletins(request: HttpRequest) -> HttpResponse:
    """List published bulletins, latest first."""
    found = queries.published_bulletins().defer("text_zh", "text_en")
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    areas = names_of({bulletin.area_code for bulletin in page})
    rows = [
        {
            "bulletin": bulletin,
            "area": screens.name_in(bulletin.figures["area"])
            if bulletin.area_code in areas
            else bulletin.area_code,
            "confirmed": bulletin.figures["confirmed"],
            "new": bulletin.figures["new"],
        }
        for bulletin in page
    ]
    return render(
        request, "portal/bulletins.html", {"portal": links_for(request), "page": page, "rows": rows}
    )


@public
@require_GET
def bulletin(request: HttpRequest, bulletin_id: UUID) -> HttpResponse:
    """Show one bulletin: text, table, curve, corrections and sources."""
    found = queries.get_bulletin(bulletin_id)
    document = found.figures
    rows = screens.bulletin_rows(document)
    page = {
        "portal": links_for(request),
        **_told(found),
        "rows": rows,
        "source": screens.shared_source(rows),
        "curve": {**document["curve"], "basis": _("by day of report")},
        "fallen": screens.corrected_lines(document),
        "urls": screens.source_urls(document),
        "later": found.corrections.everything("published to everybody").order_by("-published_at").first(),
    }
    return render(request, "portal/bulletin.html", page)


@public
@require_GET
def same_trip(request: HttpRequest) -> HttpResponse:
    """Answer whether a trip carried a confirmed case. Asks and gives no name."""
    form = SameTripForm(request.GET or None)
    page: dict[str, Any] = {"portal": links_for(request), "form": form, "is_asked": False}
    if form.is_bound and form.is_valid():
        try:
            trips = find_shared_trips(form.cleaned_data["q"], form.cleaned_data["date"])
        except InputError:
            form.add_error(
                "q", _("This is no number of a flight, train or vehicle. Write it as AQ1275 or G1138.")
            )
        else:
            shown = [{**shown_trip(trip), "kind_word": screens.KIND_WORDS[trip.kind.value]} for trip in trips]
            page |= {"is_asked": True, "trips": shown}
    return render(
        request, "portal/same_trip.html", page, status=422 if form.is_bound and form.errors else 200
    )


@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """List a resident's own orders; each leads to its "why me?"."""
    orders = list(queries.own_orders(request.actor)[:PAGE])
    page = {"portal": links_for(request), "rows": measure_screens.order_rows(orders)}
    return render(request, "portal/mine.html", page)
