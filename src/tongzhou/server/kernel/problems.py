"""Errors over HTTP: problem+json (RFC 9457) for programs, a page for people."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from tongzhou.core.errors import (
    Conflict,
    Denied,
    EstimationFailed,
    InputError,
    NotVisible,
    PolicyError,
    TongzhouError,
)
from tongzhou.server.kernel.sentences import say_text

STATUS: tuple[tuple[type[TongzhouError], int], ...] = (
    (NotVisible, 404),
    (Denied, 403),
    (Conflict, 409),
    (InputError, 422),
    (PolicyError, 422),
    (EstimationFailed, 422),
)


def status_of(error: TongzhouError) -> int:
    """Return the HTTP status of an error."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def wants_json(request: HttpRequest) -> bool:
    """Tell whether the caller is a program."""
    return request.path.startswith("/api/") or "application/json" in request.headers.get("Accept", "")


def problem_json(error: TongzhouError, status: int) -> JsonResponse:
    """Return the error as problem+json."""
    body = {
        "type": f"urn:tongzhou:{error.code}",
        "title": error.message,
        "status": status,
        "detail": error.hint,
        "code": error.code,
        "context": error.context,
    }
    return JsonResponse(body, status=status, content_type="application/problem+json")


def problem_of(error: TongzhouError) -> dict[str, str]:
    """Return what a page shows of an error, in the language of its reader."""
    return {"title": say_text(error.message), "hint": say_text(error.hint), "code": error.code}


def answer_error(request: HttpRequest, error: TongzhouError) -> HttpResponse:
    """Answer a request with an error, as the caller can read it."""
    status = status_of(error)
    if wants_json(request):
        return problem_json(error, status)
    problem = problem_of(error)
    template = "partials/error.html" if getattr(request, "htmx", False) else "error.html"
    return render(request, template, {"problem": problem, "status": status}, status=status)
