"""Boards, the phone list, one duty, the daily close, and posts with their gaps."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongzhou.core.errors import InputError
from tongzhou.core.time import parse_day
from tongzhou.server.access.models import Account, Holding
from tongzhou.server.access.queries import list_gaps, not_visible, require, require_anywhere
from tongzhou.server.access.rules import Permission
from tongzhou.server.areas.queries import get_area
from tongzhou.server.duties import queries, screens
from tongzhou.server.duties.about import names_in, open_door
from tongzhou.server.duties.actions import do_duty, hand_over_post, refuse_duty
from tongzhou.server.duties.closing import close_day, figures_of, unsettled_on, verify_close
from tongzhou.server.duties.forms import CloseDayForm, EvidenceForm, HandOverForm, RefuseForm
from tongzhou.server.duties.kinds import all_kinds, get_kind
from tongzhou.server.duties.models import DayClose, DayCloseItem
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.idempotency import once
from tongzhou.server.kernel.records import prefix_range
from tongzhou.server.kernel.sentences import say
from tongzhou.server.kernel.tables import MOST_ROWS, csv_answer, refuse_too_many

PAGE = 50
PHONE_ROWS = 60


@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """Show the open duties of one's areas, most urgent first."""
    scope = require_anywhere(request.actor, Permission.DUTY_READ)
    page = Paginator(_asked(request), PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "duties/board.html",
        {
            "page": page,
            "rows": screens.rows_of(page, names_in(request.actor, page)),
            "filters": _filters(request),
            "prefixes": scope.prefixes,
        },
    )


def _asked(request: HttpRequest) -> Any:
    """Return the open duties that the board is filtered to."""
    duties = queries.open_duties(request.actor, request.GET.get("area", ""))
    if kind := request.GET.get("kind"):
        duties = duties.filter(kind=kind)
    if request.GET.get("state") == "late":
        duties = duties.filter(due_at__lte=clock.now())
    if request.GET.get("state") == "gap":
        duties = duties.filter(holder=None)
    return duties.order_by("due_at", "id")


EXPORTED = ("state", "title", "person", "due", "area", "holder", "told")


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """Return the board as it is filtered, and the columns shown, as CSV."""
    require_anywhere(request.actor, Permission.DUTY_READ)
    found = list(_asked(request)[: MOST_ROWS + 1])
    refuse_too_many(len(found))
    rows = (
        {
            **row,
            "person": row["duty"].person_number or "",
            "state": row["word"],
            "due": row["duty"].due_at.isoformat(timespec="minutes"),
        }
        for row in screens.rows_of(found)
    )
    return csv_answer(request, "duties", EXPORTED, rows)


def _filters(request: HttpRequest) -> dict[str, Any]:
    kinds = [{"value": kind.name, "label": _kind_name(kind.name)} for kind in all_kinds()]
    states = [{"value": "late", "label": _("Late")}, {"value": "gap", "label": _("Nobody holds the post")}]
    fields = [
        {"key": "state", "label": _("State"), "choices": states, "value": request.GET.get("state", "")},
        {"key": "kind", "label": _("Kind"), "choices": kinds, "value": request.GET.get("kind", "")},
    ]
    for field in fields:
        field["value_label"] = next(
            (c["label"] for c in field["choices"] if c["value"] == field["value"]), ""
        )
    return {"fields": fields, "q": None}


def _kind_name(name: str) -> str:
    return get_kind(name).label(get_language() or "en")


@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """Show today's own list on the phone."""
    require_anywhere(request.actor, Permission.DUTY_DO)
    horizon = clock.now() + timedelta(hours=24)
    duties = list(queries.duties_of_holder(request.actor, horizon).order_by("due_at", "id")[:PHONE_ROWS])
    page = {"rows": screens.rows_of(duties, names_in(request.actor, duties)), "phone": _phone(request)}
    return render(request, "duties/mine.html", page)


