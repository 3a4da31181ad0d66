"""Puts the actor on every request and closes every page that is not declared public."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils import translation
from django.utils.deprecation import MiddlewareMixin

from tongzhou.server.access.queries import ANONYMOUS, actor_of
from tongzhou.server.kernel.problems import wants_json


def public(view: Callable[..., Any]) -> Callable[..., Any]:
    """Declare that anybody may open a view without signing in."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


class ActorMiddleware(MiddlewareMixin):
    """``request.actor`` on every request; sign-in, and the second factor where set, before any view."""

    def process_request(self, request: HttpRequest) -> None:
        request.actor = actor_of(request.user) if request.user.is_authenticated else ANONYMOUS

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if getattr(view, "is_public", False):
            return None
        if not request.user.is_authenticated:
            return _ask_to_sign_in(request)
        if needs_second_factor(request) and not getattr(view, "is_enrolment", False):
            return redirect(reverse("access:second_factor"))
        return None


def needs_second_factor(request: HttpRequest) -> bool:
    """Tell whether this session still lacks the second factor that it must have."""
    from django_otp import user_has_device

    if request.user.is_verified():
        return False
    return settings.REQUIRE_SECOND_FACTOR or user_has_device(request.user)


def _ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    if wants_json(request):
        body = {"type": "urn:tongzhou:access.sign_in", "title": "Sign in first.", "status": 401}
        return JsonResponse(body, status=401, content_type="application/problem+json")
    return redirect(f"{resolve_url(settings.LOGIN_URL)}?next={quote(request.get_full_path())}")


class LanguageOfAccount(MiddlewareMixin):
    """Uses the account's language where it chose one."""

    def process_request(self, request: HttpRequest) -> None:
        if request.user.is_authenticated and request.user.language:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
