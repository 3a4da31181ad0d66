"""Shared time in places: the stays of the cases, and everybody's stays swept against them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from tongzhou.core.exposures import InfectiousWindow
from tongzhou.epi.contact.kernels import gather_meetings, sweep_overlaps
from tongzhou.epi.contact.merging import MEETING, merge
from tongzhou.ledger import Ledger, Spans

Int64s = npt.NDArray[np.int64]
_STAY = ("row_id", "person", "place", "from_s", "until_s")


@dataclass(frozen=True, slots=True)
class CaseStays:
    """Stays of the cases within their windows, sorted by place and start, each array of shape (C,).

    Called with a batch of anybody's stays, it returns the meetings.
    """

    places: Int64s
    offsets: Int64s
    row_ids: Int64s
    persons: Int64s
    starts: Int64s
    ends: Int64s
    lingering_ends: Int64s
    latest_ends: Int64s

    @property
    def spans(self) -> Spans:
        """The places with the times at which a case was there or lingers."""
        places = np.repeat(self.places, np.diff(self.offsets))
        return Spans(places, self.starts, self.lingering_ends)

    def __call__(self, batch: pa.RecordBatch) -> pl.DataFrame:
        """Return the meetings of a batch of stays with the cases."""
        numbers, persons, places, starts, ends = (batch.column(name).to_numpy() for name in _STAY)
        index = (self.places, self.offsets, self.persons, self.starts, self.lingering_ends, self.latest_ends)
        rows = (places, persons, starts, ends)
        found = np.empty((max(1024, batch.num_rows), 2), dtype=np.int64)
        n_found = sweep_overlaps(index, rows, found)
        if n_found > len(found):
            found = np.empty((n_found, 2), dtype=np.int64)
            sweep_overlaps(index, rows, found)
        stays = (self.row_ids, self.persons, self.starts, self.ends, self.lingering_ends)
        meetings = np.empty((len(MEETING), n_found), dtype=np.int64)
        gather_meetings(found[:n_found], (numbers, persons, places, starts, ends), stays, meetings)
        return pl.DataFrame(dict(zip(MEETING, meetings, strict=True)))


def clip_to_windows(rows: pl.DataFrame, windows: Sequence[InfectiousWindow]) -> pl.DataFrame:
    """Return the rows of the cases, cut to their windows; a row in two windows comes twice."""
    bounds = pl.DataFrame(
        {
            "person": [window.person for window in windows],
            "window_from": [window.from_s for window in windows],
            "window_until": [window.until_s for window in windows],
        },
        schema={"person": pl.Int64, "window_from": pl.Int64, "window_until": pl.Int64},
    ).unique()
    cut = rows.join(bounds, on="person").with_columns(
        from_s=pl.max_horizontal("from_s", "window_from"),
        until_s=pl.min_horizontal("until_s", "window_until"),
    )
    return cut.filter(pl.col("until_s") > pl.col("from_s")).drop("window_from", "window_until")


def index_stays(stays: pl.DataFrame, linger_s: int) -> CaseStays:
    """Index clipped stays of cases by place; lingering extends the ends, and only those of the cases."""
    ordered = stays.sort("place", "from_s", "until_s", "row_id").with_columns(
        lingering_until=pl.col("until_s") + linger_s
    )
    latest = ordered.select(pl.col("lingering_until").cum_max().over("place")).to_series()
    places, counts = np.unique(ordered["place"].to_numpy(), return_counts=True)
    return CaseStays(
        places=places,
        offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        row_ids=ordered["row_id"].to_numpy(),
        persons=ordered["person"].to_numpy(),
        starts=ordered["from_s"].to_numpy(),
        ends=ordered["until_s"].to_numpy(),
        lingering_ends=ordered["lingering_until"].to_numpy(),
        latest_ends=latest.to_numpy(),
    )


def find_in_places(ledger: Ledger, windows: Sequence[InfectiousWindow], linger_s: int) -> pl.DataFrame | None:
    """Return merged exposures in places, or ``None`` when the cases were nowhere."""
    first, last = min(w.from_s for w in windows), max(w.until_s for w in windows)
    persons = Spans(
        *(np.array(column, dtype=np.int64) for column in zip(*map(astuple, windows), strict=True))
    )
    stays = ledger.select("stays", persons=persons, from_s=first, until_s=last, columns=_STAY)
    stays = clip_to_windows(stays, windows)
    if not stays.height:
        return None
    index = index_stays(stays, linger_s)
    meetings = ledger.sweep(
        "stays",
        index,
        places=index.spans,
        from_s=int(index.starts.min()),
        until_s=int(index.lingering_ends.max()),
        columns=_STAY,
    )
    if not any(part.height for part in meetings):
        return None
    found = pl.concat(meetings, rechunk=True)
    meetings.clear()  # before the merge takes as much memory again
    return merge(found)
