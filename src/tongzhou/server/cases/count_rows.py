"""Insert counts by the hundred thousand: one prepared statement, the model's own columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.db import connection, models

from tongzhou.server.cases.count_models import ReportedCount
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.records import make_record_id

COLUMNS = (
    "area_code", "parent_code", "area_name", "measure", "cutoff_at", "count", "source", "source_url", "crawled_at",
    "is_correction", "dedupe_key",
)  # fmt: skip


def insert_counts(rows: Iterable[Sequence[Any]], batch_id: str) -> None:
    """Insert rows of `COLUMNS` (instants as seconds since 1970 UTC) in the running transaction; known keys stay."""
    names = ("id", "recorded_at", "batch_id", "is_superseded", *COLUMNS)
    fields = [ReportedCount._meta.get_field(name) for name in names]
    quoted = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    table = connection.ops.quote_name(ReportedCount._meta.db_table)
    places = ", ".join(["%s"] * len(fields))
    statement = f"INSERT INTO {table} ({quoted}) VALUES ({places}) ON CONFLICT DO NOTHING"  # noqa: S608
    prepare = _preparers(fields[4:])
    identifier, recorded = _prepared(fields[0]), _prepared(fields[1])(clock.now())
    with connection.cursor() as cursor:
        cursor.executemany(
            statement,
            [
                (
                    identifier(make_record_id()), recorded, batch_id, False,
                    *(prepared(value) for prepared, value in zip(prepare, row, strict=True)),
                )
                for row in rows
            ],
        )  # fmt: skip


def _prepared(field: models.Field[Any, Any]) -> Any:
    return lambda value: field.get_db_prep_save(value, connection)


def _preparers(fields: Sequence[models.Field[Any, Any]]) -> list[Any]:
    return [_instant(field) if isinstance(field, models.DateTimeField) else _same for field in fields]


def _same(value: Any) -> Any:
    return value


def _instant(field: models.Field[Any, Any]) -> Any:
    @lru_cache(maxsize=100_000)
    def prepare(seconds: int | None) -> Any:
        instant = None if seconds is None else datetime.fromtimestamp(seconds, UTC)
        return field.get_db_prep_save(instant, connection)

    return prepare
