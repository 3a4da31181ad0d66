"""Contact search by brute force: every second of every pair, as the definition reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

import polars as pl

from tongzhou.core.exposures import ContactRules, InfectiousWindow
from tongzhou.ledger import Ledger

RECORDED = datetime(2020, 2, 5, tzinfo=UTC)
START_S = 1_580_486_400
"""2020-02-01T00:00:00+08:00."""
Stay = tuple[int, int, int, int]
Found = dict[tuple[int, int, int], tuple[int, int, float, float, tuple[int, ...]]]


def rules(linger: float = 0, at_least: float = 0) -> ContactRules:
    """Return rules without settings and seats."""
    return ContactRules(2, 2, linger, at_least, (), ())


def fill(ledger: Ledger, rows: Sequence[Stay], batch_id: str = "stays") -> tuple[range, ...]:
    """Append stays of (person, place, first second, end second) counted from `START_S`."""
    frame = pl.DataFrame(rows, schema=["person", "place", "from_s", "until_s"], orient="row")
    shifted = frame.with_columns(pl.col("from_s", "until_s") + START_S, source=pl.lit("test"))
    return ledger.append("stays", shifted, batch_id=batch_id, recorded_at=RECORDED).row_ids


def window(person: int, from_s: int, until_s: int) -> InfectiousWindow:
    """Return a window counted from `START_S`."""
    return InfectiousWindow(person, from_s + START_S, until_s + START_S)


def brute_force(rows: pl.DataFrame, windows: Sequence[InfectiousWindow], wanted: ContactRules) -> Found:
    """Return what contact search must find in places, second by second."""
    together: dict[tuple[int, int, int], set[int]] = defaultdict(set)
    direct: dict[tuple[int, int, int], set[int]] = defaultdict(set)
    evidence: dict[tuple[int, int, int], set[int]] = defaultdict(set)
    linger_s = round(wanted.linger_minutes * 60)
    for case in windows:
        for mine in rows.filter(pl.col("person") == case.person).iter_rows(named=True):
            start, end = max(mine["from_s"], case.from_s), min(mine["until_s"], case.until_s)
            for theirs in rows.iter_rows(named=True) if end > start else ():
                if theirs["person"] == case.person or theirs["place"] != mine["place"]:
                    continue
                shared = range(max(start, theirs["from_s"]), min(end + linger_s, theirs["until_s"]))
                if shared:
                    key = (case.person, theirs["person"], mine["place"])
                    together[key] |= set(shared)
                    direct[key] |= {second for second in shared if second < end}
                    evidence[key] |= {mine["row_id"], theirs["row_id"]}
    return {
        key: (min(s), max(s) + 1, len(s) / 60, (len(s) - len(direct[key])) / 60, tuple(sorted(evidence[key])))
        for key, s in together.items()
        if len(s) / 60 >= wanted.min_minutes
    }
