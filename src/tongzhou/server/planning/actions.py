"""Ask for studies, keep their answers, record what stands ready."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError

import tongzhou
from tongzhou.core.access import Actor
from tongzhou.core.errors import Conflict, InputError
from tongzhou.scenario import Question, check_question
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.areas.queries import get_area
from tongzhou.server.kernel import clock, jobs
from tongzhou.server.kernel.models import Job
from tongzhou.server.planning import queries
from tongzhou.server.planning.models import (
    Capacity,
    CapacityKind,
    Repetition,
    Study,
    StudyKind,
)


@dataclass(frozen=True, slots=True)
class CapacityEntry:
    """One figure of what stands ready."""

    area_code: str
    kind: str
    amount: int
    as_of: date
    source: str
    lead_days: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a job found, ready to be kept."""

    kind: StudyKind
    disease: str
    subject_key: str
    from_on: date
    inputs: dict[str, Any]
    inputs_digest: str
    method: str
    packs: list[dict[str, str]]
    result: dict[str, Any]
    result_digest: str
    needs: dict[str, Any]


def ask_whatif(actor: Actor, area_code: str, question: Question, about: dict[str, Any]) -> Job:
    """Queue a comparison of scenarios.

    about : what the question was made from (cases counted, basis of the residents), for the record
    Needs: analysis.read in the area. Writes: Job. Records: study.ask. Idempotent while a job of the question lives.

    Raises
    ------
    InputError : as `scenario.check_question`
    """
    check_question(question)
    with acting(actor, Permission.ANALYSIS_READ, area_code, "study.ask", ("area", area_code)) as record:
        options = {"question": question.to_json(), "about": about}
        job = _live(area_code, queries.WHATIF, "question", options["question"]) or jobs.enqueue(
            queries.WHATIF, actor, area_code=area_code, options=options
        )
        record.detail = {"kind": queries.WHATIF, "digest": question.digest()[:16]}
    return job


def ask_repetition(actor: Actor, study: Study) -> Job:
    """Queue a repetition of a study from its inputs.

    Needs: analysis.read where the study lies. Writes: Job. Records: study.ask. Idempotent while the job lives.
    """
    with acting(actor, Permission.ANALYSIS_READ, study.area_code, "study.ask", ("study", study.id)) as record:
        kind = queries.PEAK_REPEAT if study.kind == StudyKind.RETURN_PEAK else queries.REPEAT
        job = _live(study.area_code, kind, "study", str(study.id)) or jobs.enqueue(
            kind, actor, area_code=study.area_code, options={"study": str(study.id)}
        )
        record.detail = {"kind": kind}
    return job


def _live(area_code: str, kind: str, option: str, value: Any) -> Job | None:
    """Return the job under way that asks the same."""
    live = queries.live_jobs(area_code, kind)
    return next((job for job in live if job.options.get(option) == value), None)


def ask_again(actor: Actor, ended: Job) -> Job:
    """Queue a job again that was cancelled or failed; it goes on from what it finished.

    Needs: analysis.read in its area. Writes: Job. Records: study.ask. Idempotent while the new job lives.
    """
    with acting(actor, Permission.ANALYSIS_READ, ended.area_code, "study.ask", ("job", ended.id)) as record:
        record.detail = {"kind": ended.kind}
        live = queries.live_jobs(ended.area_code, ended.kind)
        same = next((job for job in live if job.options == ended.options), None)
        return same or jobs.enqueue(ended.kind, actor, area_code=ended.area_code, options=ended.options)


def ask_policy_difference(actor: Actor, area_code: str, options: dict[str, Any]) -> Job:
    """Queue a comparison of two packs on the orders of today.

    Needs: analysis.read in the area. Writes: Job. Records: study.ask.
    """
    with acting(actor, Permission.ANALYSIS_READ, area_code, "study.ask", ("area", area_code)) as record:
        job = jobs.enqueue(queries.POLICY, actor, area_code=area_code, options=options)
        record.detail = {"kind": queries.POLICY, "packs": [options["before"], options["after"]]}
    return job


