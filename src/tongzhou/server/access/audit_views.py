"""The record: what was done, what was refused, and whose plain data was shown, for those who audit."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from tongzhou.server.access.queries import account_names, decisions_within, require_anywhere
from tongzhou.server.access.rules import Permission
from tongzhou.server.audit.queries import events_within

PAGE = 50
DONE, SEEN = "done", "seen"


@require_GET
def record(request: HttpRequest) -> HttpResponse:
    """List the actions of one's areas, or the refusals and sights of plain data, latest first."""
    scope = require_anywhere(request.actor, Permission.AUDIT_READ)
    shown = SEEN if request.GET.get("show") == SEEN else DONE
    found: Any = decisions_within(scope) if shown == SEEN else events_within(scope)
    if subject := request.GET.get("q", "").strip():
        found = found.filter(subject_id=subject[:64])
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    who = "account_id" if shown == SEEN else "actor_id"
    names = account_names(getattr(row, who) for row in page)
    rows = [{"row": row, "who": names.get(getattr(row, who), getattr(row, who))} for row in page]
    return render(request, "access/record.html", {"shown": shown, "rows": rows, "page": page, "q": subject})
