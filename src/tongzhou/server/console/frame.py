"""The frame of every console and phone page: area, places, alerts, tray, palette, person."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext, gettext_lazy

from tongzhou.core.access import Actor
from tongzhou.server.access.queries import scope_for
from tongzhou.server.access.rules import Permission
from tongzhou.server.access.words import role_word
from tongzhou.server.areas.models import Area
from tongzhou.server.areas.queries import path_to
from tongzhou.server.console.rules import home_of, places_for
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.sentences import shown_name

EXTRAS = (
    (gettext_lazy("Orders"), "measures:orders", Permission.ORDER_READ, "document"),
    (gettext_lazy("Zones"), "measures:zones", Permission.SITUATION_READ, "place"),
    (gettext_lazy("Appeals"), "measures:appeals", Permission.APPEAL_DECIDE, "undo"),
    (gettext_lazy("Find a person"), "people:search", Permission.PERSON_READ, "person"),
    (gettext_lazy("Enter a result"), "labs:new_result", Permission.RESULT_WRITE, "flask"),
    (gettext_lazy("File of results"), "labs:upload", Permission.RESULT_WRITE, "columns"),
    (gettext_lazy("Results to link"), "labs:unlinked", Permission.RESULT_LINK, "search"),
    (gettext_lazy("Bulletins"), "portal:bulletin_desk", Permission.BULLETIN_PUBLISH, "bell"),
    (gettext_lazy("Imports"), "exchange:list", Permission.IMPORT_RUN, "download"),
    (gettext_lazy("Posts and gaps"), "duties:posts", Permission.POST_MANAGE, "clock"),
    (gettext_lazy("Who saw and did what"), "access:record", Permission.AUDIT_READ, "lock"),
)
"""What a role adds below the five places: label, view, the permission that opens it, icon."""
IN_BAR = 5
"""How many links the bar of a phone holds."""


def frame(request: HttpRequest) -> dict[str, Any]:
    """Give templates ``frame``, computed only where a page draws it."""
    return {"frame": SimpleLazyObject(lambda: build_frame(request))}


def build_frame(request: HttpRequest) -> dict[str, Any]:
    """Return the frame of a signed-in person's page; an empty one for a visitor."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    actor: Actor = request.actor
    area = shown_area(request, actor)
    may = {permission for permission in Permission if not scope_for(actor, permission).is_empty}
    places = places_for(may)
    return {
        "area": _area(area) if area else None,
        "areas_url": reverse("console:areas"),
        "on": clock.today(),
        "live": {"url": reverse("console:events"), "poll_url": reverse("console:poll"), "as_of": clock.now()},
        "person": {
            "name": user.display_name or user.username,
            "post": ", ".join(sorted({str(role_word(grant.role)) for grant in actor.grants})),
            "links": _person_links(may),
            "logout_url": reverse("access:logout"),
        },
        "places": [
            {"key": key, "url": reverse(view, args=[area.code]) if has_area and area else reverse(view)}
            for key, view, has_area in places
        ],
        "current": current_place(request),
        "extras": _extras(request, may, IN_BAR - len(places)),
        "palette_url": reverse("console:palette"),
        "jobs_url": reverse("console:jobs"),
        "home_url": reverse(home_of(may)),
    }


def _extras(request: HttpRequest, may: set[Permission], n_in_bar: int) -> list[dict[str, Any]]:
    """Return what the role adds; the first `n_in_bar` fill what the five places leave free of a phone's bar."""
    links = [
        {"label": label, "url": reverse(view), "icon": icon}
        for label, view, permission, icon in EXTRAS
        if permission in may
    ]
    return [
        {**link, "is_current": request.path.startswith(str(link["url"])), "is_in_bar": i < n_in_bar}
        for i, link in enumerate(links)
    ]


def current_place(request: HttpRequest) -> str:
    """Return the key of the place a page belongs to."""
    app: str = getattr(request.resolver_match, "app_name", "")
    if request.path.startswith(reverse("duties:posts")):
        return ""
    return {"analysis": "insight", "planning": "insight", "travel": "insight"}.get(app, app)


def shown_area(request: HttpRequest, actor: Actor) -> Area | None:
    """Return the area a page is about: of its address, of the query, else the widest of the actor's grants."""
    given = (request.resolver_match.kwargs.get("area") if request.resolver_match else "") or request.GET.get(
        "area"
    )
    codes = [given] if given else sorted((g.area_prefix for g in actor.grants if g.area_prefix), key=len)
    return Area.objects.filter(code=codes[0]).first() if codes else None


def _area(area: Area) -> dict[str, Any]:
    path = [
        {"code": step.code, "name": shown_name(step), "url": reverse("console:situation", args=[step.code])}
        for step in path_to(area.code)
        if step.code != area.code
    ]
    return {"code": area.code, "name": shown_name(area), "path": path}


def _person_links(may: set[Permission]) -> list[dict[str, str]]:
    links = [{"label": gettext("Second factor"), "url": reverse("access:second_factor")}]
    if Permission.GLASS_BREAK in may:
        links.append({"label": gettext("Break the glass"), "url": reverse("access:glass")})
    return links
