"""The record: what was done, what was refused, and whose plain data was shown, for those who audit."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_GET

from tongzhou.server.access.queries import account_names, decisions_within, require_anywhere
from tongzhou.server.access.record_words import ACTION_WORDS, PERMISSION_WORDS, SUBJECT_WORDS
from tongzhou.server.access.rules import Permission
from tongzhou.server.areas.models import Area
from tongzhou.server.areas.queries import names_of
from tongzhou.server.audit.queries import events_along, events_within

PAGE, MANY = 50, 20_000
"""Rows of a page; of so many events the latest are found along the chain, not by sorting those of the areas."""
DONE, SEEN = "done", "seen"


@require_GET
def record(request: HttpRequest) -> HttpResponse:
    """List the actions of one's areas, or the refusals and sights of plain data, latest first."""
    scope = require_anywhere(request.actor, Permission.AUDIT_READ)
    shown = SEEN if request.GET.get("show") == SEEN else DONE
    found: Any = decisions_within(scope) if shown == SEEN else events_within(scope)
    if subject := request.GET.get("q", "").strip():
        found = found.filter(subject_id=subject[:64])
    pages = Paginator(found, PAGE)
    if shown == DONE and not subject and pages.count > MANY:
        pages.object_list = events_along(scope)
    page = pages.get_page(request.GET.get("page"))
    rows = _rows(list(page), is_seen=shown == SEEN)
    return render(request, "access/record.html", {"shown": shown, "rows": rows, "page": page, "q": subject})


def _rows(found: list[Any], *, is_seen: bool) -> list[dict[str, Any]]:
    """Return lines of the record in words: who, what, where, about what."""
    who, what = ("account_id", "permission") if is_seen else ("actor_id", "action")
    words = PERMISSION_WORDS if is_seen else ACTION_WORDS
    names = account_names(getattr(row, who) for row in found)
    areas = names_of({row.area_code for row in found})
    is_chinese = (get_language() or "").startswith("zh")
    return [
        {
            "row": row,
            "who": _who(getattr(row, who), names),
            "what": words.get(getattr(row, what), getattr(row, what)),
            "code": getattr(row, what),
            "about": SUBJECT_WORDS.get(row.subject_kind, row.subject_kind),
            "area": _area(areas.get(row.area_code), row.area_code, is_chinese=is_chinese),
        }
        for row in found
    ]


def _who(account_id: str, names: dict[str, str]) -> str:
    return gettext("The system") if account_id.startswith("system:") else names.get(account_id, account_id)


def _area(area: Area | None, code: str, *, is_chinese: bool) -> str:
    if area is None:
        return code
    return area.name_zh if is_chinese else area.name_en or area.name_zh
