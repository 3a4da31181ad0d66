"""Detectors and scans: ours, and R's `surveillance` when it is installed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable

import numpy as np

from tongzhou.epi import detect

N_SERIES, N_WEEKS = 1000, 520
N_COUNTIES, N_DAYS, N_CASES = 124, 365, 1500
FLEXIBLE = """
suppressMessages(library(surveillance)); set.seed(5); t <- 1:520;
y <- rnbinom(520, mu=exp(2+0.5*sin(2*pi*t/52)), size=5); s <- sts(y, freq=52, start=c(2010,1));
r <- 471:520; b <- proc.time()[3];
invisible(farringtonFlexible(s, control=list(range=r, b=5, w=3, noPeriods=10, pastWeeksNotIncluded=26,
  pThresholdTrend=1, thresholdMethod='nbPlugin', alpha=0.01)));
cat((proc.time()[3]-b)/50*257*1000)
"""
EARS = """
suppressMessages(library(surveillance)); set.seed(5); s <- sts(rpois(520, 8), freq=52, start=c(2010,1));
b <- proc.time()[3]; for (i in 1:50) invisible(earsC(s, control=list(method='C1')));
cat((proc.time()[3]-b)/50*1000)
"""


def series() -> np.ndarray:
    """Return 1,000 weekly negative binomial series of ten years with a season."""
    rng = np.random.default_rng(5)
    mean = np.exp(rng.uniform(0, 4, (N_SERIES, 1)) + 0.5 * np.sin(2 * np.pi * np.arange(N_WEEKS) / 52))
    return rng.negative_binomial(5, 5 / (5 + mean)).astype(float)


def counties() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return daily cases, population and places of a province the size of Guangdong."""
    rng = np.random.default_rng(1)
    places, people = rng.uniform(0, 500, (N_COUNTIES, 2)), rng.lognormal(13.3, 0.7, N_COUNTIES)
    share = np.repeat(people / people.sum() / N_DAYS, N_DAYS)
    return rng.multinomial(N_CASES, share).reshape(N_COUNTIES, N_DAYS), people, places


def farrington_noufaily() -> object:
    """Farrington flexible with Noufaily's options, 257 weeks of each series."""
    return detect.find_detector("farrington-noufaily")(series()).to_frame()


def farrington_windows() -> object:
    """Farrington flexible with windows only."""
    return detect.farrington_flexible(series()).to_frame()


def ears() -> object:
    """EARS C1."""
    return detect.ears(series()).to_frame()


def scan_space_time() -> object:
    """All cylinders of all intervals up to half a year, 999 replicates."""
    return detect.scan(*counties(), n_replicates=999, seed=1)


def scan_prospective() -> object:
    """Cylinders that last until the end, 999 replicates."""
    return detect.scan(*counties(), n_replicates=999, seed=1, prospective=True)


def ask_r(script: str) -> Callable[[], float | None]:
    """Return a job that gives the peer's seconds, None without R or the package."""

    def ask() -> float | None:
        if shutil.which("Rscript") is None:
            return None
        done = subprocess.run(["Rscript", "-e", script], capture_output=True, text=True, check=False)
        return float(done.stdout.split()[-1]) if done.returncode == 0 and done.stdout.strip() else None

    return ask


NOUFAILY_ROW = "Farrington-Noufaily, 1,000 series x 10 years"
EARS_ROW = "EARS C1, 1,000 series x 10 years"
MEASURES: dict[str, tuple[Callable[[], object], float | None]] = {
    NOUFAILY_ROW: (farrington_noufaily, 115.0),
    "Farrington windows, 1,000 series x 10 years": (farrington_windows, None),
    EARS_ROW: (ears, 0.45),
    "scan, 124 counties x 365 days x 999": (scan_space_time, 10.0),
    "scan prospective, 124 x 365 x 999": (scan_prospective, 10.0),
}
PEERS: dict[str, Callable[[], float | None]] = {NOUFAILY_ROW: ask_r(FLEXIBLE), EARS_ROW: ask_r(EARS)}
