"""Reads the peer's outputs in the shared folder: counts, expected columns, and the options of each call."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from tests.shared_data import shared

FOLDER = "reference/surveillance"
NAMES = (
    "ha_Berlin",
    "hepatitisA",
    "k1",
    "m1",
    "m2",
    "measlesDE_all",
    "measlesWeserEms_all",
    "n1",
    "q1_nrwh",
    "rotaBB_all",
    "s1",
    "salmNewport_DE",
    "salmonella.agona",
    "shadar",
)


@dataclass(frozen=True)
class Peer:
    """One output: counts, dates, the monitored range, years back, and the columns."""

    name: str
    counts: npt.NDArray[np.float64]
    dates: npt.NDArray[np.datetime64] | None
    freq: int
    range: tuple[int, int] | None
    b: int | None
    frame: pl.DataFrame

    def column(self, name: str) -> npt.NDArray[np.float64]:
        return self.frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy()

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        return self.frame["t"].to_numpy() - 1


def read_peer(name: str, output: str) -> Peer | None:
    """Return an output, or None where the peer has none for this series; skip without the shared folder."""
    folder = shared(FOLDER) / name
    path = folder / f"{output}.csv"
    if not path.exists():
        return None
    counts = pl.read_csv(folder / "counts.csv")["observed"].to_numpy().astype(np.float64)
    call = (folder / f"{output}.call.txt").read_text()
    found, years = re.search(r"range\s*=\s*(\d+):(\d+)", call), re.search(r"\bb\s*=\s*(\d+)", call)
    return Peer(
        name=name,
        counts=counts,
        dates=_dates(name, counts.size),
        freq=12 if name == "rotaBB_all" else 52,
        range=(int(found[1]), int(found[2])) if found else None,
        b=int(years[1]) if years else None,
        frame=pl.read_csv(path, null_values=["NA", ""], infer_schema_length=None),
    )


def _dates(name: str, n: int) -> npt.NDArray[np.datetime64] | None:
    """The two series of the peer whose time points are dates."""
    if name == "salmNewport_DE":
        return np.datetime64("2004-01-05") + 7 * np.arange(n)
    if name == "rotaBB_all":
        months = np.datetime64("2002-01") + np.arange(n)
        return months.astype("datetime64[D]")
    return None


def relative_error(ours: npt.NDArray[np.float64], theirs: npt.NDArray[np.float64]) -> float:
    """Return the largest relative difference; infinite where one is missing and the other is not."""
    if np.any(np.isnan(ours) != np.isnan(theirs)):
        return np.inf
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.abs(ours - theirs) / np.maximum(np.abs(theirs), 1e-12)
    error = np.where((ours == theirs) | np.isnan(theirs), 0.0, error)
    return float(error.max(initial=0.0))


def read_table(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, null_values=["NA", ""], infer_schema_length=None)