def _phone(request: HttpRequest) -> dict[str, Any]:
    tabs = [
        {"label": _("Today"), "url": reverse("duties:mine"), "icon": "duties"},
        {"label": _("Done"), "url": reverse("duties:mine_done"), "icon": "check"},
    ]
    return {"tabs": tabs, "current": request.path, "post": ""}


@require_GET
def mine_done(request: HttpRequest) -> HttpResponse:
    """Show what one settled in the last week."""
    require_anywhere(request.actor, Permission.DUTY_DO)
    since = clock.now() - timedelta(days=7)
    done = queries.visible_duties(request.actor).filter(
        settled_by=request.actor.account_id, done_at__gte=since
    )
    return render(
        request,
        "duties/mine.html",
        {
            "rows": screens.rows_of(done.order_by("-done_at")[:PHONE_ROWS]),
            "phone": _phone(request),
            "is_done": True,
        },
    )


@require_GET
def detail(request: HttpRequest, duty_id: object) -> HttpResponse:
    """Show one duty: what, for whom, until when, its log, and the way to settle it."""
    duty = queries.access_duty(request.actor, duty_id)
    return _render_detail(request, duty, EvidenceForm(get_kind(duty.kind)), RefuseForm())


def _render_detail(
    request: HttpRequest, duty: Any, evidence: EvidenceForm, refuse: RefuseForm, status: int = 200
) -> HttpResponse:
    listed = list(duty.notes.all())
    areas = screens.area_words({note.area_code for note in listed})
    notes = [
        {
            "at": note.at,
            "what": screens.NOTE_WORDS.get(note.what, note.what),
            "area": areas.get(note.area_code, note.area_code),
            "text": note.text,
        }
        for note in listed
    ]
    page = {
        "duty": duty,
        "row": screens.rows_of([duty], names_in(request.actor, [duty]))[0],
        "door": open_door(request.actor, duty),
        "notes": notes,
        "form": evidence,
        "refuse": refuse,
        "kind": get_kind(duty.kind),
        "evidence": screens.evidence_rows(duty),
        "phone": _phone(request),
        "is_open": not (duty.done_at or duty.refused_at or duty.cancelled_at),
        "key": clock.now().isoformat(),
    }
    return render(request, "duties/detail.html", page, status=status)


@require_POST
def do(request: HttpRequest, duty_id: object) -> HttpResponse:
    """Settle a duty with its evidence."""
    duty = queries.access_duty(request.actor, duty_id)
    form = EvidenceForm(get_kind(duty.kind), request.POST)
    if not form.is_valid():
        return _render_detail(request, duty, form, RefuseForm(), status=422)
    once(
        request.headers.get("Idempotency-Key", "") or request.POST.get("key", ""),
        account_id=request.actor.account_id,
        action="duty.do",
        request={"duty": str(duty.id), **form.evidence()},
        run=lambda: {"state": do_duty(request.actor, duty, form.evidence()).state},
    )
    messages.success(request, _("Done. It is on the record."))
    return redirect("duties:mine")


@require_POST
def refuse(request: HttpRequest, duty_id: object) -> HttpResponse:
    """Settle a duty as refused, with the reason."""
    duty = queries.access_duty(request.actor, duty_id)
    form = RefuseForm(request.POST)
    if not form.is_valid():
        return _render_detail(request, duty, EvidenceForm(get_kind(duty.kind)), form, status=422)
    refuse_duty(request.actor, duty, form.cleaned_data["reason"])
    messages.warning(request, _("Refused. The level above sees it with your reason."))
    return redirect("duties:mine")


