"""Stays of a town: homes, work, and public places of very unequal size; in the order a feed brings them.

Or, when asked, the stays of a simulated city of as many persons: households, classes, firms, shops and hospitals.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

N_DAYS = 14
STAYS_A_DAY = 4
FIRST_S = 1_580_486_400
"""2020-02-01T00:00:00+08:00."""
DAY_S = 86_400
BATCH_PERSONS = 1 << 18
BAD_ROW_EVERY = 10_000
SOURCES = ("venue_code", "phone", "transit")


@dataclass(frozen=True)
class Town:
    """Sizes of a town whose people make about `n_stays` stays in two weeks."""

    n_stays: int

    @property
    def n_persons(self) -> int:
        return max(100, -(-self.n_stays // (N_DAYS * STAYS_A_DAY)))

    @property
    def n_homes(self) -> int:
        return self.n_persons * 10 // 26  # 2.6 persons a household

    @property
    def n_works(self) -> int:
        return max(1, self.n_persons // 30)

    @property
    def n_public(self) -> int:
        return max(1, self.n_persons // 40)


def batches(town: Town, seed: int = 20_200_201) -> Iterator[tuple[int, pl.DataFrame]]:
    """Yield (day, stays) in the order of days; within a batch the rows come in any order."""
    rng = np.random.default_rng(seed)
    persons = rng.permutation(town.n_persons) + 1
    works = _unequal(rng, town.n_persons + 1, town.n_works) + town.n_homes + 1
    for day in range(N_DAYS):
        for low in range(0, town.n_persons, BATCH_PERSONS):
            chosen = persons[low : low + BATCH_PERSONS]
            yield day, _one_day(rng, town, chosen, works[chosen], FIRST_S + day * DAY_S)


def simulated_batches(town: Town, seed: int = 20_200_201) -> Iterator[tuple[int, pl.DataFrame]]:
    """Yield (day, stays) of the persons of a simulated city, as `batches` does."""
    from datetime import date

    from tongzhou.epi.simulate import synthesize
    from tongzhou.epi.simulate.activity import Days

    rng = np.random.default_rng(seed)
    days = Days(synthesize(["44"], town.n_persons, seed=seed), seed=seed)
    first = date(2020, 2, 1).toordinal()
    for day in range(N_DAYS):
        for frame in days.stays(date.fromordinal(first + day), 1):
            mixed = frame[rng.permutation(len(frame))]
            is_bad = pl.int_range(pl.len()) % BAD_ROW_EVERY == 0
            until = pl.when(is_bad).then("from_s").otherwise("until_s")
            sources = pl.Series(SOURCES)[rng.integers(0, len(SOURCES), len(frame))]
            yield day, mixed.with_columns(until_s=until, source=sources)


def _unequal(rng: np.random.Generator, n: int, n_places: int) -> np.ndarray:
    """Draw places of which few are very large: the share of the largest is 1 / sqrt(n_places)."""
    return (n_places * rng.random(n) ** 2).astype(np.int64)


def _one_day(
    rng: np.random.Generator, town: Town, persons: np.ndarray, works: np.ndarray, midnight: int
) -> pl.DataFrame:
    n = len(persons)
    homes = persons % town.n_homes + 1
    public = _unequal(rng, n, town.n_public) + town.n_homes + town.n_works + 1
    leave = midnight + rng.integers(6 * 3600, 9 * 3600, n)
    finish = leave + rng.integers(6 * 3600, 10 * 3600, n)
    out = finish + rng.integers(600, 3600, n)
    back = out + rng.integers(900, 7200, n)
    ends = np.maximum(back + 1800, midnight + DAY_S + 4 * 3600)  # at home past midnight
    frame = {
        "person": np.tile(persons, STAYS_A_DAY),
        "place": np.concatenate([homes, works, public, homes]),
        "from_s": np.concatenate([np.full(n, midnight), leave + 1200, out, back + 1200]),
        "until_s": np.concatenate([leave, finish, back, ends]),
    }
    order = rng.permutation(n * STAYS_A_DAY)
    frame = {name: values[order] for name, values in frame.items()}
    frame["until_s"][::BAD_ROW_EVERY] = frame["from_s"][::BAD_ROW_EVERY]
    sources = pl.Series(SOURCES)[rng.integers(0, len(SOURCES), n * STAYS_A_DAY)]
    return pl.DataFrame(frame).with_columns(source=sources)


def write(folder: Path, n_stays: int, simulated: bool = False) -> dict[str, object]:
    """Write one Arrow stream file for each day; return the number of rows."""
    folder.mkdir(parents=True, exist_ok=True)
    n_rows, writers = 0, {}
    for day, frame in (simulated_batches if simulated else batches)(Town(n_stays)):
        table = frame.to_arrow().cast(SCHEMA)
        if day not in writers:
            for writer in writers.values():
                writer.close()
            writers = {day: pa.ipc.new_stream(str(folder / f"{day:02}.arrows"), SCHEMA)}
        writers[day].write_table(table)
        n_rows += table.num_rows
    for writer in writers.values():
        writer.close()
    return {"n_rows": n_rows}


SCHEMA = pa.schema(
    [
        *((name, pa.int64()) for name in ("person", "place", "from_s", "until_s")),
        ("source", pa.large_string()),
    ]
)


def read(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield the batches of one day's file; read, not mapped, so that memory is counted as it is used."""
    with pa.OSFile(str(path)) as file, pa.ipc.open_stream(file) as stream:
        yield from stream


if __name__ == "__main__":
    print(json.dumps(write(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "True")))
