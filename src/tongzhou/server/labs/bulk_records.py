"""What of a results file touches the database: positives, results without a person, and tests that were owed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from tongzhou.core.access import Actor
from tongzhou.server.duties.actions import DutyDraft, create_duties
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.outbox import publish
from tongzhou.server.labs import rules
from tongzhou.server.labs.models import Laboratory, Outcome, PositiveResult, UnlinkedResult
from tongzhou.server.labs.settling import settle_test_duties
from tongzhou.server.people.models import Person

AT_ONCE = 20
"""More positives than this are left to the worker, so that the upload answers."""
CHUNK = 500
BATCH_WITHIN = timedelta(hours=24)
LINK_WITHIN = timedelta(hours=1)
_COLUMNS = (
    "row_name", "person", "document", "name", "sample", "sampled_at", "tested_at", "method", "result",
)  # fmt: skip


class Interest:
    """The rows of a file that somebody must act on, kept while it is read."""

    def __init__(self, owed_tests: Sequence[int]) -> None:
        self._owed = pl.Series(owed_tests, dtype=pl.Int64)
        self._parts: dict[str, list[pl.DataFrame]] = {"positive": [], "unlinked": [], "owed": []}

    def collect(self, linked: pl.DataFrame) -> None:
        """Take what concerns us out of one batch."""
        is_linked, rows = pl.col("person").is_not_null(), linked.select(_COLUMNS)
        wanted = {
            "positive": is_linked & (pl.col("result") == "positive"),
            "unlinked": ~is_linked,
            "owed": pl.col("person").is_in(self._owed.implode()) & is_linked,
        }
        for name, condition in wanted.items():
            part = rows.filter(condition)
            if part.height:  # copied, since a few rows would keep the texts of their whole batch in memory
                self._parts[name].append(pl.DataFrame(pl.from_arrow(part.to_arrow())))

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Return the rows of one sort: positive, unlinked or owed."""
        parts = self._parts[name]
        return pl.concat(parts).to_dicts() if parts else []


def write_records(actor: Actor, laboratory: Laboratory, batch_id: str, interest: Interest) -> tuple[int, int]:
    """Write the rows of interest in the running action; return duties settled and records made.

    Idempotent: positives by person and sample, the others by laboratory, file and row.
    """
    n_positive = _keep_positives(actor, laboratory, interest.rows("positive"))
    n_unlinked = _keep_unlinked(actor, laboratory, batch_id, interest.rows("unlinked"))
    n_settled = sum(
        settle_test_duties(row["person"], _at(row["sampled_at"]), row["sample"], row["method"] or "")
        for row in interest.rows("owed")
    )
    return n_settled, n_positive + n_unlinked


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _keep_positives(actor: Actor, laboratory: Laboratory, rows: list[dict[str, Any]]) -> int:
    areas = _areas_of({row["person"] for row in rows})
    n_new, is_many = 0, len(rows) > AT_ONCE
    for row in rows:
        positive, is_new = PositiveResult.objects.everything("by sample").get_or_create(
            sample_code=row["sample"][:80],
            person_id=row["person"],
            defaults={
                "area_code": areas[row["person"]],
                "laboratory": laboratory,
                "sampled_at": _at(row["sampled_at"]),
                "resulted_at": _at(row["tested_at"]),
                "method": (row["method"] or "nucleic_acid")[:40],
                "entered_by": actor.account_id,
            },
        )
        if is_new:
            n_new += 1
            told = {"result": str(positive.id), "person": row["person"]}
            publish(
                "result.positive", positive.area_code, told, positive.resulted_at, is_left_to_worker=is_many
            )
    return n_new


def _areas_of(persons: set[int]) -> dict[int, str]:
    listed, areas = sorted(persons), {}
    for start in range(0, len(listed), CHUNK):
        people = Person.objects.everything("area of a positive").filter(id__in=listed[start : start + CHUNK])
        areas.update(dict(people.values_list("id", "area_code")))
    return areas


def _keep_unlinked(actor: Actor, laboratory: Laboratory, batch_id: str, rows: list[dict[str, Any]]) -> int:
    fresh = []
    for start in range(0, len(rows), CHUNK):
        chunk = [_unlinked(laboratory, batch_id, row) for row in rows[start : start + CHUNK]]
        stored = UnlinkedResult.objects.everything("by content").filter(
            dedupe_key__in=[u.dedupe_key for u in chunk]
        )
        known = set(stored.values_list("dedupe_key", flat=True))
        chunk = [unlinked for unlinked in chunk if unlinked.dedupe_key not in known]
        UnlinkedResult.objects.bulk_create(chunk)
        fresh += [(unlinked.id, unlinked.sample_code, unlinked.outcome) for unlinked in chunk]
    positives = [item for item in fresh if item[2] == Outcome.POSITIVE]
    create_duties(_link_drafts(laboratory, batch_id, positives, len(fresh) - len(positives)), actor)
    for number, _, _ in positives:
        told = {"result": str(number)}
        publish("result.unlinked", laboratory.area_code, told, is_left_to_worker=len(positives) > AT_ONCE)
    return len(fresh)


def _unlinked(laboratory: Laboratory, batch_id: str, row: dict[str, Any]) -> UnlinkedResult:
    return UnlinkedResult(
        area_code=laboratory.area_code,
        batch_id=batch_id[:80],
        laboratory=laboratory,
        name=row["name"] or "",
        document=row["document"] or "",
        sample_code=row["sample"][:80],
        sampled_at=_at(row["sampled_at"]),
        resulted_at=_at(row["tested_at"]),
        method=(row["method"] or "nucleic_acid")[:40],
        outcome=row["result"],
        dedupe_key=rules.result_key(laboratory.code, row["sample"], row["row_name"], row["result"], batch_id),
    )


def _link_drafts(
    laboratory: Laboratory, batch_id: str, positives: list[tuple[Any, str, str]], n_rest: int
) -> list[DutyDraft]:
    """Return one duty for each positive without a person, and one for all the others of the file."""
    now, area = clock.now(), laboratory.area_code
    drafts = [
        DutyDraft(
            kind="link_result", subject=("unlinked_result", str(number)), area_code=area, due_at=now + LINK_WITHIN,
            dedupe_key=f"link:{number}", params={"sample": sample},
        )
        for number, sample, _ in positives
    ]  # fmt: skip
    if n_rest:
        drafts.append(
            DutyDraft(
                kind="link_batch", subject=("result_batch", batch_id[-40:]), area_code=area,
                due_at=now + BATCH_WITHIN, dedupe_key=f"linkbatch:{batch_id}",
                params={"n": n_rest, "batch": batch_id[-12:]},
            )
        )  # fmt: skip
    return drafts
