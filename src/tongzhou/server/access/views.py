"""Sign in and out, second factor, language, break-glass."""

from __future__ import annotations

import base64
import io
from typing import Any

import qrcode
import qrcode.image.svg
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_otp import login as otp_login
from django_otp import user_has_device
from django_otp.plugins.otp_totp.models import TOTPDevice

from tongzhou.server.access.actions import break_glass
from tongzhou.server.access.forms import BreakGlassForm, SignInForm, TokenForm
from tongzhou.server.access.middleware import public
from tongzhou.server.access.queries import require_anywhere
from tongzhou.server.access.rules import Permission


def _next_page(request: HttpRequest) -> str:
    target = request.POST.get("next") or request.GET.get("next") or "/home/"
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if safe else "/home/"


@public
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for name and password, then for the second factor where there is one."""
    form = SignInForm(request, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        login(request, form.get_user())
        return redirect(_next_page(request))
    page = {"form": form, "next": _next_page(request)}
    return render(request, "access/sign_in.html", page, status=200 if request.method == "GET" else 422)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect("/")


def locked_out(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Say that sign-in is locked for a while, and what to do."""
    return render(request, "access/locked.html", status=429)


@require_http_methods(["GET", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Ask for the code; enrol a device first when the account has none."""
    account = request.user
    is_enrolling = not user_has_device(account)
    device = TOTPDevice.objects.filter(user=account).order_by("confirmed", "id").last()
    if device is None:
        device = TOTPDevice.objects.create(user=account, name="totp", confirmed=False)
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if device.verify_is_allowed()[0] and device.verify_token(form.cleaned_data["token"]):
            TOTPDevice.objects.filter(pk=device.pk, confirmed=False).update(confirmed=True)
            otp_login(request, device)
            return redirect(_next_page(request))
        form.add_error("token", _("That code is not right. Codes change every 30 seconds."))
    page = {"form": form, "is_enrolling": is_enrolling, "picture": _qr(device) if is_enrolling else ""}
    return render(request, "access/second_factor.html", page, status=422 if form.errors else 200)


second_factor.is_enrolment = True  # type: ignore[attr-defined]
sign_out.is_enrolment = True  # type: ignore[attr-defined]


def _qr(device: TOTPDevice) -> str:
    picture = io.BytesIO()
    qrcode.make(device.config_url, image_factory=qrcode.image.svg.SvgPathFillImage).save(picture)
    return "data:image/svg+xml;base64," + base64.b64encode(picture.getvalue()).decode()


@require_http_methods(["GET", "POST"])
def open_glass(request: HttpRequest) -> HttpResponse:
    """Break the glass: see an area beyond one's grants, on the record."""
    require_anywhere(request.actor, Permission.GLASS_BREAK)
    form = BreakGlassForm(request.POST or None, roles=sorted({g.role for g in request.actor.grants}))
    if request.method == "POST" and form.is_valid():
        glass = break_glass(
            request.actor,
            request.user,
            form.cleaned_data["area_code"],
            form.cleaned_data["role"],
            form.cleaned_data["reason"],
            form.cleaned_data["hours"],
        )
        return render(request, "access/glass_open.html", {"glass": glass})
    return render(request, "access/glass.html", {"form": form}, status=422 if form.errors else 200)
