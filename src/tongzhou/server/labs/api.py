"""Results over the API: one, or a file."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import File, Form, Header, Router, Schema, Status, UploadedFile
from pydantic import AwareDatetime, Field

from tongzhou.interop.tabular import open_table
from tongzhou.server.kernel.idempotency import once
from tongzhou.server.kernel.jobs import enqueue
from tongzhou.server.labs import queries
from tongzhou.server.labs.actions import ResultEntry, record_result
from tongzhou.server.labs.models import Outcome, PositiveResult, UnlinkedResult
from tongzhou.server.labs.uploads import store_upload

router = Router(tags=["results"])
_MADE = {PositiveResult: "positive", UnlinkedResult: "unlinked", type(None): "recorded"}


class ResultIn(Schema):
    """One result."""

    laboratory: str = Field(max_length=40)
    document: str = Field(min_length=1, max_length=40)
    name: str = Field("", max_length=80)
    phone: str = Field("", max_length=20)
    sample: str = Field(min_length=1, max_length=80)
    sampled_at: AwareDatetime
    resulted_at: AwareDatetime
    outcome: Literal["positive", "negative", "indeterminate"]
    method: str = Field("nucleic_acid", max_length=40)


class ResultOut(Schema):
    """What became of it."""

    made: Literal["positive", "unlinked", "recorded"]


class JobOut(Schema):
    """A background job: where it stands and, at its end, its account."""

    id: UUID
    state: str
    n_done: int
    step: str
    error: str
    outcome: dict[str, Any]
    finished_at: datetime | None


@router.post("results", response=ResultOut, summary="Record one result")
def post_result(
    request: HttpRequest, given: ResultIn, idempotency_key: Annotated[str, Header(max_length=120)] = ""
) -> dict[str, str]:
    """Record one result. Repeated with the same Idempotency-Key it answers the same and changes nothing."""
    laboratory = queries.access_laboratory(request.actor, given.laboratory)
    content = given.dict()
    fields = {name: value for name, value in content.items() if name != "laboratory"}
    entry = ResultEntry(**{**fields, "outcome": Outcome(given.outcome)})

    def run() -> dict[str, str]:
        return {"made": _MADE[type(record_result(request.actor, laboratory, entry))]}

    account = request.actor.account_id
    return once(idempotency_key, account_id=account, action="api.result", request=content, run=run)


@router.post("results/file", response={202: JobOut}, summary="Import a file of results")
def post_file(
    request: HttpRequest, file: File[UploadedFile], laboratory: Annotated[str, Form(max_length=40)]
) -> Any:
    """Store a file and queue its import; ask the job how it went."""
    found = queries.access_laboratory(request.actor, laboratory)
    stored = store_upload(file.name or "results.csv", file.chunks(), request.actor.account_id)
    open_table(stored.path, name=stored.name)
    options = {**stored.as_options(), "laboratory": found.code, "overrides": {}}
    return Status(202, enqueue(queries.JOB, request.actor, area_code=found.area_code, options=options))


@router.get("results/jobs/{uuid:job_id}", response=JobOut, summary="Read the account of a file")
def get_job(request: HttpRequest, job_id: UUID) -> Any:
    """Return where the import of a file stands."""
    return queries.access_file_job(request.actor, job_id)
