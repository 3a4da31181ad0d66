"""The JSON API under /api/v1/: the same actions and scopes as the pages; errors as problem+json (RFC 9457)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import re_path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import SessionAuth

from tongzhou.core.errors import TongzhouError
from tongzhou.server.access.middleware import needs_second_factor, public
from tongzhou.server.kernel.problems import problem_json, status_of
from tongzhou.server.labs.api import router as labs
from tongzhou.server.portal.api import router as portal


class SignedIn(SessionAuth):
    """The session of the pages, second factor included; writes carry the CSRF token."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        """Return the account of the session, or nothing."""
        if not request.user.is_authenticated or needs_second_factor(request):
            return None
        return request.user


api = NinjaAPI(title="Tongzhou", version="1", auth=SignedIn(), docs_url=None, urls_namespace="api")
api.add_router("/labs/", labs)
api.add_router("/public/", portal)


@api.exception_handler(TongzhouError)
def answer_error(request: HttpRequest, error: TongzhouError) -> HttpResponse:
    """Answer the project's own errors."""
    return problem_json(error, status_of(error))


@api.exception_handler(AuthenticationError)
def answer_stranger(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    """Ask to sign in."""
    return _problem("access.sign_in", "Sign in first.", 401)


@api.exception_handler(HttpError)
def answer_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Answer a request that cannot be read."""
    return _problem("api.bad_request", str(error), error.status_code)


@api.exception_handler(ValidationError)
def answer_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Name every field that is wrong; never its value, which may be personal."""
    fields = [{"where": ".".join(map(str, fault["loc"])), "what": fault["msg"]} for fault in error.errors]
    return _problem("api.invalid", "Some fields are wrong.", 422, fields=fields)


def _problem(code: str, title: str, status: int, **more: Any) -> JsonResponse:
    body = {"type": f"urn:tongzhou:{code}", "title": title, "status": status, "code": code, **more}
    return JsonResponse(body, status=status, content_type="application/problem+json")


def _in_json(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Open a view of the API to everybody, since the API asks for sign-in itself, and keep its errors problem+json."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except Http404:
            return not_found(request)
        if response.status_code < 400 or "json" in response.get("Content-Type", ""):
            return response
        told = _problem(f"api.http_{response.status_code}", response.reason_phrase, response.status_code)
        if "Allow" in response:
            told["Allow"] = response["Allow"]
        return told

    return public(answer)


@public
@csrf_exempt
def not_found(request: HttpRequest) -> HttpResponse:
    """Answer an address that the API does not have."""
    return _problem("api.not_found", "The API has no such address.", 404)


def build_urls() -> Any:
    """Return the addresses of the API, with an answer for every other one below it."""
    patterns, app_name, namespace = api.urls
    for pattern in patterns:
        pattern.callback = _in_json(pattern.callback)
    return [*patterns, re_path("", not_found, name="nowhere")], app_name, namespace


urls = build_urls()
