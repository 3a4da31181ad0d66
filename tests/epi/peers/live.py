"""Runs calls of R's packages on series of our own, when R is on the machine."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

PRELUDE = """options(warn = -1)
suppressWarnings(suppressMessages(library({package})))
old <- function(x, freq = 52) list(
  observed = x, state = 0 * x, freq = freq, start = c(2001, 1), week = seq_along(x), epochAsDate = FALSE)
new <- function(x, freq = 52, from = NULL, population = NULL) {{
  if (is.null(from) && is.null(population)) return(sts(x, frequency = freq, start = c(2001, 1)))
  if (is.null(from)) return(sts(x, frequency = freq, start = c(2001, 1), population = matrix(population, ncol = 1)))
  step <- if (freq == 12) "month" else "week"
  days <- as.numeric(seq(as.Date(from), by = step, length.out = length(x)))
  sts(x, frequency = freq, epoch = days, epochAsDate = TRUE, start = c(2001, 1))
}}
chart <- function(r) data.frame(upper = as.vector(r$upperbound), alarm = as.numeric(r$alarm))
bounds <- function(s) data.frame(upper = as.vector(s@upperbound), alarm = as.numeric(s@alarm))
emit <- function(name, expr) {{
  sink("/dev/null"); r <- tryCatch(suppressMessages(expr), error = function(e) data.frame(failed = 1)); sink()
  write.csv(format(r, digits = 17, trim = TRUE), paste0(name, ".csv"), row.names = FALSE, quote = FALSE)
}}
"""


def run_r(package: str, calls: list[str], folder: Path) -> list[pl.DataFrame]:
    """Return the table of each call of `package`, in order; skip the test without R or the package."""
    if shutil.which("Rscript") is None:
        pytest.skip("R is not installed")
    lines = [PRELUDE.format(package=package), f'setwd("{folder}")']
    lines += [f"emit('{i}', {{{call}}})" for i, call in enumerate(calls)]
    script = folder / "calls.R"
    script.write_text("\n".join(lines))
    done = subprocess.run(["Rscript", str(script)], capture_output=True, text=True, check=False)
    if "there is no package" in done.stderr:
        pytest.skip(f"R's package {package} is not installed")
    return [pl.read_csv(folder / f"{i}.csv", null_values=["NA", "NaN"]) for i in range(len(calls))]


def numbers(column: pl.Series) -> npt.NDArray[np.float64]:
    """Return a column as float64, NaN where R had none."""
    return column.cast(pl.Float64).fill_null(np.nan).to_numpy()


def vector(values: npt.ArrayLike) -> str:
    """Write numbers as R reads them."""
    return "c(" + ",".join(repr(float(v)) for v in np.asarray(values).ravel()) + ")"


def names(texts: Sequence[str]) -> str:
    """Write texts as R reads them."""
    return "c(" + ",".join(f"'{text}'" for text in texts) + ")"


def random_series(rng: np.random.Generator, n: int, freq: int) -> npt.NDArray[np.float64]:
    """A seasonal series of some level, trend and dispersion, with outbreaks, quiet years or zeros among its kinds."""
    kind, t = rng.integers(0, 6), np.arange(n)
    level = np.exp(rng.uniform(-1, 5))
    season = rng.uniform(0, 1.2) * np.sin(2 * np.pi * t / freq + rng.uniform(0, 6))
    mean = level * np.exp(season + rng.normal(0, 0.6) * t / n)
    size = np.exp(rng.uniform(-0.5, 3))
    counts = rng.poisson(mean) if kind == 0 else rng.negative_binomial(size, size / (size + mean))
    if kind in (2, 3):
        for start in rng.integers(0, n, 4):
            counts[start : start + 5] += rng.poisson(5 * np.sqrt(mean.mean()) + 2)
    if kind == 4:
        counts[: rng.integers(1, n // 2)] = 0
    if kind == 5:
        counts = np.where(rng.random(n) < 0.9, 0, counts)
    return counts.astype(float)
