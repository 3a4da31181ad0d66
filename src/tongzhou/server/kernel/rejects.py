"""Rejected rows handed back with their reasons in the language of the reader."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from tongzhou.server.kernel.sentences import is_chinese, say_reasons

BOM = "\ufeff"


def rejects_answer(path: Path) -> HttpResponseBase:
    """Return a file of rejected rows; a reader of Chinese gets the reasons, the last column of a CSV file, in it."""
    name = f"rejected-rows{path.suffix}"
    if path.suffix != ".csv" or not is_chinese():
        return FileResponse(path.open("rb"), as_attachment=True, filename=name)
    answer = StreamingHttpResponse(_said_lines(path), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _said_lines(path: Path) -> Iterator[str]:
    yield BOM
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.reader(file):
            writer.writerow([*row[:-1], say_reasons(row[-1])] if row else row)
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
