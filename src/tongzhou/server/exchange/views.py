"""The import screen: choose, look at the mapping, try or run, read the account, take the rejected rows back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongzhou.core.errors import InputError
from tongzhou.interop.tabular import open_table
from tongzhou.server.access.queries import require_anywhere
from tongzhou.server.access.rules import Permission
from tongzhou.server.exchange import queries
from tongzhou.server.exchange.forms import KIND_WORDS, ImportForm
from tongzhou.server.exchange.importers.base import assign_roles
from tongzhou.server.exchange.importers.registry import importer_of
from tongzhou.server.kernel.jobs import enqueue, request_cancel
from tongzhou.server.kernel.models import JobState
from tongzhou.server.kernel.problems import problem_of
from tongzhou.server.kernel.rejects import rejects_answer
from tongzhou.server.kernel.sentences import say
from tongzhou.server.labs.uploads import Upload, store_upload, upload_by_token

PAGE = 30
LIVE = (JobState.QUEUED, JobState.RUNNING)


@require_http_methods(["GET", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """List imports and take files for a new one."""
    require_anywhere(request.actor, Permission.IMPORT_RUN)
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            stored = [_store(request, file) for file in form.cleaned_data["files"]]
            return redirect("exchange:preview", form.cleaned_data["kind"], "-".join(s.token for s in stored))
        except InputError as error:
            form.add_error("files", say(error))
    page = Paginator(queries.visible_runs(request.actor), PAGE).get_page(request.GET.get("page"))
    shown = {"form": form, "page": page, "rows": [_row(run) for run in page]}
    return render(request, "exchange/imports.html", shown, status=422 if form.errors else 200)


def _store(request: HttpRequest, file: Any) -> Upload:
    stored = store_upload(file.name, file.chunks(), request.actor.account_id)
    open_table(stored.path, name=stored.name)
    return stored


def _row(run: Any) -> dict[str, Any]:
    return {"run": run, "kind": KIND_WORDS.get(run.kind, run.kind)}


@require_http_methods(["GET", "POST"])
def preview(request: HttpRequest, kind: str, tokens: str) -> HttpResponse:
    """Show how the columns are read; a POST tries or runs the import."""
    require_anywhere(request.actor, Permission.IMPORT_RUN)
    importer = importer_of(kind)
    stored = [upload_by_token(token, request.actor.account_id) for token in tokens.split("-")]
    if request.method == "POST":
        return _start(request, kind, stored)
    page: dict[str, Any] = {"kind": KIND_WORDS.get(kind, kind), "names": [upload.name for upload in stored]}
    try:
        tables = [open_table(upload.path, name=upload.name) for upload in stored]
        groups = (
            [assign_roles(importer, tables)]
            if len(importer.roles) > 1
            else [{importer.roles[0].name: t} for t in tables]
        )
        readings = [importer.read(group, {}) for group in groups]
        page["mappings"] = [item for reading in readings for item in reading.mapping.items()]
        page["findings"] = [say(finding.message) for reading in readings for finding in reading.findings][
            :PAGE
        ]
        page["n_rejected"] = sum(
            r["row"].n_unique() for reading in readings for r in reading.rejected.values() if r.height
        )
    except InputError as error:
        page["problem"] = problem_of(error)
    return render(request, "exchange/preview.html", page, status=422 if "problem" in page else 200)


def _start(request: HttpRequest, kind: str, stored: list[Upload]) -> HttpResponse:
    options = {
        "kind": kind,
        "files": [upload.as_options() for upload in stored],
        "overrides": {},
        "is_dry_run": "try" in request.POST,
    }
    area = require_anywhere(request.actor, Permission.IMPORT_RUN).prefixes[0]
    job = enqueue(queries.JOB, request.actor, area_code=area, options=options)
    return redirect("exchange:job", job.id)


@require_GET
def job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Show a running import; when it is done, its account."""
    found = queries.access_job(request.actor, job_id)
    is_live = found.state in LIVE
    shown = {
        "id": found.id,
        "label": ", ".join(file["name"] for file in found.options["files"]),
        "state": found.state,
        "done": found.n_done,
        "total": found.n_total,
        "message": say(found.error) or found.step,
        "cancel_url": reverse("exchange:cancel", args=[found.id]) if is_live else "",
    }
    page = {"job": found, "shown": shown, "is_live": is_live, "runs": found.outcome.get("runs", [])}
    template = "exchange/job_progress.html" if getattr(request, "htmx", False) else "exchange/job.html"
    return render(request, template, page)


@require_POST
def cancel(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Ask a queued or running import to stop."""
    request_cancel(queries.access_job(request.actor, job_id))
    return redirect("exchange:job", job_id)


@require_GET
def account(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show the account of one import."""
    run = queries.access_run(request.actor, run_id)
    page = {"run": run, "account": queries.account_of(run), "kind": KIND_WORDS.get(run.kind, run.kind)}
    return render(request, "exchange/account.html", page)


@require_GET
def rejects(request: HttpRequest, run_id: UUID) -> HttpResponseBase:
    """Hand back the rejected rows with their reasons."""
    path = queries.rejects_file(queries.access_run(request.actor, run_id))
    if path is None:
        raise Http404
    return rejects_answer(path)
