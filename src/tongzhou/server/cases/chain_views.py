"""The chain of a case, and of an area or cluster as a graph."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongzhou.core.errors import TongzhouError
from tongzhou.core.exposures import Setting
from tongzhou.server.access.queries import require, require_anywhere
from tongzhou.server.access.rules import Permission
from tongzhou.server.cases import queries, screens
from tongzhou.server.cases.chain import chain_columns, links_of, visible_clusters
from tongzhou.server.cases.forms import AddLinkForm
from tongzhou.server.cases.models import Case
from tongzhou.server.cases.record_actions import LinkEntry, add_link, remove_link
from tongzhou.server.cases.views import case_page
from tongzhou.server.movement.words import setting_word
from tongzhou.server.people.panes import finish, note_error, render_pane


@require_GET
def chain(request: HttpRequest) -> HttpResponse:
    """Show the transmission chain of an area or cluster."""
    require_anywhere(request.actor, Permission.CASE_READ)
    clusters = visible_clusters(request.actor)
    names = {
        str(one.id): one.name_zh if screens.is_chinese() else one.name_en or one.name_zh for one in clusters
    }
    chosen = request.GET.get("cluster", "")
    choices = [{"value": value, "label": label} for value, label in names.items()]
    field = {"key": "cluster", "label": _("Cluster"), "choices": choices, "value": chosen}
    field["value_label"] = names.get(chosen, "")
    page = {"query": request.GET.urlencode(), "filters": {"fields": [field] if choices else [], "q": None}}
    return render(request, "cases/chain.html", page)


@require_GET
def chain_json(request: HttpRequest) -> JsonResponse:
    """Return the columns that the graph draws."""
    require_anywhere(request.actor, Permission.CASE_READ)
    cluster = request.GET.get("cluster", "")
    known = {str(one.id) for one in visible_clusters(request.actor)} if cluster else set()
    area = request.GET.get("area", "")
    columns = chain_columns(request.actor, area, cluster if cluster in known else "")
    return JsonResponse(columns, json_dumps_params={"separators": (",", ":")})


@require_GET
def links(request: HttpRequest, case_id: object) -> HttpResponse:
    """Show who infected a case, and whom it infected."""
    case = queries.access_case(request.actor, case_id)
    visible = queries.visible_cases(request.actor)
    found = links_of(case)
    others = {link.infector_id for link in found} | {link.infectee_id for link in found}
    seen = set(visible.filter(id__in=others).order_by().values_list("id", flat=True))
    rows = [_link_row(case, link, seen) for link in found]
    return case_page(
        request,
        case,
        "links",
        into=[r for r in rows if r["is_into"]],
        out=[r for r in rows if not r["is_into"]],
    )


def _link_row(case: Case, link: Any, seen: set[object]) -> dict[str, Any]:
    other = link.infector if link.infectee_id == case.id else link.infectee
    is_seen = other.id in seen
    return {
        "link": link,
        "is_into": link.infectee_id == case.id,
        "number": other.number if is_seen else _("A case of another area"),
        "url": reverse("cases:case", args=[other.id]) if is_seen else "",
        "onset_on": other.onset_on,
        "setting": setting_word(link.setting),
    }


@require_http_methods(["GET", "POST"])
def link_add(request: HttpRequest, case_id: object) -> HttpResponse:
    """Say who infected a case, or whom it infected."""
    case = queries.access_case(request.actor, case_id)
    require(request.actor, Permission.CASE_WRITE, case.area_code, ("case", str(case.id)))
    form = AddLinkForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _add(request, case, form):
        messages.success(request, _("The link is on the record."))
        return finish(request, reverse("cases:links", args=[case.id]))
    page = {"case": case, "form": form, "pane_title": _("Add a link")}
    return render_pane(request, "cases/add_link.html", page, status=422 if form.errors else 200)


def _add(request: HttpRequest, case: Case, form: AddLinkForm) -> bool:
    fields = form.cleaned_data
    other = queries.visible_cases(request.actor).filter(number=fields["number"].strip()).first()
    if other is None:
        form.add_error("number", _("No case in your areas has this number."))
        return False
    infector, infectee = (other, case) if fields["direction"] == "in" else (case, other)
    setting = Setting(fields["setting"]) if fields["setting"] else None
    try:
        add_link(request.actor, LinkEntry(infector, infectee, setting, fields["probability"], fields["note"]))
    except TongzhouError as error:
        note_error(form, error)
        return False
    return True


@require_POST
def link_remove(request: HttpRequest, case_id: object, link_id: object) -> HttpResponse:
    """Take a link back, with the reason."""
    case = queries.access_case(request.actor, case_id)
    remove_link(request.actor, case, link_id, request.POST.get("reason", ""))
    messages.success(request, _("The link is taken back."))
    return redirect("cases:links", case_id=case.id)
