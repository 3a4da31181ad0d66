"""Forms that open in the pane beside a page, and as a page of their own without script."""

from __future__ import annotations

from typing import Any

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from tongzhou.core.errors import TongzhouError
from tongzhou.server.kernel.sentences import say


def render_pane(
    request: HttpRequest, template: str, page: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Answer with the fragment for the pane, or with a whole page around it."""
    if getattr(request, "htmx", False):
        return render(request, template, page, status=status)
    return render(request, "people/pane_page.html", {**page, "pane": template}, status=status)


def return_to(request: HttpRequest, fallback: str) -> str:
    """Return the page that a form came from, when it is one of this site."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if target and is_ours else fallback


def finish(request: HttpRequest, url: str) -> HttpResponse:
    """Lead on after a form was saved, from the pane or from a page."""
    if getattr(request, "htmx", False):
        return HttpResponse(headers={"HX-Redirect": url})
    return redirect(url)


def note_error(form: BaseForm, error: TongzhouError) -> None:
    """Put an action's refusal into the form, so that nothing typed is lost."""
    form.add_error(None, say(error))
