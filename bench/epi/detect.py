"""Detectors and scans: ours, and R's `surveillance` when it is installed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from bench.epi.peers import Peer, count_differing_alarms
from tongzhou.epi import detect

N_SERIES, N_WEEKS = 1000, 520
N_COUNTIES, N_DAYS, N_CASES = 124, 365, 1500
SHARED = Path(__file__).resolve().parents[3] / "shared/data/11_admin_divisions"


def series() -> np.ndarray:
    """Return 1,000 weekly negative binomial series of ten years with a season."""
    rng = np.random.default_rng(5)
    mean = np.exp(rng.uniform(0, 4, (N_SERIES, 1)) + 0.5 * np.sin(2 * np.pi * np.arange(N_WEEKS) / 52))
    return rng.negative_binomial(5, 5 / (5 + mean)).astype(float)


def counties() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return daily cases, population and places of a province: Guangdong's where the public table is there."""
    rng = np.random.default_rng(1)
    places = guangdong() if SHARED.exists() else rng.uniform(0, 500, (N_COUNTIES, 2))
    people = rng.lognormal(13.3, 0.7, len(places))
    share = np.repeat(people / people.sum() / N_DAYS, N_DAYS)
    return rng.multinomial(N_CASES, share).reshape(len(places), N_DAYS), people, places


def guangdong() -> np.ndarray:
    """Return the centres of Guangdong's counties in kilometres."""
    areas = pl.read_csv(SHARED / "guangdong_areas.csv.gz", infer_schema=False)
    centres = pl.read_csv(SHARED / "adcode_centroids_cpca.csv.gz", schema_overrides={"adcode": pl.String})
    inside = centres.join(areas, left_on=pl.col("adcode").str.head(6), right_on="code")
    degrees = inside.select("longitude", "latitude").to_numpy()
    return degrees * [111.3 * np.cos(np.radians(23)), 111.3]


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


def alarms(detection: detect.Detection) -> np.ndarray:
    """Return 1 alarm, 0 none, NaN undefined."""
    return np.where(detection.alarm < 0, np.nan, detection.alarm.astype(float))


NOUFAILY_ROW = "Farrington-Noufaily, 1,000 series x 10 years"
EARS_ROW = "EARS C1, 1,000 series x 10 years"
MEASURES: dict[str, tuple[Callable[[], object], float | None]] = {
    NOUFAILY_ROW: (farrington_noufaily, 115.0),
    "Farrington windows, 1,000 series x 10 years": (farrington_windows, None),
    EARS_ROW: (ears, 0.45),
    "scan, 124 counties x 365 days x 999": (scan_space_time, 10.0),
    "scan prospective, 124 x 365 x 999": (scan_prospective, 10.0),
}
PEERS = {
    NOUFAILY_ROW: Peer(
        "surveillance",
        "farrington.R",
        series,
        40,
        lambda counts: alarms(detect.find_detector("farrington-noufaily")(counts)),
        count_differing_alarms,
    ),
    EARS_ROW: Peer(
        "surveillance",
        "ears.R",
        series,
        N_SERIES,
        lambda counts: alarms(detect.ears(counts)),
        count_differing_alarms,
    ),
}