@require_http_methods(["GET", "POST"])
def close(request: HttpRequest) -> HttpResponse:
    """Close a day of an area: explain each duty that was not settled in time, then seal the day."""
    scope = require_anywhere(request.actor, Permission.DAY_CLOSE)
    area = request.POST.get("area") or request.GET.get("area") or scope.prefixes[0] or ""
    day = _day(request)
    if area:
        require(request.actor, Permission.DAY_CLOSE, area)
        get_area(area)
    left = unsettled_on(area, day)
    if request.method == "POST":
        reasons = screens.reasons_given(left, request.POST)
        try:
            closed = close_day(request.actor, area, day, reasons)
        except InputError as fault:
            messages.error(request, say(fault))
        else:
            return redirect("duties:closed_day", close_id=closed.id)
    known = DayClose.objects.everything("the area is checked").filter(area_code=area, day=day).first()
    figures = figures_of(area, day)
    page = {
        "area_code": area,
        "day": day,
        "figures": figures,
        "kinds": _kind_rows(figures),
        "groups": screens.groups_to_explain(left, request.POST),
        "known": known,
        "form": CloseDayForm(initial={"area": area, "day": day}),
    }
    return render(request, "duties/close.html", page, status=422 if request.method == "POST" else 200)


def _day(request: HttpRequest) -> date:
    text = request.POST.get("day") or request.GET.get("day")
    return parse_day(text) if text else clock.today() - timedelta(days=1)


def _kind_rows(figures: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": _kind_name(name), **row} for name, row in sorted(figures["by_kind"].items())]


@require_GET
def closed_day(request: HttpRequest, close_id: object) -> HttpResponse:
    """Show a closed day and whether it still says what was sealed."""
    scope = require_anywhere(request.actor, Permission.DUTY_READ)
    found = DayClose.objects.all().within(scope).filter(id=close_id).first()
    if found is None:
        raise not_visible(request.actor, Permission.DUTY_READ, "closed day", close_id)
    items = DayCloseItem.objects.everything("items of a visible day").filter(close=found)
    listed = items.select_related("duty", "duty__holder").order_by("duty__due_at", "duty_id")
    shown = Paginator(listed, PAGE).get_page(request.GET.get("page"))
    page = {
        "close": found,
        "area": screens.area_words([found.area_code]).get(found.area_code, found.area_code),
        "page": shown,
        "items": [
            {**row, "why": item.why}
            for item, row in zip(shown, screens.rows_of(item.duty for item in shown), strict=True)
        ],
        "kinds": _kind_rows(found.figures),
        "is_sealed": verify_close(found),
    }
    return render(request, "duties/closed_day.html", page)


@require_GET
def posts(request: HttpRequest) -> HttpResponse:
    """Show who holds which post in one's areas, and which posts nobody holds."""
    scope = require_anywhere(request.actor, Permission.POST_MANAGE)
    area = request.GET.get("area") or scope.prefixes[0]
    if area:
        require(request.actor, Permission.POST_MANAGE, area)
    held = (
        Holding.objects.filter(prefix_range("post__area_id", area), until_at=None)
        .select_related("account", "post", "post__area")
        .order_by("post__area_id", "post__kind")
    )
    page = Paginator(held, PAGE).get_page(request.GET.get("page"))
    gaps = list(list_gaps(area)[:PAGE])
    content = {"page": page, "gaps": gaps, "area": area, "form": HandOverForm()}
    return render(request, "duties/posts.html", content)


@require_POST
def hand_over(request: HttpRequest, holding_id: int) -> HttpResponse:
    """Give a post with its open duties to another person."""
    require_anywhere(request.actor, Permission.POST_MANAGE)
    holding = Holding.objects.filter(id=holding_id, until_at=None).select_related("post").first()
    if holding is not None:  # before the name is looked up: nobody learns here who has an account
        require(request.actor, Permission.POST_MANAGE, holding.post.area_id)
    account = Account.objects.filter(username=request.POST.get("username", ""), is_active=True).first()
    if holding is None or account is None:
        raise InputError("duties.no_such_holder", "No such holding or account.", "Check the user name.")
    n_moved = hand_over_post(request.actor, holding, account)
    messages.success(request, _("The post is handed over, with %(n)s open duties.") % {"n": n_moved})
    return redirect("duties:posts")
