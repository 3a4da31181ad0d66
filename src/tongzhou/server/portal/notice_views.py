"""The officer's page of trips: announce those that carried a confirmed case, take a notice back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from tongzhou.server.access.queries import require, require_anywhere
from tongzhou.server.access.rules import Permission
from tongzhou.server.movement.announcing import (
    announce_trips,
    announced_trips,
    not_yet_public,
    withdraw_notice,
)
from tongzhou.server.movement.words import conveyance_word
from tongzhou.server.portal.carried_trips import carried_trips

SHOWN = 100


def _area(request: HttpRequest, given: str | None) -> str:
    scope = require_anywhere(request.actor, Permission.BULLETIN_PUBLISH)
    area = given or scope.prefixes[0]
    require(request.actor, Permission.BULLETIN_PUBLISH, area)
    return area


@require_GET
def trips(request: HttpRequest) -> HttpResponse:
    """Show the trips of confirmed cases that are not public yet, and those that are."""
    area = _area(request, request.GET.get("area"))
    waiting = not_yet_public(carried_trips(area))
    page = {
        "bulk": [{"label": _("Announce"), "url": f"{reverse('portal:announce')}?area={area}"}],
        "waiting": [{"trip": trip, "word": conveyance_word(trip.conveyance)} for trip in waiting[:SHOWN]],
        "n_more": max(0, len(waiting) - SHOWN),
        "public": [
            {"notice": one, "word": conveyance_word(one.conveyance)} for one in announced_trips(area)[:SHOWN]
        ],
    }
    return render(request, "portal/trips.html", page)


@require_POST
def announce(request: HttpRequest) -> JsonResponse:
    """Make the picked trips public."""
    area = _area(request, request.GET.get("area"))
    picked = set(request.POST.getlist("id"))
    chosen = [trip for trip in carried_trips(area) if trip.key in picked] if picked else []
    n = announce_trips(request.actor, chosen, area) if chosen else 0
    if n:
        messages.success(request, ngettext("%(n)s trip is public.", "%(n)s trips are public.", n) % {"n": n})
    else:
        messages.info(request, _("Nothing new was picked."))
    return JsonResponse({"n_done": n})


@require_POST
def take_back(request: HttpRequest, notice_id: object) -> HttpResponse:
    """Take a notice back."""
    require_anywhere(request.actor, Permission.BULLETIN_PUBLISH)
    withdraw_notice(request.actor, notice_id)
    messages.success(request, _("The notice is no longer public."))
    return redirect("portal:trips")
