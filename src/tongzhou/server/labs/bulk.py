"""A file of results: every accepted row into the ledger, only what somebody must act on into the database.

Two steps, each all or nothing and each safe to run again: one ledger batch named by the file, then one transaction
with positives, results without a person, and test duties that the file settles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from tongzhou.core.access import Actor
from tongzhou.interop.results import ResultBatch, map_result_columns, read_results
from tongzhou.interop.tabular import TableSource, open_table
from tongzhou.server.access.actions import acting
from tongzhou.server.access.queries import require
from tongzhou.server.access.rules import Permission
from tongzhou.server.duties.models import Duty
from tongzhou.server.duties.queries import OPEN
from tongzhou.server.kernel import clock
from tongzhou.server.labs.bulk_records import Interest, write_records
from tongzhou.server.labs.matching import DocumentIndex, load_index, match_documents
from tongzhou.server.labs.models import Laboratory
from tongzhou.server.labs.rejects import RejectFile
from tongzhou.server.movement.ledger_door import get_ledger

OUTCOMES = {"positive": "positive", "negative": "negative", "indeterminate": "inconclusive"}
Tell = Callable[[int, str], None]
"""Called between steps with the rows done and the name of the step; raises to stop."""


@dataclass(frozen=True, slots=True)
class ResultFile:
    """A file as it was received; `digest` names it for ever."""

    path: Path
    name: str
    digest: str
    overrides: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class ResultReceipt:
    """What became of a file of results, in rows."""

    mapping: dict[str, str]
    n_read: int = 0
    n_accepted: int = 0
    n_rejected: int = 0
    n_linked: int = 0
    n_unlinked: int = 0
    n_positive: int = 0
    n_settled: int = 0
    n_new_records: int = 0
    is_repeat: bool = False
    rejects_path: str = ""


def import_results(
    actor: Actor,
    laboratory: Laboratory,
    file: ResultFile,
    tell: Tell | None = None,
    *,
    is_trial: bool = False,
) -> ResultReceipt:
    """Record every result of a file.

    Needs: result.write in the laboratory's area. Writes: ledger results, PositiveResult, UnlinkedResult, Duty.
    Records: result.import; publishes ``result.positive`` and ``result.unlinked``, left to the worker where there
    are many. Idempotent by laboratory, file digest and row. A trial writes nothing but the file of rejected rows.

    Raises
    ------
    InputError : unreadable file or wrong columns
    """
    require(actor, Permission.RESULT_WRITE, laboratory.area_code)
    tell = tell or _silent
    table = open_table(file.path, name=file.name)
    mapping = map_result_columns(table, file.overrides)
    receipt, interest = ResultReceipt(mapping.pairs), Interest(_owed_tests())
    batch_id = f"results:{laboratory.code}:{file.digest[:40]}"
    tell(0, "index")
    frames = _frames(table, file, laboratory, receipt=receipt, interest=interest, tell=tell)
    if is_trial:
        for _ in frames:
            pass
        return receipt
    ledger = get_ledger()
    report = ledger.append_stream("results", frames, batch_id=batch_id, recorded_at=clock.now())
    receipt.is_repeat = report.is_repeat
    tell(receipt.n_accepted, "records")
    with acting(
        actor, Permission.RESULT_WRITE, laboratory.area_code, "result.import", ("batch", batch_id)
    ) as record:
        receipt.n_settled, receipt.n_new_records = write_records(actor, laboratory, batch_id, interest)
        record.detail = {
            "accepted": receipt.n_accepted,
            "rejected": receipt.n_rejected,
            "new": receipt.n_new_records,
        }
    return receipt


def _silent(n_done: int, step: str) -> None:
    return None


def _owed_tests() -> list[int]:
    duties = Duty.objects.everything("tests that results settle").filter(OPEN, kind="test_due")
    return sorted(set(duties.exclude(person_number=None).values_list("person_number", flat=True)))


def _frames(
    table: TableSource,
    file: ResultFile,
    laboratory: Laboratory,
    *,
    receipt: ResultReceipt,
    interest: Interest,
    tell: Tell,
) -> Iterator[pl.DataFrame]:
    """Yield the ledger rows batch by batch, keeping account, rejects and rows of interest on the way."""
    index, latest = load_index(), clock.now() + timedelta(minutes=5)
    with RejectFile(table, file.digest) as rejects:
        for batch in read_results(table, map_result_columns(table, file.overrides), latest=latest):
            rejects.add(batch)
            linked = _linked(batch, file.digest, index)
            interest.collect(linked)
            _count(receipt, batch, linked)
            tell(receipt.n_read, "reading")
            if linked.height:
                yield _ledger_rows(linked, laboratory)
    receipt.rejects_path = rejects.path


def _linked(batch: ResultBatch, digest: str, index: DocumentIndex) -> pl.DataFrame:
    """Add ``person``, ``link_key``, ``tested_at`` and a sample number where the row has none."""
    accepted = batch.accepted
    person, link_key = match_documents(accepted["document"], index)
    row_name = pl.format("{}-{}", pl.lit(digest[:12]), pl.col("row"))
    return accepted.with_columns(
        person.alias("person"),
        link_key.alias("link_key"),
        pl.coalesce("resulted_at", "sampled_at").alias("tested_at"),
        pl.coalesce("sample_id", row_name).alias("sample"),
        row_name.alias("row_name"),
    )


def _count(receipt: ResultReceipt, batch: ResultBatch, linked: pl.DataFrame) -> None:
    n_rejected = batch.rejected["row"].n_unique()
    n_unlinked = linked["person"].null_count()
    receipt.n_read += linked.height + n_rejected
    receipt.n_accepted += linked.height
    receipt.n_rejected += n_rejected
    receipt.n_unlinked += n_unlinked
    receipt.n_linked += linked.height - n_unlinked
    receipt.n_positive += int((linked["result"] == "positive").sum())


def _ledger_rows(linked: pl.DataFrame, laboratory: Laboratory) -> pl.DataFrame:
    return linked.select(
        pl.col("person").cast(pl.Int64),
        "link_key",
        pl.col("sample").str.slice(0, 80),
        pl.lit(laboratory.code).alias("laboratory"),
        pl.col("method").fill_null("nucleic_acid"),
        pl.col("result").replace_strict(OUTCOMES).alias("outcome"),
        pl.lit(None, dtype=pl.Float64).alias("ct"),
        pl.col("sampled_at").alias("taken_s"),
        pl.col("tested_at").alias("tested_s"),
        pl.lit("laboratory").alias("source"),
    )


def instant(seconds: int) -> datetime:
    """Return seconds since 1970 as an aware instant."""
    return datetime.fromtimestamp(seconds, UTC)


def receipt_of(receipt: ResultReceipt) -> dict[str, Any]:
    """Return a receipt as plain values."""
    return {name: getattr(receipt, name) for name in ResultReceipt.__dataclass_fields__}
