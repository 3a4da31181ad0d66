"""What a comparison keeps of each run, in memory and on disk.

Owns that small part and its file. A study that was interrupted takes up the runs on disk, equal bit for bit with those
it would compute.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import tongzhou
from tongzhou.epi.simulate import Run
from tongzhou.scenario.needs import needs_of

_TABLES = ("daily", "resources")
_LIBRARIES = ("core", "epi", "plan", "policy", "scenario")


@cache
def code_digest() -> str:
    """Return the SHA-256 of every file that a run follows from, code and tables, as 64 hex digits.

    A version number stays the same while code changes between releases; a run of other code is another run.
    """
    package = Path(tongzhou.__file__).parent
    seal = hashlib.sha256()
    for path in sorted(path for library in _LIBRARIES for path in (package / library).rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            seal.update(f"{path.relative_to(package).as_posix()}\0".encode())
            seal.update(path.read_bytes())
    return seal.hexdigest()


@dataclass(frozen=True)
class Outcome:
    """Totals, daily sums over all areas up to the horizon, and the need by area of one run."""

    summary: dict[str, Any]
    daily: pl.DataFrame
    resources: pl.DataFrame
    needs: np.ndarray[Any, np.dtype[np.float64]]


def outcome_from(run: Run) -> Outcome:
    """Return the small part of a run, so that many runs fit into memory."""
    daily = run.daily.drop("area").group_by("day").sum().sort("day")
    return Outcome(run.summary(), _to_horizon(daily, run), _to_horizon(run.resources, run), needs_of(run))


def _to_horizon(frame: pl.DataFrame, run: Run) -> pl.DataFrame:
    """Return daily rows up to the horizon of the run."""
    days = pl.DataFrame({"day": np.arange(run.simulation.n_days)})
    return days.join(frame, on="day", how="left").fill_null(0)


@dataclass(frozen=True, slots=True)
class KeptRuns:
    """Finished runs in a folder, each under the digest of its inputs and of the code.

    A file appears whole or not at all: it is written beside its place, flushed to the disk and moved there.
    """

    folder: Path

    def get(self, inputs_digest: str) -> Outcome | None:
        """Return a kept run; none where there is none, or where its file is damaged."""
        try:
            content = io.BytesIO(self._place(inputs_digest).read_bytes())
            with np.load(content, allow_pickle=False) as arrays:
                return _unpack(dict(arrays.items()))
        except (FileNotFoundError, zipfile.BadZipFile, EOFError, KeyError, ValueError):
            return None

    def put(self, inputs_digest: str, outcome: Outcome) -> None:
        """Keep a run."""
        self.folder.mkdir(parents=True, exist_ok=True)
        content = io.BytesIO()
        np.savez(content, **_pack(outcome))
        handle, draft = tempfile.mkstemp(dir=self.folder, prefix=".draft-")
        with os.fdopen(handle, "wb") as file:
            file.write(content.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(self._place(inputs_digest))

    def _place(self, inputs_digest: str) -> Path:
        name = hashlib.sha256(f"{inputs_digest} {code_digest()}".encode()).hexdigest()
        return self.folder / f"{name[:32]}.npz"


def _pack(outcome: Outcome) -> dict[str, Any]:
    """Return a run as arrays; numbers of the summary are written so that they read back to the same bits."""
    text = json.dumps(outcome.summary).encode()
    columns = {
        f"{table}/{name}": getattr(outcome, table)[name].to_numpy()
        for table in _TABLES
        for name in getattr(outcome, table).columns
    }
    return {"summary": np.frombuffer(text, np.uint8), "needs": outcome.needs, **columns}


def _unpack(arrays: dict[str, Any]) -> Outcome:
    tables = {
        table: pl.DataFrame(
            {
                name.removeprefix(f"{table}/"): values
                for name, values in arrays.items()
                if name.startswith(f"{table}/")
            }
        )
        for table in _TABLES
    }
    return Outcome(json.loads(arrays["summary"].tobytes()), needs=arrays["needs"], **tables)
