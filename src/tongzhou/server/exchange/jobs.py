"""The background job of an import."""

from __future__ import annotations

from typing import Any

from tongzhou.server.access.models import Account
from tongzhou.server.access.queries import actor_of
from tongzhou.server.exchange.actions import ImportOptions, run_import
from tongzhou.server.exchange.queries import JOB, account_of
from tongzhou.server.kernel.jobs import Report, runs
from tongzhou.server.kernel.models import Job
from tongzhou.server.labs.uploads import upload_of


@runs(JOB)
def import_files(job: Job, report: Report) -> dict[str, Any]:
    """Run the import; begun again after a crash it adds nothing twice."""
    actor = actor_of(Account.objects.get(id=job.requested_by))
    uploads = [upload_of(options) for options in job.options["files"]]
    options = ImportOptions(
        overrides=job.options["overrides"],
        is_dry_run=job.options["is_dry_run"],
        area_code=job.area_code,
        laboratory=job.options.get("laboratory", ""),
        names=tuple(upload.name for upload in uploads),
        job=job,
    )
    report(0, step="reading")
    runs_made = run_import(actor, job.options["kind"], [upload.path for upload in uploads], options)
    return {"runs": [account_of(run) for run in runs_made]}
