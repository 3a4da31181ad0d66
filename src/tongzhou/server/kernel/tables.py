"""A list as a file: what is filtered, and the columns that are shown."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse

from tongzhou.core.errors import InputError

MOST_ROWS = 20_000
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet program would run."""


def refuse_too_many(n_rows: int) -> None:
    """Raise InputError for a list that is longer than a file takes."""
    if n_rows > MOST_ROWS:
        raise InputError("list.too_many", f"More than {MOST_ROWS:,} rows.", "Narrow the filters first.")


def csv_answer(
    request: HttpRequest, name: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]
) -> HttpResponse:
    """Return rows as a CSV file: the columns that ``?columns=`` names, or all; readable by spreadsheet programs."""
    wanted = [column for column in request.GET.get("columns", "").split(",") if column in columns] or columns
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(wanted)
    writer.writerows([_cell(row[column]) for column in wanted] for row in rows)
    response = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
