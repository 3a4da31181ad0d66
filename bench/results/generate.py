"""Register people and write a file of their results; not counted."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from tongzhou.cli.records import open_records

SEED = 20_220_712
WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
CHECKS = np.array(list("10X98765432"))
UNKNOWN, POSITIVE = 0.01, 0.0001


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


def person_rows(numbers: list[str]) -> Iterator[tuple[object, ...]]:
    """Yield the registered people; only the blind index of the document matters here."""
    from tongzhou.server.people.bulk import recorded_now
    from tongzhou.server.people.queries import DOCUMENT
    from tongzhou.server.vault.crypto import blind_index

    recorded = recorded_now()
    for serial, number in enumerate(numbers, 1):
        index = blind_index(number, DOCUMENT)
        yield (serial, recorded, "440305", None, "", "", "", index, "", "", "", "unknown", None, "")


def main(home: Path, n_rows: int, n_people: int) -> None:
    """Write people and file."""
    open_records()
    from tongzhou.core.access import system_actor
    from tongzhou.server.people.bulk import Registers, register_many

    known = documents(n_people + n_people // 10)
    register_many(system_actor("bench"), "44", Registers(persons=person_rows(known[:n_people])))
    rng = np.random.default_rng(SEED)
    is_unknown = rng.random(n_rows) < UNKNOWN
    who = np.where(is_unknown, rng.integers(n_people, len(known), n_rows), rng.integers(0, n_people, n_rows))
    frame = pl.DataFrame(
        {
            "document": np.array(known)[who],
            "sample": [f"S{serial:09d}" for serial in range(n_rows)],
            "sampled_at": "2022-07-11 08:30:00",
            "resulted_at": "2022-07-11 20:00:00",
            "method": "PCR",
            "result": np.where(rng.random(n_rows) < POSITIVE, "positive", "negative"),
        }
    )
    frame.write_csv(home / "results.csv")
    print(
        json.dumps(
            {"n_rows": n_rows, "n_people": n_people, "file_bytes": (home / "results.csv").stat().st_size}
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
