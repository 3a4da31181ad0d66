"""The person's own order: what, why, until when, who helps, how to appeal; the sheet; the appeal."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from tongzhou.core.errors import InputError
from tongzhou.server.kernel.sentences import say
from tongzhou.server.measures import queries, screens
from tongzhou.server.measures.appeals import open_appeal
from tongzhou.server.measures.documents import order_sheet
from tongzhou.server.measures.forms import AppealForm
from tongzhou.server.measures.models import Appeal, Order


@require_GET
def mine_order(request: HttpRequest, order_id: object) -> HttpResponse:
    """Answer "why me?" to the person concerned, in large type and simple words."""
    return _page(request, queries.access_own_order(request.actor, order_id), AppealForm())


def _page(request: HttpRequest, order: Order, form: AppealForm, status: int = 200) -> HttpResponse:
    own = Appeal.objects.everything("appeals against one's own order").filter(order=order)
    appeals = list(own.order_by("-recorded_at"))
    page = {
        "order": order,
        "row": screens.order_rows([order])[0],
        "told": screens.told_lines(order, "zh" if screens.is_chinese() else "en"),
        "bar": screens.time_bar(order),
        "appeals": appeals,
        "form": form,
        "may_appeal": not any(appeal.state == "open" for appeal in appeals),
    }
    return render(request, "measures/mine_order.html", page, status=status)


@require_GET
def mine_sheet(request: HttpRequest, order_id: object) -> HttpResponse:
    """Return one's own order as a PDF to keep."""
    order = queries.access_own_order(request.actor, order_id)
    return order_sheet(request, order, is_own=True)


@require_POST
def appeal(request: HttpRequest, order_id: object) -> HttpResponse:
    """Object to one's own order."""
    order = queries.access_own_order(request.actor, order_id)
    form = AppealForm(request.POST)
    if form.is_valid():
        try:
            open_appeal(request.actor, order, form.cleaned_data["text"])
        except InputError as fault:
            form.add_error("text", say(fault))
    if form.errors:
        return _page(request, order, form, status=422)
    messages.success(request, _("We have your appeal. An answer is owed within 24 hours."))
    return redirect("measures:mine_order", order_id=order.id)
