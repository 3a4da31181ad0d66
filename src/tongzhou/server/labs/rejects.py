"""Rejected rows of a results file, written with their reasons while it is read."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import BinaryIO, Self

from django.conf import settings

from tongzhou.interop.results import ResultBatch
from tongzhou.interop.tabular import FileFormat, TableSource, write_rejected

BOM = b"\xef\xbb\xbf"


class RejectFile:
    """A CSV file in ``rejects/`` of the home folder; made only when a row is rejected. ``path`` is empty otherwise."""

    def __init__(self, table: TableSource, digest: str) -> None:
        self.table, self.path = table, ""
        self._target = Path(settings.HOME) / "rejects" / f"results-{digest[:24]}.csv"
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._file:
            self._file.close()

    def add(self, batch: ResultBatch) -> None:
        """Write the rejected rows of one batch."""
        if batch.rejected.is_empty():
            return
        with tempfile.TemporaryDirectory() as folder:
            part = Path(folder) / "part.csv"
            write_rejected(part, batch.rejected_rows, batch.rejected, FileFormat.CSV)
            text = part.read_bytes()
        if self._file is None:
            self._target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = self._target.open("wb")
            self.path = str(self._target.relative_to(settings.HOME))
        else:
            text = text.removeprefix(BOM).split(b"\n", 1)[1]
        self._file.write(text)
