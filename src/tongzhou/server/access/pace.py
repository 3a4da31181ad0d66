"""How often one address may send the form of a public page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tongzhou.server.vault.crypto import blind_index

HOUR = 3600


def paced(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer 429 once an address has posted `settings.PUBLIC_POSTS_AN_HOUR` times in an hour to a view.

    Each process counts for itself, and keeps no address: only its blind index, for the hour.
    """

    @wraps(view)
    def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and _count(view.__name__, request) > settings.PUBLIC_POSTS_AN_HOUR:
            return render(request, "429.html", status=429)
        return view(request, *args, **kwargs)

    return limited


def _count(name: str, request: HttpRequest) -> int:
    key = f"pace:{name}:{blind_index(_address(request), 'pace.address')}"
    cache.add(key, 0, HOUR)
    return cache.incr(key)


def _address(request: HttpRequest) -> str:
    """Return who asks: behind the proxy of production, the address that the proxy saw."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.IS_PRODUCTION else ""
    return forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")
