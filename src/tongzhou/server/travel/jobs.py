"""The background jobs of travel: a return peak, and its repetition from the inputs it kept."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from typing import Any

from django.urls import reverse

from tongzhou.plan.peak_study import compute_peak, digest_of_peak
from tongzhou.server.access.models import Account
from tongzhou.server.access.queries import actor_of
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.jobs import Report, runs
from tongzhou.server.kernel.models import Job
from tongzhou.server.planning.actions import keep_repetition, keep_study
from tongzhou.server.planning.models import Study
from tongzhou.server.planning.queries import PEAK, PEAK_REPEAT
from tongzhou.server.planning.screens import KEEPING
from tongzhou.server.travel import answers
from tongzhou.server.travel.asking import peak_question
from tongzhou.server.travel.screens import COUNTING, READING

BEAT_SECONDS = 0.5


def _beat(report: Report) -> Callable[[int, int], None]:
    """Return what reports the days done, at most twice a second."""
    last = time.monotonic()

    def beat(done: int, of: int) -> None:
        nonlocal last
        if time.monotonic() - last >= BEAT_SECONDS or done == of:
            last = time.monotonic()
            report(done, of, COUNTING)

    return beat


@runs(PEAK)
def run_peak(job: Job, report: Report) -> dict[str, Any]:
    """Compute a return peak from the records of now and keep the study."""
    actor = actor_of(Account.objects.get(id=job.requested_by))
    report(0, None, READING)
    asked = dict(job.options)
    asked["new_year"] = date.fromisoformat(asked["new_year"]) if asked["new_year"] else None
    question, about = peak_question(actor, job.area_code, asked, clock.today())
    result = compute_peak(question, _beat(report))
    days = len(result["advice"])
    report(days, days, KEEPING)
    study = keep_study(actor, job.area_code, answers.as_answer(job.area_code, question, about, result), job)
    return {"study": str(study.id), "url": _address(study)}


@runs(PEAK_REPEAT)
def run_repetition(job: Job, report: Report) -> dict[str, Any]:
    """Compute a kept peak again from its inputs alone and keep whether the bits are equal."""
    study = Study.objects.everything("the study of the job").get(id=job.options["study"])
    result = compute_peak(study.inputs["question"], _beat(report))
    actor = actor_of(Account.objects.get(id=job.requested_by))
    again = keep_repetition(actor, study, digest_of_peak(result), job)
    return {"is_equal": again.is_equal, "url": _address(study)}


def _address(study: Study) -> str:
    return f"{reverse('travel:study', args=[study.id])}?area={study.area_code}"
