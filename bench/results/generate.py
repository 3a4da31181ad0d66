"""Register people and write a file of their results; not counted."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl

from tongzhou.cli.records import open_records

SEED = 20_220_712
WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
CHECKS = np.array(list("10X98765432"))
UNKNOWN, POSITIVE = 0.01, 0.0001
FIRST_ROUND, RESULTS_AFTER = np.datetime64("2022-06-01T08:30:00", "ms"), timedelta(hours=12)
SEEN_AFTER, ROUND_EVERY = 16, 2
"""Days from the first infections to the last round of testing, and between rounds."""
OPENS_S, CLOSES_S = 0, 10 * 3600
"""Seconds of a round from its opening at half past eight."""
FORMAT = "%Y-%m-%d %H:%M:%S"


def documents(n: int) -> list[str]:
    """Return n different resident numbers with their check characters."""
    serial = np.arange(n)
    days = np.datetime64("1940-01-01") + (serial // 999) % 25_000
    area = 440_300 + serial // (999 * 25_000)
    stems = [
        f"{a}{str(d).replace('-', '')}{s:03d}" for a, d, s in zip(area, days, serial % 999 + 1, strict=True)
    ]
    digits = np.frombuffer("".join(stems).encode(), dtype=np.uint8).reshape(-1, 17).astype(np.int64) - ord(
        "0"
    )
    return [stem + check for stem, check in zip(stems, CHECKS[(digits @ WEIGHTS) % 11], strict=True)]


def person_rows(numbers: list[str], areas: list[str]) -> Iterator[tuple[object, ...]]:
    """Yield the registered people; only area and blind index of the document matter here."""
    from tongzhou.server.people.bulk import recorded_now
    from tongzhou.server.people.queries import DOCUMENT
    from tongzhou.server.vault.crypto import blind_index

    recorded = recorded_now()
    for serial, (number, area) in enumerate(zip(numbers, areas, strict=True), 1):
        index = blind_index(number, DOCUMENT)
        yield (serial, recorded, area, None, "", "", "", index, "", "", "", "unknown", None, "")


def plain_tests(n_rows: int, n_people: int, rng: np.random.Generator) -> tuple[list[str], pl.DataFrame]:
    """Return the area of each person, and tests of anybody at one instant: person (from 0), sampled_at, is_positive."""
    tests = {
        "person": rng.integers(0, n_people, n_rows),
        "sampled_at": np.full(n_rows, FIRST_ROUND),
        "is_positive": rng.random(n_rows) < POSITIVE,
    }
    return ["440305"] * n_people, pl.DataFrame(tests)


def simulated_tests(n_rows: int, n_people: int, rng: np.random.Generator) -> tuple[list[str], pl.DataFrame]:
    """Return the same of rounds of a simulated city: everybody in turn, positive as the disease shows by the day."""
    from tongzhou.epi.simulate import registers, run, synthesize
    from tongzhou.epi.simulate.disease import load_disease

    population, disease = synthesize(["4403"], n_people, seed=SEED), load_disease("sars-cov-2/wild-type")
    n_rounds, brought_in = -(-n_rows // n_people), {"4403": max(2, n_people // 50_000)}
    first = SEEN_AFTER - ROUND_EVERY * (n_rounds - 1)
    ill = run(population, disease, days=SEEN_AFTER + 1, seed=SEED, introductions=brought_in).line_list
    onset = np.full(n_people, np.inf)
    onset[ill["person"].to_numpy()] = ill["onset_at"].to_numpy()
    in_turn = OPENS_S + np.arange(n_people) * (CLOSES_S - OPENS_S) // n_people
    rounds = []
    for day in first + ROUND_EVERY * np.arange(n_rounds):
        shown = np.interp(day + in_turn / 86_400 - onset, *disease.positive, left=0, right=0)
        at = FIRST_ROUND + np.timedelta64(int(day), "D") + 1000 * in_turn.astype("timedelta64[ms]")
        rounds.append(
            pl.DataFrame(
                {"person": np.arange(n_people), "sampled_at": at, "is_positive": rng.random(n_people) < shown}
            )
        )
    return registers.persons(population)["area_code"].cast(pl.String).to_list(), pl.concat(rounds).head(
        n_rows
    )


def main(home: Path, n_rows: int, n_people: int, is_simulated: bool) -> None:
    """Write people and file."""
    open_records()
    from tongzhou.core.access import system_actor
    from tongzhou.server.people.bulk import Registers, register_many

    known, rng = documents(n_people + n_people // 10), np.random.default_rng(SEED)
    areas, tests = (simulated_tests if is_simulated else plain_tests)(n_rows, n_people, rng)
    register_many(system_actor("bench"), "44", Registers(persons=person_rows(known[:n_people], areas)))
    strangers = rng.integers(n_people, len(known), n_rows)
    who = np.where(rng.random(n_rows) < UNKNOWN, strangers, tests["person"].to_numpy())
    sampled = tests["sampled_at"].cast(pl.Datetime("ms"))
    frame = pl.DataFrame(
        {
            "document": np.array(known)[who],
            "sample": [f"S{serial:09d}" for serial in range(n_rows)],
            "sampled_at": sampled.dt.to_string(FORMAT),
            "resulted_at": (sampled + RESULTS_AFTER).dt.to_string(FORMAT),
            "method": "PCR",
            "result": np.where(tests["is_positive"], "positive", "negative"),
        }
    )
    frame.write_csv(home / "results.csv")
    size = (home / "results.csv").stat().st_size
    n_positive = int(tests["is_positive"].sum())
    print(
        json.dumps(
            {"n_rows": n_rows, "n_people": n_people, "file_bytes": size, "n_in_file_positive": n_positive}
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "True")
