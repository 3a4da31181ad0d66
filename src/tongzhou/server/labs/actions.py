"""Record results: ledger rows always, a positive or an unlinked result also in the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from tongzhou.core.access import Actor
from tongzhou.core.errors import Conflict, InputError
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.duties.actions import DutyDraft, cancel_duties, create_duty
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.outbox import publish
from tongzhou.server.labs import rules
from tongzhou.server.labs.models import Laboratory, Outcome, PositiveResult, UnlinkedResult
from tongzhou.server.labs.settling import settle_test_duties
from tongzhou.server.movement.ledger_door import get_ledger
from tongzhou.server.people.models import Person
from tongzhou.server.people.queries import find_by_document

LINK_WITHIN = timedelta(hours=1)
LEDGER_OUTCOME = {
    Outcome.POSITIVE: "positive",
    Outcome.NEGATIVE: "negative",
    Outcome.INDETERMINATE: "inconclusive",
}


@dataclass(frozen=True, slots=True)
class ResultEntry:
    """One result as a laboratory gives it; identity in plain text, never stored plain."""

    document: str
    name: str
    sample: str
    sampled_at: datetime
    resulted_at: datetime
    outcome: Outcome
    method: str = "pcr"
    phone: str = ""


def open_laboratory(actor: Actor, area_code: str, code: str, name_zh: str, name_en: str = "") -> Laboratory:
    """Make sure a laboratory is known.

    Needs: post.manage in its area. Writes: Laboratory. Records: laboratory.open. Idempotent by code.
    """
    with acting(actor, Permission.POST_MANAGE, area_code, "laboratory.open") as record:
        laboratory, _ = Laboratory.objects.everything("by code").get_or_create(
            code=code, defaults={"area_code": area_code, "name_zh": name_zh, "name_en": name_en}
        )
        record.subject = ("laboratory", str(laboratory.id))
    return laboratory


def record_result(
    actor: Actor, laboratory: Laboratory, entry: ResultEntry, batch_id: str = ""
) -> PositiveResult | UnlinkedResult | None:
    """Record one result; return the positive or unlinked record it made, if any.

    Needs: result.write in the laboratory's area. Writes: ledger results, PositiveResult or UnlinkedResult,
    settles open test duties. Records: result.record, publishes ``result.positive`` or ``result.unlinked``.
    Idempotent by laboratory, sample, time, outcome and document.
    """
    _check(entry)
    person = find_by_document(entry.document)
    key = rules.result_key(
        laboratory.code, entry.sample, entry.sampled_at.isoformat(), entry.outcome, entry.document
    )
    with acting(actor, Permission.RESULT_WRITE, laboratory.area_code, "result.record") as record:
        row_id = _append(laboratory, entry, person, key)
        record.detail = {
            "laboratory": laboratory.code,
            "outcome": entry.outcome,
            "is_linked": person is not None,
        }
        if person is None:
            return _keep_unlinked(actor, laboratory, entry, key, batch_id or key[:24], row_id)
        settle_test_duties(person.id, entry.sampled_at, entry.sample, entry.method)
        if entry.outcome != Outcome.POSITIVE:
            return None
        return record_positive(actor, laboratory, entry, person, row_id)


def _check(entry: ResultEntry) -> None:
    if entry.resulted_at < entry.sampled_at:
        raise InputError(
            "labs.result_before_sample", "The result is earlier than its sample.", "Check both times."
        )
    if entry.resulted_at > clock.now() + timedelta(minutes=5):
        raise InputError(
            "labs.in_future", "The result lies in the future.", "Check the date and the time zone."
        )
    if not entry.sample.strip():
        raise InputError("labs.no_sample", "The sample number is missing.", "Give the number on the tube.")


def _append(laboratory: Laboratory, entry: ResultEntry, person: Person | None, key: str) -> int | None:
    frame = pl.DataFrame(
        {
            "person": [person.id if person else None],
            "link_key": [None if person else key[:32]],
            "sample": [entry.sample],
            "laboratory": [laboratory.code],
            "method": [entry.method],
            "outcome": [LEDGER_OUTCOME[entry.outcome]],
            "ct": [None],
            "taken_s": [int(entry.sampled_at.timestamp())],
            "tested_s": [int(entry.resulted_at.timestamp())],
            "source": ["laboratory"],
        },
        schema_overrides={"person": pl.Int64, "link_key": pl.String, "ct": pl.Float64},
    )
    report = get_ledger().append("results", frame, batch_id=f"result:{key}", recorded_at=clock.now())
    if report.n_rejected:
        fault = report.rejected.row(0, named=True)
        raise InputError(
            "labs.rejected", f"{fault['column']}: {fault['reason']}.", "Correct the result and send it again."
        )
    return report.row_ids[0][0] if report.row_ids else None


def record_positive(
    actor: Actor, laboratory: Laboratory | None, entry: ResultEntry, person: Person, row_id: int | None
) -> PositiveResult:
    """Keep a positive of a known person, in the running action; publishes ``result.positive`` once."""
    positive, is_new = PositiveResult.objects.everything("by sample").get_or_create(
        sample_code=entry.sample,
        person=person,
        defaults={
            "area_code": person.area_code,
            "laboratory": laboratory,
            "sampled_at": entry.sampled_at,
            "resulted_at": entry.resulted_at,
            "method": entry.method,
            "ledger_row": row_id,
            "entered_by": actor.account_id,
        },
    )
    if is_new:
        publish(
            "result.positive",
            person.area_code,
            {"result": str(positive.id), "person": person.id},
            entry.resulted_at,
        )
    return positive


def _keep_unlinked(
    actor: Actor, laboratory: Laboratory, entry: ResultEntry, key: str, batch_id: str, row_id: int | None
) -> UnlinkedResult:
    unlinked, is_new = UnlinkedResult.objects.everything("by content").get_or_create(
        dedupe_key=key,
        defaults={
            "area_code": laboratory.area_code,
            "batch_id": batch_id,
            "laboratory": laboratory,
            "name": entry.name,
            "document": entry.document,
            "phone": entry.phone,
            "sample_code": entry.sample,
            "sampled_at": entry.sampled_at,
            "resulted_at": entry.resulted_at,
            "method": entry.method,
            "outcome": entry.outcome,
            "ledger_row": row_id,
        },
    )
    if is_new:
        owe_link(actor, unlinked)
        publish("result.unlinked", unlinked.area_code, {"result": str(unlinked.id)}, entry.resulted_at)
    return unlinked


def owe_link(actor: Actor, unlinked: UnlinkedResult) -> None:
    """Make the duty to link a result to its person, in the running action."""
    create_duty(
        DutyDraft(
            kind="link_result",
            subject=("unlinked_result", str(unlinked.id)),
            area_code=unlinked.area_code,
            due_at=clock.now() + LINK_WITHIN,
            dedupe_key=f"link:{unlinked.id}",
            params={"sample": unlinked.sample_code},
        ),
        actor,
    )


def link_result(actor: Actor, unlinked: UnlinkedResult, person: Person) -> PositiveResult | None:
    """Link a result to the person somebody recognised; a positive then goes its way.

    Needs: result.link in the result's area. Writes: UnlinkedResult, PositiveResult, ledger results (the row
    is superseded by one with its person). Records: result.link. Raises Conflict when it is linked already.
    """
    with acting(
        actor, Permission.RESULT_LINK, unlinked.area_code, "result.link", ("unlinked_result", unlinked.id)
    ) as record:
        taken = UnlinkedResult.objects.everything("compare and set").filter(
            id=unlinked.id, linked_person=None
        )
        stamp = {"linked_person": person, "linked_by": actor.account_id, "linked_at": clock.now()}
        if not taken.update(**stamp):
            raise Conflict("labs.linked_already", "This result is linked already.", "Reload the page.")
        record.detail = {"person": person.id, "outcome": unlinked.outcome}
        entry = ResultEntry(
            document=unlinked.document, name=unlinked.name, sample=unlinked.sample_code,
            sampled_at=unlinked.sampled_at, resulted_at=unlinked.resulted_at,
            outcome=Outcome(unlinked.outcome), method=unlinked.method,
        )  # fmt: skip
        row_id = _append(unlinked.laboratory, entry, person, f"{unlinked.dedupe_key}:linked")
        _supersede(unlinked.ledger_row, row_id)
        cancel_duties(actor, ("unlinked_result", str(unlinked.id)), "linked", kind="link_result")
        settle_test_duties(person.id, entry.sampled_at, entry.sample, entry.method)
        if entry.outcome != Outcome.POSITIVE:
            return None
        return record_positive(actor, unlinked.laboratory, entry, person, row_id)


def _supersede(old_row: int | None, new_row: int | None) -> None:
    """Let the row with its person stand in the place of the one without."""
    if old_row is not None and new_row is not None:
        get_ledger().withdraw(
            "results",
            [old_row],
            reason="linked to its person",
            source="laboratory",
            recorded_at=clock.now(),
            replaced_by=[new_row],
        )
