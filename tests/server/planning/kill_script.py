"""One step of the test of a killed study, in a process of its own: ``ask``, ``work`` or ``check``."""

from __future__ import annotations

import json
import sys
from datetime import timedelta

from tests.server.planning.kill_question import AREA, QUESTION
from tongzhou.cli.records import open_records

open_records("test")

from tests.cast import SETUP  # noqa: E402 - Django is there only now
from tongzhou.server.access.actions import create_account, grant_role  # noqa: E402
from tongzhou.server.access.queries import actor_of  # noqa: E402
from tongzhou.server.kernel import clock, jobs  # noqa: E402
from tongzhou.server.kernel.models import Job  # noqa: E402
from tongzhou.server.planning.actions import ask_whatif  # noqa: E402
from tongzhou.server.planning.models import Study  # noqa: E402


def ask() -> None:
    account = create_account(SETUP, "analyst", "not-a-secret-9", display_name="A")
    grant_role(SETUP, account, "analyst", AREA)
    ask_whatif(actor_of(account), AREA, QUESTION, {"basis": "census"})


def work() -> None:
    """Take the job, as a worker does when the lease of a dead one has run out."""
    late = clock.now() - timedelta(minutes=2)
    Job.objects.everything("test").filter(state="running").update(lease_until=late)
    job = jobs.claim_next()
    assert job is not None
    jobs.run(job)


def check() -> None:
    job, study = Job.objects.everything("test").get(), Study.objects.everything("test").get()
    print(json.dumps([job.state, job.n_attempts, study.result_digest]))


if __name__ == "__main__":
    {"ask": ask, "work": work, "check": check}[sys.argv[1]]()
