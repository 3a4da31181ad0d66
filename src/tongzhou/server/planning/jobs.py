"""The background jobs of studies: what-if, its repetition, the difference between two packs.

A job whose worker died is taken up by the next one and goes on from the runs that are on disk.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from typing import Any

from django.urls import reverse

from tongzhou.epi.simulate import Population
from tongzhou.scenario import Question, WhatIf, answer
from tongzhou.server.access.models import Account
from tongzhou.server.access.queries import actor_of
from tongzhou.server.kernel.jobs import Report, runs
from tongzhou.server.kernel.models import Job
from tongzhou.server.planning import answers, queries
from tongzhou.server.planning.actions import keep_repetition, keep_study
from tongzhou.server.planning.differences import compare_orders
from tongzhou.server.planning.kept_runs import forget_runs, kept_runs
from tongzhou.server.planning.models import Study
from tongzhou.server.planning.populations import population_of
from tongzhou.server.planning.screens import KEEPING, ORDERS, POPULATION, SIMULATING

BEAT_SECONDS = 2.0
KEY = 20
"""Characters of a digest that name a folder."""


def _actor(job: Job) -> Any:
    return actor_of(Account.objects.get(id=job.requested_by))


def _address(view: str, study: Study) -> str:
    return f"{reverse(view, args=[study.id])}?area={study.area_code}"


class _Beat:
    """Reports runs done; renews the lease and hears a cancel at most every two seconds."""

    def __init__(self, report: Report, total: int) -> None:
        self._report, self._total, self._at, self.done = report, total, time.monotonic(), 0

    def __call__(self, step: str = SIMULATING) -> None:
        if time.monotonic() - self._at >= BEAT_SECONDS:
            self._at = time.monotonic()
            self._report(self.done, self._total, step)

    def note(self, done: int, _of: int) -> bool:
        """Take note of a finished run."""
        self.done = done
        self()
        return False


def _simulate(question: Question, report: Report, key: str) -> WhatIf:
    """Answer a question, taking up the runs that an interrupted try finished under the same key."""
    total = len(question.scenarios) * question.n_runs
    report(0, total, POPULATION)
    beat = _Beat(report, total)
    population = _while_beating(partial(population_of, question), partial(beat, POPULATION))
    report(0, total, SIMULATING)
    found = answer(question, population, progress=beat.note, heartbeat=beat, kept=kept_runs(key))
    report(total, total, KEEPING)
    return found


def _while_beating(make: Callable[[], Population], beat: Callable[[], object]) -> Population:
    """Return what `make` makes in a thread beside; the lease of the job is renewed meanwhile."""
    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(make)
        while not made.done():
            wait([made], BEAT_SECONDS)
            beat()
        return made.result()


@runs(queries.WHATIF)
def run_whatif(job: Job, report: Report) -> dict[str, Any]:
    """Compare scenarios and keep the study."""
    question = Question.from_json(job.options["question"])
    found = _simulate(question, report, question.digest()[:KEY])
    actor, about = _actor(job), job.options["about"]
    study = keep_study(actor, job.area_code, answers.of_whatif(job.area_code, question, about, found), job)
    forget_runs(question.digest()[:KEY])
    return {"study": str(study.id), "url": _address("planning:study", study)}


@runs(queries.REPEAT)
def run_repetition(job: Job, report: Report) -> dict[str, Any]:
    """Compute a study again from its inputs and keep whether the bits are equal."""
    study = Study.objects.everything("the study of the job").get(id=job.options["study"])
    question = Question.from_json(study.inputs["question"])
    found = _simulate(question, report, f"repeat-{study.id}")
    again = keep_repetition(_actor(job), study, found.result_digest(), job)
    forget_runs(f"repeat-{study.id}")
    return {"is_equal": again.is_equal, "url": _address("planning:study", study)}


@runs(queries.POLICY)
def run_policy_difference(job: Job, report: Report) -> dict[str, Any]:
    """Compare two packs on the orders of today, and by simulation on what they would bring."""
    actor, options = _actor(job), job.options
    report(0, None, ORDERS)
    beat = partial(report, 0, None, ORDERS)
    difference = compare_orders(actor, job.area_code, options["before"], options["after"], beat)
    found = None
    question = Question.from_json(options["question"]) if options.get("question") else None
    if question is not None:
        found = _simulate(question, report, question.digest()[:KEY])
    kept = answers.of_difference(job.area_code, options, difference, question, found)
    study = keep_study(actor, job.area_code, kept, job)
    if question is not None:
        forget_runs(question.digest()[:KEY])
    return {"study": str(study.id), "url": _address("planning:difference", study)}
