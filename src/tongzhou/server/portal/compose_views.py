"""The officer's page: compose, compare with the last one, publish or correct."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from tongzhou.core.errors import Conflict, InputError
from tongzhou.server.access.queries import require, require_anywhere
from tongzhou.server.access.rules import Permission
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.problems import problem_of
from tongzhou.server.kernel.sentences import say
from tongzhou.server.portal import queries, screens
from tongzhou.server.portal.actions import BulletinOrder, publish_bulletin
from tongzhou.server.portal.figures import compose_figures
from tongzhou.server.portal.forms import ComposeForm, PublishForm
from tongzhou.server.portal.wording import digest_of, json_of, text_of

NOON = time(12)


@require_GET
def compose(request: HttpRequest) -> HttpResponse:
    """Show the bulletin that would be published, and what it states differently from the last one."""
    scope = require_anywhere(request.actor, Permission.BULLETIN_PUBLISH)
    first = {"cutoff": "24:00"} if request.GET.get("on") else _last_cutoff()
    form = ComposeForm({"area": scope.prefixes[0], **first, **request.GET.dict()})
    page: dict[str, Any] = {"form": form}
    if form.is_valid():
        require(request.actor, Permission.BULLETIN_PUBLISH, form.cleaned_data["area"])
        try:
            page |= _composed(form.cleaned_data)
        except InputError as error:
            page["problem"] = problem_of(error)
    return render(request, "portal/compose.html", page)


def _last_cutoff() -> dict[str, Any]:
    """Return the latest noon or midnight that has passed, as a bulletin names it."""
    now = clock.now().astimezone(clock.zone())
    if now.time() >= NOON:
        return {"on": now.date(), "cutoff": "12:00"}
    return {"on": now.date() - timedelta(days=1), "cutoff": "24:00"}


def _composed(asked: dict[str, Any]) -> dict[str, Any]:
    figures = compose_figures(asked["area"], asked["on"], asked["cutoff"])
    document = json_of(figures)
    earlier = queries.published_bulletins(asked["area"])
    same = earlier.filter(cutoff_at=figures.as_of).order_by("-published_at").first()
    last = same or earlier.filter(cutoff_at__lt=figures.as_of).first()
    digest = digest_of(document)
    differences = queries.list_differences(last.figures, document) if last else []
    return {
        "document": document,
        "as_of": figures.as_of,
        "rows": (rows := screens.bulletin_rows(document)),
        "source": screens.shared_source(rows),
        "figures": screens.total_figures(document),
        "fallen": screens.corrected_lines(document),
        "text_zh": text_of(figures, "zh"),
        "text_en": text_of(figures, "en"),
        "last": last,
        "is_correction": same is not None,
        "is_published": same is not None and same.digest == digest,
        "differences": [
            {**d, "word": screens.MEASURE_WORDS[d["measure"]], "label": screens.name_in(d)}
            for d in differences
        ],
        "publish_form": PublishForm(initial={**asked, "digest": digest}, is_correction=same is not None),
    }


@require_POST
def publish(request: HttpRequest) -> HttpResponse:
    """Publish what was shown."""
    form = PublishForm(request.POST)
    if not form.is_valid():
        raise InputError("portal.bad_form", _("The bulletin was not published."), str(form.errors.as_text()))
    given = form.cleaned_data
    order = BulletinOrder(
        given["area"],
        given["on"],
        given["cutoff"],
        given["digest"],
        given["correction_zh"],
        given["correction_en"],
    )
    try:
        bulletin = publish_bulletin(request.actor, order)
    except (Conflict, InputError) as error:
        messages.error(request, say(error))
        return redirect(
            f"{request.path.removesuffix('publish/')}?area={order.area_code}&on={order.on}&cutoff={order.cutoff}"
        )
    messages.success(request, _("The bulletin is public."))
    return redirect("portal:bulletin", bulletin.id)
