"""The JSON API under /api/v1/: the same actions and scopes as the pages; errors as problem+json (RFC 9457)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
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


def open_to_all(patterns: Any) -> Any:
    """Let the API itself say who must sign in: its answer is problem+json, not a page."""
    for pattern in patterns[0]:
        public(pattern.callback)
    return patterns


urls = open_to_all(api.urls)
