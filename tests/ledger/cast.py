"""Stays and instants that several ledger tests share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

RECORDED = datetime(2020, 2, 5, tzinfo=UTC)
LATER = datetime(2020, 2, 6, tzinfo=UTC)
MIDNIGHT_S = 1_580_486_400
"""2020-02-01T00:00:00+08:00."""
HOUR_S = 3600
Stay = tuple[int, int, int, int]


def stays(rows: Sequence[Stay]) -> pl.DataFrame:
    """Return stays of (person, place, first hour, end hour) counted from midnight of 1 February 2020."""
    frame = pl.DataFrame(rows, schema=["person", "place", "from_s", "until_s"], orient="row")
    return frame.with_columns(pl.col("from_s", "until_s") * HOUR_S + MIDNIGHT_S, source=pl.lit("test")).cast(
        {"from_s": pl.Int64, "until_s": pl.Int64}
    )


def random_stays(n_rows: int, *, n_persons: int = 500, n_places: int = 80, seed: int = 7) -> pl.DataFrame:
    """Return stays of at most half a day over four days."""
    rng = np.random.default_rng(seed)
    from_s = MIDNIGHT_S + rng.integers(0, 4 * 86_400, n_rows)
    return pl.DataFrame(
        {
            "person": rng.integers(1, n_persons + 1, n_rows),
            "place": rng.integers(1, n_places + 1, n_rows),
            "from_s": from_s,
            "until_s": from_s + rng.integers(60, 43_200, n_rows),
            "source": ["feed"] * n_rows,
        }
    )


def data_files(root: Path) -> list[Path]:
    """Return every Parquet file of data in a ledger folder, whether the log names it or not."""
    return [path for path in root.rglob("*.parquet") if "_delta_log" not in path.parts]
