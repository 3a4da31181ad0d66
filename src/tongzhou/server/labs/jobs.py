"""The background job of a results file."""

from __future__ import annotations

from typing import Any

from tongzhou.core.access import system_actor
from tongzhou.server.access.models import Account
from tongzhou.server.access.queries import actor_of
from tongzhou.server.kernel.jobs import Report, runs
from tongzhou.server.kernel.models import Job
from tongzhou.server.labs.bulk import ResultFile, import_results, receipt_of
from tongzhou.server.labs.models import Laboratory
from tongzhou.server.labs.queries import JOB
from tongzhou.server.labs.uploads import upload_of


@runs(JOB)
def import_result_file(job: Job, report: Report) -> dict[str, Any]:
    """Import the file; begun again after a crash it changes nothing that was done."""
    account = (
        Account.objects.filter(id=job.requested_by, is_active=True).first() if _is_account(job) else None
    )
    actor = actor_of(account) if account else system_actor("labs")
    laboratory = Laboratory.objects.everything("named by the job").get(code=job.options["laboratory"])
    upload = upload_of(job.options)
    file = ResultFile(upload.path, upload.name, upload.digest, job.options.get("overrides", {}))
    receipt = import_results(actor, laboratory, file, lambda n_done, step: report(n_done, step=step))
    return receipt_of(receipt)


def _is_account(job: Job) -> bool:
    return not job.requested_by.startswith("system:")