def keep_study(actor: Actor, area_code: str, answer: Answer, job: Job | None = None) -> Study:
    """Keep an answer and supersede the study of the same subject before it.

    Needs: analysis.read in the area. Writes: Study. Records: study.keep. Idempotent by the job.

    Raises
    ------
    Conflict : another worker kept a study of the same subject at the same time
    """
    rows = Study.objects.everything("studies of the same subject")
    kept = rows.filter(job=job).first() if job is not None else None
    if kept is not None:
        return kept
    fields = {name: getattr(answer, name) for name in Answer.__dataclass_fields__}
    study = Study(
        **fields,
        area_code=area_code,
        code_version=tongzhou.__version__,
        job=job,
        requested_by=actor.account_id,
    )
    try:
        with acting(actor, Permission.ANALYSIS_READ, area_code, "study.keep", ("study", study.id)) as record:
            same = rows.filter(area_code=area_code, kind=answer.kind, subject_key=answer.subject_key)
            same.filter(is_superseded=False).update(is_superseded=True)
            study.save(force_insert=True)
            record.detail = {"kind": str(answer.kind), "digest": answer.result_digest[:16]}
    except IntegrityError as error:
        raise Conflict(
            "planning.study_kept", "Another worker kept this study.", "Open the page again."
        ) from error
    return study


def keep_repetition(actor: Actor, study: Study, result_digest: str, job: Job) -> Repetition:
    """Keep whether a repetition gave the same bits.

    Needs: analysis.read where the study lies. Writes: Repetition. Records: study.repeat. Idempotent by the job.
    """
    kept = Repetition.objects.everything("of the job").filter(job=job).first()
    if kept is not None:
        return kept
    is_equal = result_digest == study.result_digest
    with acting(
        actor, Permission.ANALYSIS_READ, study.area_code, "study.repeat", ("study", study.id)
    ) as record:
        record.detail = {"is_equal": is_equal}
        return Repetition.objects.create(
            area_code=study.area_code, study=study, code_version=tongzhou.__version__, result_digest=result_digest,
            is_equal=is_equal, job=job, requested_by=actor.account_id,
        )  # fmt: skip


def record_capacities(actor: Actor, area_code: str, entries: Sequence[CapacityEntry]) -> int:
    """Keep figures of what stands ready in or below an area; return how many were new.

    Needs: capacity.write in the area. Writes: Capacity; a figure before it is superseded. Records:
    capacity.record. Idempotent by content.

    Raises
    ------
    InputError : an unknown kind, an area outside, a day to come, no source
    """
    _check_capacities(area_code, entries)
    with acting(
        actor, Permission.CAPACITY_WRITE, area_code, "capacity.record", ("area", area_code)
    ) as record:
        n_new = sum(_keep_capacity(actor, entry) for entry in entries)
        record.detail = {"n": n_new}
    return n_new


def _check_capacities(area_code: str, entries: Sequence[CapacityEntry]) -> None:
    for entry in entries:
        if entry.kind not in CapacityKind.values:
            raise InputError(
                "planning.unknown_capacity",
                f"No capacity is called {entry.kind!r}.",
                f"Choose from {', '.join(CapacityKind.values)}.",
            )
        check_figure(area_code, entry.area_code, entry.as_of, entry.source)
        if entry.amount < 0:
            raise InputError("planning.negative", f"{entry.kind} is {entry.amount}.", "Give at least 0.")


def check_figure(area_code: str, inside: str, as_of: date, source: str) -> None:
    """Refuse a figure outside the area, of a day to come, or without a source.

    Raises
    ------
    InputError : ``planning.outside``, ``planning.future``, ``planning.no_source``
    """
    get_area(inside)
    if not inside.startswith(area_code):
        raise InputError(
            "planning.outside", f"{inside} does not lie in {area_code}.", "Give areas inside it."
        )
    if as_of > clock.today():
        raise InputError("planning.future", f"{as_of} is still to come.", "Give the day the figure was true.")
    if not source.strip():
        raise InputError("planning.no_source", "The figure has no source.", "Name who counted it.")


def _keep_capacity(actor: Actor, entry: CapacityEntry) -> bool:
    rows = Capacity.objects.everything("the figure before").filter(
        area_code=entry.area_code, kind=entry.kind, is_superseded=False
    )
    values = {
        "amount": entry.amount,
        "as_of": entry.as_of,
        "source": entry.source.strip(),
        "lead_days": entry.lead_days,
    }
    if rows.filter(**values).exists():
        return False
    rows.update(is_superseded=True)
    Capacity.objects.create(area_code=entry.area_code, kind=entry.kind, entered_by=actor.account_id, **values)
    return True
