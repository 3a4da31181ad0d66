"""Accounts of imports: for the screen, for the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings

from tongzhou.core.access import Actor
from tongzhou.server.access.queries import not_visible, scope_for
from tongzhou.server.access.rules import Permission
from tongzhou.server.exchange.models import ImportRun
from tongzhou.server.kernel.models import Job
from tongzhou.server.kernel.records import ScopedQuerySet

JOB = "exchange.import"


def visible_runs(actor: Actor) -> ScopedQuerySet:
    """Return the imports of the areas where the actor may import, latest first."""
    return ImportRun.objects.all().within(scope_for(actor, Permission.IMPORT_RUN))


def access_run(actor: Actor, run_id: object) -> ImportRun:
    """Return one import; absent and out of scope raise the same NotVisible."""
    run = visible_runs(actor).filter(id=run_id).first()
    if run is None:
        raise not_visible(actor, Permission.IMPORT_RUN, "import", run_id)
    return run


def rejects_file(run: ImportRun) -> Path | None:
    """Return the file of rejected rows, where there is one."""
    path = Path(settings.HOME) / run.rejects_path if run.rejects_path else None
    return path if path and path.is_file() else None


def account_of(run: ImportRun) -> dict[str, Any]:
    """Return an import's account as plain values."""
    return {
        "id": str(run.id),
        "kind": run.kind,
        "file": run.file_name,
        "digest": run.file_digest,
        "is_dry_run": run.is_dry_run,
        "n_read": run.n_read,
        "n_accepted": run.n_accepted,
        "n_unchanged": run.n_unchanged,
        "n_rejected": run.n_rejected,
        "mapping": run.mapping.get("columns", {}),
        "records": run.mapping.get("records", {}),
        "findings": run.findings,
        "rejects_path": str(rejects_file(run) or ""),
    }


def access_job(actor: Actor, job_id: object) -> Job:
    """Return the job of an import; absent and out of scope raise the same NotVisible."""
    jobs = Job.objects.all().within(scope_for(actor, Permission.IMPORT_RUN)).filter(kind=JOB)
    job = jobs.filter(id=job_id).first()
    if job is None:
        raise not_visible(actor, Permission.IMPORT_RUN, "job", job_id)
    return job
