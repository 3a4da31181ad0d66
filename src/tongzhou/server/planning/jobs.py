"""The background jobs of studies: what-if, its repetition, the difference between two packs."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from django.urls import reverse

from tongzhou.scenario import Question, WhatIf, answer
from tongzhou.server.access.models import Account
from tongzhou.server.access.queries import actor_of
from tongzhou.server.kernel.jobs import Report, runs
from tongzhou.server.kernel.models import Job
from tongzhou.server.planning import answers, queries
from tongzhou.server.planning.actions import keep_repetition, keep_study
from tongzhou.server.planning.differences import compare_orders
from tongzhou.server.planning.models import Study
from tongzhou.server.planning.populations import population_of
from tongzhou.server.planning.screens import KEEPING, ORDERS, POPULATION, SIMULATING

BEAT_SECONDS = 2.0


def _actor(job: Job) -> Any:
    return actor_of(Account.objects.get(id=job.requested_by))


def _address(view: str, study: Study) -> str:
    return f"{reverse(view, args=[study.id])}?area={study.area_code}"


def _simulate(question: Question, report: Report) -> WhatIf:
    """Answer a question, reporting runs done; the lease is renewed and a cancel heard every two seconds."""
    total = len(question.scenarios) * question.n_runs
    report(0, total, POPULATION)
    population = population_of(question)
    report(0, total, SIMULATING)
    state = {"done": 0, "at": time.monotonic()}

    def tell() -> None:
        if time.monotonic() - state["at"] >= BEAT_SECONDS:
            state["at"] = time.monotonic()
            report(int(state["done"]), total, SIMULATING)

    def progress(done: int, _of: int) -> bool:
        state["done"] = done
        tell()
        return False

    found = answer(question, population, progress=progress, heartbeat=tell)
    report(total, total, KEEPING)
    return found


@runs(queries.WHATIF)
def run_whatif(job: Job, report: Report) -> dict[str, Any]:
    """Compare scenarios and keep the study."""
    question = Question.from_json(job.options["question"])
    found = _simulate(question, report)
    actor, about = _actor(job), job.options["about"]
    study = keep_study(actor, job.area_code, answers.of_whatif(job.area_code, question, about, found), job)
    return {"study": str(study.id), "url": _address("planning:study", study)}


@runs(queries.REPEAT)
def run_repetition(job: Job, report: Report) -> dict[str, Any]:
    """Compute a study again from its inputs and keep whether the bits are equal."""
    study = Study.objects.everything("the study of the job").get(id=job.options["study"])
    question = Question.from_json(study.inputs["question"])
    found = _simulate(question, report)
    again = keep_repetition(_actor(job), study, found.result_digest(), job)
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
        found = _simulate(question, report)
    kept = answers.of_difference(job.area_code, options, difference, question, found)
    study = keep_study(actor, job.area_code, kept, job)
    return {"study": str(study.id), "url": _address("planning:difference", study)}
