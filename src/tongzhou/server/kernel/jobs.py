"""Background jobs: claim by compare-and-set, heartbeat by lease, progress, cancel, resume.

A runner is a function ``(job, report) -> outcome``. It calls ``report(n_done, n_total, step, checkpoint)``
between steps; that renews the lease and raises `Cancelled` when somebody asked for it. A job whose lease ran
out (its worker died) is claimed again and finds its last checkpoint in ``job.checkpoint``. Runners are found in the
module `jobs` of each app when the first is asked for, since what they compute with takes seconds to load.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Protocol

from django.db.models import F, Q
from django.utils.module_loading import autodiscover_modules

from tongzhou.core.access import Actor
from tongzhou.core.errors import InputError, TongzhouError
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.models import Job, JobState

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 5
_log = logging.getLogger(__name__)


class Cancelled(Exception):
    """Somebody asked the running job to stop."""


class Report(Protocol):
    """What a runner calls between steps."""

    def __call__(
        self,
        n_done: int,
        n_total: int | None = None,
        step: str = "",
        checkpoint: dict[str, Any] | None = None,
    ) -> None: ...


Runner = Callable[[Job, Report], dict[str, Any]]
_runners: dict[str, Runner] = {}


def runs(kind: str) -> Callable[[Runner], Runner]:
    """Register the runner of a kind of job."""

    def register(runner: Runner) -> Runner:
        _runners[kind] = runner
        return runner

    return register


def _find_runners() -> dict[str, Runner]:
    autodiscover_modules("jobs")
    return _runners


def enqueue(kind: str, actor: Actor, *, area_code: str = "", options: dict[str, Any] | None = None) -> Job:
    """Queue a job for the worker."""
    if kind not in (runners := _find_runners()):
        raise InputError("jobs.unknown_kind", f"No job is called {kind!r}.", f"Known: {sorted(runners)}.")
    return Job.objects.create(
        kind=kind, area_code=area_code, options=options or {}, requested_by=actor.account_id
    )


def request_cancel(job: Job) -> None:
    """Ask a job to stop; a queued one stops at once, a running one at its next step."""
    jobs = Job.objects.everything("cancel by its identifier").filter(id=job.id)
    jobs.filter(state=JobState.QUEUED).update(state=JobState.CANCELLED, finished_at=clock.now())
    jobs.filter(state=JobState.RUNNING).update(is_cancel_requested=True)


def claim_next() -> Job | None:
    """Take the oldest job that waits or whose worker died; two workers never take the same one."""
    now = clock.now()
    free = Q(state=JobState.QUEUED) | Q(state=JobState.RUNNING, lease_until__lt=now)
    jobs = Job.objects.everything("the worker takes any job")
    for job in jobs.filter(free).order_by("recorded_at")[:10]:
        won = jobs.filter(free, id=job.id, n_attempts=job.n_attempts).update(
            state=JobState.RUNNING,
            lease_until=now + LEASE,
            n_attempts=F("n_attempts") + 1,
            started_at=job.started_at or now,
        )
        if won:
            job.refresh_from_db()
            return job
    return None


def run(job: Job) -> None:
    """Run a claimed job to its end and write how it ended."""
    if job.n_attempts > MAX_ATTEMPTS:
        return _finish(job, JobState.FAILED, error=f"Gave up after {MAX_ATTEMPTS} tries.")
    try:
        outcome = _find_runners()[job.kind](job, _reporter(job))
    except Cancelled:
        _finish(job, JobState.CANCELLED)
    except TongzhouError as error:
        _finish(job, JobState.FAILED, error=str(error))
    except Exception as error:  # the worker outlives any one job; the log has the trace
        _log.exception("job %s (%s) failed", job.id, job.kind)
        _finish(job, JobState.FAILED, error=f"Internal error ({type(error).__name__}).")
    else:
        _finish(job, JobState.DONE, outcome=outcome)


def _reporter(job: Job) -> Report:
    attempt = job.n_attempts

    def report(
        n_done: int,
        n_total: int | None = None,
        step: str = "",
        checkpoint: dict[str, Any] | None = None,
    ) -> None:
        changes: dict[str, Any] = {"n_done": n_done, "lease_until": clock.now() + LEASE, "step": step[:120]}
        if n_total is not None:
            changes["n_total"] = n_total
        if checkpoint is not None:
            changes["checkpoint"] = checkpoint
        mine = Job.objects.everything("own job").filter(
            id=job.id, n_attempts=attempt, state=JobState.RUNNING, is_cancel_requested=False
        )
        if not mine.update(**changes):
            raise Cancelled

    return report


def _finish(job: Job, state: JobState, *, outcome: dict[str, Any] | None = None, error: str = "") -> None:
    Job.objects.everything("own job").filter(id=job.id, n_attempts=job.n_attempts).update(
        state=state,
        outcome=outcome or {},
        error=error[:300],
        finished_at=clock.now(),
        lease_until=None,
    )
