"""A resident states a journey before it, and takes it back. Nobody signs in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tongzhou.core.errors import InputError
from tongzhou.server.access.middleware import public
from tongzhou.server.access.pace import paced
from tongzhou.server.kernel.sentences import say
from tongzhou.server.portal.travel_forms import JourneyForm, WithdrawForm
from tongzhou.server.portal.views import links_for
from tongzhou.server.travel.registering import register_journey, withdraw_journey


@public
@paced
@require_http_methods(["GET", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Take a journey to come; show the code that takes it back."""
    form = JourneyForm(request.POST or None)
    page: dict[str, Any] = {
        "portal": links_for(request),
        "form": form,
        "kept_days": settings.TRAVEL_KEPT_DAYS,
    }
    if request.method == "POST" and form.is_valid():
        try:
            return render(
                request,
                "portal/registered.html",
                {**page, "code": register_journey(form.journey()), **form.words()},
            )
        except InputError as error:
            form.add_error(None, say(error))
    return render(request, "portal/register.html", page, status=422 if form.errors else 200)


@public
@paced
@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest) -> HttpResponse:
    """Take a journey back by its code."""
    form, is_done = WithdrawForm(request.POST or None), False
    if request.method == "POST" and form.is_valid():
        try:
            withdraw_journey(form.cleaned_data["code"])
            is_done = True
        except InputError:
            form.add_error("code", _("No journey has this code. Write it as you were given it."))
    page = {"portal": links_for(request), "form": form, "is_done": is_done}
    return render(request, "portal/withdraw.html", page, status=422 if form.errors else 200)
