"""One step of the measurement, in its own process: one case from disk, then a thousand cases at once."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

from bench.machine import forget_pages, peak_rss_bytes
from bench.trace.generate import DAY_S, FIRST_S, N_DAYS, Town
from tongzhou.core.exposures import ContactRules, InfectiousWindow
from tongzhou.epi.contact import ExposureTable, find_exposures
from tongzhou.ledger import Ledger, open_ledger

WINDOW_DAYS = 5
N_SINGLE = 7
RULES = ContactRules(2, 2, linger_minutes=30, min_minutes=10, settings=(), seats=())
PEER_RULES = ContactRules(2, 2, linger_minutes=0, min_minutes=0, settings=(), seats=())


def windows(n_cases: int, town: Town, seed: int) -> list[InfectiousWindow]:
    """Draw cases and their windows of five days, from a morning to a morning."""
    rng = np.random.default_rng(seed)
    persons = rng.choice(town.n_persons, size=min(n_cases, town.n_persons), replace=False) + 1
    starts = FIRST_S + rng.integers(0, N_DAYS - WINDOW_DAYS, len(persons)) * DAY_S + 8 * 3600
    return [
        InfectiousWindow(int(p), int(s), int(s) + WINDOW_DAYS * DAY_S)
        for p, s in zip(persons, starts, strict=True)
    ]


def search(
    ledger: Ledger, cases: list[InfectiousWindow], rules: ContactRules = RULES
) -> tuple[float, ExposureTable]:
    """Return the seconds of one search, and what it found."""
    start = time.perf_counter()
    found = find_exposures(ledger, cases, rules, setting_of_place={})
    return time.perf_counter() - start, found


def load_code() -> None:
    """Run one search in a tiny ledger, as a server has long done: imports and compiled kernels are in place."""
    rows = pl.DataFrame(
        {"person": [1, 2], "place": 1, "from_s": FIRST_S, "until_s": FIRST_S + 60, "source": "x"}
    )
    with tempfile.TemporaryDirectory() as folder, open_ledger(Path(folder)) as ledger:
        ledger.append("stays", rows, batch_id="x", recorded_at=datetime(2020, 2, 2, tzinfo=UTC))
        search(ledger, [InfectiousWindow(1, FIRST_S, FIRST_S + DAY_S)])


def query(folder: Path, n_stays: int) -> dict[str, object]:
    """Measure each search with the ledger's files out of the page cache."""
    town = Town(n_stays)
    load_code()
    singles: list[float] = []
    with open_ledger(folder) as ledger:
        ledger.n_rows("stays")
        for case in windows(N_SINGLE, town, seed=1):
            forget_pages(folder)
            singles.append(search(ledger, [case])[0])
        forget_pages(folder)
        cpu_s = -time.process_time()
        thousand_s, found = search(ledger, windows(1000, town, seed=2))
        cpu_s += time.process_time()
        warm_s, _ = search(ledger, windows(1, town, seed=1))
        forget_pages(folder)
        plain_s, plain = search(ledger, windows(1000, town, seed=2), PEER_RULES)
    return {
        "one_case_s": statistics.median(singles),
        "one_case_slowest_s": max(singles),
        "one_case_warm_s": warm_s,
        "thousand_cases_s": thousand_s,
        "thousand_cases_cpu_s": cpu_s,
        "thousand_cases_plain_s": plain_s,
        "n_exposures": len(found),
        "n_plain_exposures": len(plain),
        "peak_rss_bytes": peak_rss_bytes(),
    }


if __name__ == "__main__":
    print(json.dumps(query(Path(sys.argv[1]), int(sys.argv[2]))))
