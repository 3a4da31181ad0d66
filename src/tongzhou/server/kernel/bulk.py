"""Write many records with one prepared statement, past the cost that the ORM has for each row and column.

For the actions whose day is thousands of rows. Values pass through their fields as in ``save``; no signal is sent.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection, models


def insert_rows(rows: Sequence[models.Model], *, ignore_conflicts: bool = False) -> None:
    """Insert records of one model; with `ignore_conflicts`, one whose key is taken is left out silently.

    Either all of them bring their automatic number or none does; the database's numbers are not read back.
    """
    if not rows:
        return
    meta = rows[0]._meta
    is_numbered = rows[0].pk is not None
    fields = [
        field for field in meta.concrete_fields if is_numbered or not isinstance(field, models.AutoField)
    ]
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    text = f"INSERT INTO {connection.ops.quote_name(meta.db_table)} ({columns}) VALUES ({marks})"  # noqa: S608
    text += " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    with connection.cursor() as cursor:
        cursor.executemany(text, [_values(row, fields, is_new=True) for row in rows])
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def write_changes(rows: Sequence[models.Model], names: Sequence[str]) -> None:
    """Write some fields of records of one model by their key; who must not overwrite others locks them first."""
    if not rows:
        return
    meta = rows[0]._meta
    fields = [meta.get_field(name) for name in names]
    changes = ", ".join(f"{connection.ops.quote_name(field.column)} = %s" for field in fields)
    key = connection.ops.quote_name(meta.pk.column)
    text = f"UPDATE {connection.ops.quote_name(meta.db_table)} SET {changes} WHERE {key} = %s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.executemany(text, [_values(row, [*fields, meta.pk], is_new=False) for row in rows])


def _values(row: models.Model, fields: Sequence[models.Field], *, is_new: bool) -> list[object]:
    return [field.get_db_prep_save(field.pre_save(row, is_new), connection) for field in fields]
