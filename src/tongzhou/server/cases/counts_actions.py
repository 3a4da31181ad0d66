"""Keep reported counts: every source, every copy; a figure stated anew supersedes, nothing is overwritten."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from os.path import commonprefix
from typing import Any

import polars as pl

from tongzhou.core.access import Actor
from tongzhou.interop.count_selection import find_corrections
from tongzhou.server.access.actions import acting
from tongzhou.server.access.rules import Permission
from tongzhou.server.cases.count_rows import insert_counts
from tongzhou.server.cases.counts_queries import COUNT_SOURCES, MEASURE_WORDS
from tongzhou.server.cases.models import ReportedCount

CHUNK = 20_000
_IDENTITY = (
    "kind",
    "province_code",
    "area_code",
    "area_name",
    "measure",
    "cutoff_at",
    "crawled_at",
    "source_url",
)


@dataclass(frozen=True, slots=True)
class CountReceipt:
    """What became of counts: figures written anew, known already, and rows of the file with something new."""

    n_written: int
    n_known: int
    new_rows: frozenset[int]


def record_counts(
    actor: Actor, counts: pl.DataFrame, batch_id: str, *, is_trial: bool = False
) -> CountReceipt:
    """Keep counts as they were reported.

    Needs: import.run in the area that holds them all. Writes: ReportedCount; a figure of the same source, time
    and area with another value is kept as superseded. Records: counts.record. Idempotent by content.
    A trial writes nothing.
    """
    keyed = _with_keys(counts)
    known = _known_keys(keyed)
    fresh = keyed.filter(~pl.col("dedupe_key").is_in(known))
    receipt = CountReceipt(fresh.height, keyed.height - fresh.height, frozenset(fresh["row"].to_list()))
    if is_trial or fresh.is_empty():
        return receipt
    area = commonprefix(counts["province_code"].drop_nulls().unique().to_list())  # noqa: RUF071 - codes, not paths
    with acting(actor, Permission.IMPORT_RUN, area, "counts.record", ("batch", batch_id)) as record:
        record.detail = {"written": receipt.n_written, "known": receipt.n_known}
        _supersede(fresh)
        for chunk in fresh.iter_slices(CHUNK):
            insert_counts(_rows(chunk), batch_id)
    return receipt


def _with_keys(counts: pl.DataFrame) -> pl.DataFrame:
    """Add ``dedupe_key`` (source, area, measure, time and value) and ``is_correction``."""
    whole = pl.concat_str([pl.col(name).cast(pl.String).fill_null("") for name in _IDENTITY], separator="|")
    texts = counts.select(whole.alias("text"), pl.col("count"))
    keys = [hashlib.sha256(f"{text}|{count}".encode()).hexdigest() for text, count in texts.iter_rows()]
    falls = find_corrections(counts).select(
        "kind", "area_code", "measure", "cutoff_at", "crawled_at", pl.lit(True).alias("is_correction")
    )
    on = ["kind", "area_code", "measure", "cutoff_at", "crawled_at"]
    marked = counts.with_columns(pl.Series("dedupe_key", keys))
    marked = marked.join(falls.unique(), on=on, how="left", nulls_equal=True, maintain_order="left")
    return marked.with_columns(pl.col("is_correction").fill_null(False)).unique(
        "dedupe_key", keep="first", maintain_order=True
    )


def _stored(keyed: pl.DataFrame) -> Any:
    first, last = keyed["cutoff_at"].min(), keyed["cutoff_at"].max()
    return ReportedCount.objects.everything("what is known already").filter(
        source__in=[COUNT_SOURCES[kind] for kind in keyed["kind"].unique()],
        cutoff_at__range=(_instant(first), _instant(last)),
    )


def _known_keys(keyed: pl.DataFrame) -> list[str]:
    if keyed.is_empty():
        return []
    return list(_stored(keyed).values_list("dedupe_key", flat=True))


def _supersede(fresh: pl.DataFrame) -> None:
    """Mark what the new figures replace: the same source, area, measure and time with another value."""
    stored = _stored(fresh).filter(is_superseded=False)
    if not stored.exists():
        return
    wanted = {_place(row) for row in fresh.iter_rows(named=True)}
    fields = (
        "id",
        "source",
        "parent_code",
        "area_code",
        "area_name",
        "measure",
        "cutoff_at",
        "crawled_at",
        "source_url",
    )
    old = [row[0] for row in stored.values_list(*fields).iterator(chunk_size=CHUNK) if row[1:] in wanted]
    for start in range(0, len(old), 500):
        ReportedCount.objects.everything("superseded").filter(id__in=old[start : start + 500]).update(
            is_superseded=True
        )


def _place(row: dict[str, Any]) -> tuple[Any, ...]:
    return (
        COUNT_SOURCES[row["kind"]],
        row["province_code"] or "",
        row["area_code"] or "",
        row["area_name"],
        MEASURE_WORDS[row["measure"]].value,
        _instant(row["cutoff_at"]),
        _instant(row["crawled_at"]),
        row["source_url"] or "",
    )


def _rows(fresh: pl.DataFrame) -> Iterator[tuple[Any, ...]]:
    """Return the counts in the order of `count_rows.COLUMNS`."""
    columns = fresh.select(
        pl.col("area_code").fill_null(""),
        pl.col("province_code").fill_null(""),
        pl.col("area_name").str.slice(0, 80),
        pl.col("measure").replace_strict({word: m.value for word, m in MEASURE_WORDS.items()}),
        "cutoff_at",
        "count",
        pl.col("kind").replace_strict({kind: source.value for kind, source in COUNT_SOURCES.items()}),
        pl.col("source_url").fill_null(""),
        "crawled_at",
        "is_correction",
        "dedupe_key",
    )
    return columns.iter_rows()


def _instant(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
