"""Screens of a results file: upload, look at the mapping, run, watch, take the rejected rows back."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongzhou.core.errors import InputError
from tongzhou.interop.columns import ColumnMapping
from tongzhou.interop.results import map_result_columns
from tongzhou.interop.tabular import TableSource, open_table
from tongzhou.server.access.queries import require_anywhere
from tongzhou.server.access.rules import Permission
from tongzhou.server.kernel.jobs import enqueue, request_cancel
from tongzhou.server.kernel.models import Job, JobState
from tongzhou.server.kernel.rejects import rejects_answer
from tongzhou.server.kernel.sentences import say
from tongzhou.server.labs import queries
from tongzhou.server.labs.forms import MappingForm, ResultFileForm
from tongzhou.server.labs.uploads import Upload, store_upload, upload_by_token

LIVE = (JobState.QUEUED, JobState.RUNNING)


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Take a file; the next page shows how its columns are read."""
    require_anywhere(request.actor, Permission.RESULT_WRITE)
    form = ResultFileForm(request.actor, request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            given = form.cleaned_data["file"]
            stored = store_upload(given.name, given.chunks(), request.actor.account_id)
            open_table(stored.path, name=stored.name)
        except InputError as error:
            form.add_error("file", say(error))
        else:
            return redirect("labs:mapping", form.cleaned_data["laboratory"].code, stored.token)
    return render(request, "labs/upload.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def mapping(request: HttpRequest, laboratory: str, token: str) -> HttpResponse:
    """Show which column holds which field; run the import when it is right."""
    lab, stored = (
        queries.access_laboratory(request.actor, laboratory),
        upload_by_token(token, request.actor.account_id),
    )
    table = open_table(stored.path, name=stored.name)
    guessed, problem = _guess(table)
    form = MappingForm(table.columns, guessed, request.POST or None)
    if request.method == "POST" and form.is_valid():
        job = start_import(request, lab.code, lab.area_code, stored, form.overrides())
        return redirect("labs:file_job", job.id)
    page = {
        "form": form,
        "laboratory": lab,
        "name": stored.name,
        "problem": problem,
        "unused": guessed and guessed.unused,
    }
    return render(request, "labs/mapping.html", page, status=422 if form.errors else 200)


def _guess(table: TableSource) -> tuple[ColumnMapping | None, str]:
    try:
        return map_result_columns(table), ""
    except InputError as error:
        return None, say(error)


def start_import(
    request: HttpRequest, laboratory: str, area_code: str, stored: Upload, overrides: dict[str, str]
) -> Job:
    """Queue the import of a stored file for the worker."""
    options: dict[str, Any] = {**stored.as_options(), "laboratory": laboratory, "overrides": overrides}
    return enqueue(queries.JOB, request.actor, area_code=area_code, options=options)


@require_GET
def file_job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Show how far an import is and, at its end, its account."""
    job = queries.access_file_job(request.actor, job_id)
    is_live = job.state in LIVE
    shown = {
        "id": job.id,
        "label": job.options.get("name", ""),
        "state": job.state,
        "done": job.n_done,
        "total": job.n_total,
        "message": say(job.error) or job.step,
        "cancel_url": reverse("labs:cancel_job", args=[job.id]) if is_live else "",
    }
    page = {"job": job, "shown": shown, "is_live": is_live, "outcome": job.outcome}
    template = "labs/job_progress.html" if getattr(request, "htmx", False) else "labs/job.html"
    return render(request, template, page)


@require_POST
def cancel_job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Ask a running import to stop; nothing of it stays."""
    request_cancel(queries.access_file_job(request.actor, job_id))
    return redirect("labs:file_job", job_id)


@require_GET
def rejects(request: HttpRequest, job_id: UUID) -> HttpResponseBase:
    """Hand back the rejected rows with their reasons."""
    job = queries.access_file_job(request.actor, job_id)
    path = Path(settings.HOME) / job.outcome.get("rejects_path", "")
    if not job.outcome.get("rejects_path") or not path.is_file():
        raise Http404
    return rejects_answer(path)
