"""The peers in R on the same series in the same run: their seconds, scaled from a sample, and where answers differ."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

SCRIPTS = Path(__file__).parent / "r"
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Peer:
    """A package of R that answers the same question.

    package, script : str — what must be installed; the file of `r/` that reads counts and writes its answer
    counts : callable — returns the series, shape (S, T)
    sample : int — how many of the series R is given; its seconds are scaled to all
    answer : callable — our answer to counts, shape (S, any), NaN where there is none
    compare : callable — says how far two answers, ours and the peer's, lie apart
    tables : tuple of arrays — what else the script reads
    """

    package: str
    script: str
    counts: Callable[[], Floats]
    sample: int
    answer: Callable[[Floats], Floats]
    compare: Callable[[Floats, Floats], str]
    tables: tuple[Floats, ...] = ()

    def measure(self, sample: int | None = None) -> dict[str, Any]:
        """Return the peer's seconds for all series, the sample they come from, and how the answers agree."""
        if not has_package(self.package):
            return {"peer": f"{self.package} is not installed"}
        counts = self.counts()
        given = counts[: sample or self.sample]
        seconds, theirs = self._run(given)
        return {
            "peer": self.package,
            "peer_seconds": seconds * len(counts) / len(given),
            "peer_sample": f"{len(given):,} of {len(counts):,} series",
            "agreement": self.compare(self.answer(given), theirs),
        }

    def _run(self, counts: Floats) -> tuple[float, Floats]:
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder) / f"{i}.csv" for i in range(len(self.tables) + 2)]
            for path, table in zip(paths, (counts.T, *self.tables), strict=False):
                np.savetxt(path, table, delimiter=",", fmt="%.17g")
            words = ["Rscript", str(SCRIPTS / self.script), *map(str, paths)]
            environment = {**os.environ, "TZ": "UTC"}
            done = subprocess.run(words, capture_output=True, text=True, check=True, env=environment)
            return float(done.stdout.split()[-1]), np.loadtxt(paths[-1], delimiter=",", ndmin=2).T


@cache
def has_package(name: str) -> bool:
    """Return whether R and a package of it are there."""
    if shutil.which("Rscript") is None:
        return False
    words = ["Rscript", "-e", f"quit(status = !requireNamespace('{name}', quietly = TRUE))"]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def count_differing_alarms(ours: Floats, theirs: Floats) -> str:
    """Say how many alarms differ where both answer, and how many points only one of them answers.

    >>> count_differing_alarms(np.array([[np.nan, 1.0, 0.0]]), np.array([[np.nan, 1.0, 1.0]]))
    '1 of 2 alarms differ'
    """
    both = ~np.isnan(ours) & ~np.isnan(theirs)
    text = f"{np.sum(ours[both] != theirs[both]):,} of {both.sum():,} alarms differ"
    alone = int(np.sum(np.isnan(ours) != np.isnan(theirs)))
    return f"{text}, {alone:,} points answered by one only" if alone else text


def largest_difference(ours: Floats, theirs: Floats) -> str:
    """Say the largest relative difference, and where only one answers.

    >>> largest_difference(np.array([[1.0, np.nan]]), np.array([[1.0, np.nan]]))
    'largest relative difference 0e+00'
    """
    both = ~np.isnan(ours) & ~np.isnan(theirs)
    largest = np.max(np.abs(ours[both] / theirs[both] - 1), initial=0)
    text = f"largest relative difference {largest:.0e}"
    alone = int(np.sum(np.isnan(ours) != np.isnan(theirs)))
    return f"{text}, {alone:,} points answered by one only" if alone else text
