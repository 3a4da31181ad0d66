"""Contacts of contacts: who can be reached from given people in a bounded number of meetings.

Owns the walk over meetings in time. Never grades anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from tongzhou.core.errors import InputError
from tongzhou.epi.contact.table import ExposureTable
from tongzhou.epi.frames import as_frame, find_column, get_column, refuse_rows

Int64s = npt.NDArray[np.int64]
ONE = ("case_person", "person_a", "from")
OTHER = ("other_person", "person_b", "to")
SCHEMA = {"person": pl.Int64, "degree": pl.Int64, "via": pl.Int64, "reached_s": pl.Int64}


@dataclass(frozen=True, slots=True)
class DegreeOptions:
    """Bounds of the walk.

    max_degree : int — 1 are contacts, 2 contacts of contacts
    max_persons : int — stop with an error before more people than this are reached
    wait_s : int, seconds — a person passes on only this long after being reached (a latent period)
    is_directed : bool — meetings lead from the first person to the second only
    """

    max_degree: int = 2
    max_persons: int = 1_000_000
    wait_s: int = 0
    is_directed: bool = False


def onward_degrees(
    meetings: object, index_persons: Sequence[int] | npt.ArrayLike, options: DegreeOptions | None = None
) -> pl.DataFrame:
    """Find contacts, contacts of contacts and so on, each person at the lowest degree.

    Parameters
    ----------
    meetings : ExposureTable, or a frame with ``case_person, other_person`` (or ``person_a, person_b``) and
        optionally ``from_s, until_s`` (seconds); without times every meeting counts
    index_persons : ledger numbers; degree 0
    options : DegreeOptions

    Returns
    -------
    frame with ``person, degree, via`` (who passed it on, null at degree 0), ``reached_s`` (earliest possible
    instant, null at degree 0 and without times), by degree, then person

    Raises
    ------
    InputError
        ``frame.column``, ``degrees.meeting`` — with rows; ``degrees.options``; ``degrees.too_many``

    Notes
    -----
    Paths respect time: whoever was reached at t passes on only in meetings that end after t + wait_s. Within a
    degree the earliest way is kept. O(degrees x meetings).

    References
    ----------
    Holme & Saramäki 2012, Phys Rep 519:97, section 3.1 (time-respecting paths).

    Examples
    --------
    >>> met = {"person_a": [1, 2, 3], "person_b": [2, 3, 4]}
    >>> onward_degrees(met, [1])["person"].to_list()
    [1, 2, 3]
    """
    options = options or DegreeOptions()
    if options.max_degree < 1 or options.max_persons < 1 or options.wait_s < 0:
        raise InputError(
            "degrees.options", f"{options} is out of range.", "Give a degree and persons of 1 or more."
        )
    edges, has_times = _read_meetings(meetings, options.is_directed)
    index = np.unique(np.asarray(index_persons, dtype=np.int64))
    first = np.iinfo(np.int64).min
    front = pl.DataFrame({"person": index, "degree": 0, "via": None, "reached_s": first}, schema=SCHEMA)
    layers = [front]
    seen = front.select("person")
    for degree in range(1, options.max_degree + 1):
        front = _step(edges, front, seen, degree, options.wait_s if degree > 1 else 0)
        seen = pl.concat([seen, front.select("person")])
        if seen.height > options.max_persons:
            raise InputError(
                "degrees.too_many",
                f"{seen.height:,} people are reached at degree {degree}; {options.max_persons:,} are allowed.",
                "Lower max_degree, or grade the first degree before going on.",
            )
        layers.append(front)
        if not front.height:
            break
    found = pl.concat(layers).sort("degree", "person")
    if not has_times:
        return found.with_columns(reached_s=pl.lit(None, dtype=pl.Int64))
    return found.with_columns(reached_s=pl.when(pl.col("reached_s") != first).then("reached_s"))


def _read_meetings(meetings: object, is_directed: bool) -> tuple[pl.DataFrame, bool]:
    frame = meetings.to_frame() if isinstance(meetings, ExposureTable) else as_frame(meetings, "meetings")
    one = find_column(frame, ONE, "meetings").cast(pl.Int64)
    other = find_column(frame, OTHER, "meetings").cast(pl.Int64)
    refuse_rows(
        (one.is_null() | other.is_null() | (one == other)).fill_null(True).to_numpy(),
        "degrees.meeting",
        "meetings lack a person or join one to themselves",
        "Correct or remove them.",
    )
    start, end = get_column(frame, ("from_s",)), get_column(frame, ("until_s",))
    has_times = start is not None and end is not None
    low = start if start is not None else pl.Series([0] * frame.height, dtype=pl.Int64)
    high = end if end is not None else pl.Series([np.iinfo(np.int64).max] * frame.height, dtype=pl.Int64)
    edges = pl.DataFrame({"a": one, "b": other, "from_s": low, "until_s": high})
    if not is_directed:
        edges = pl.concat(
            [edges, edges.select(pl.col("b").alias("a"), pl.col("a").alias("b"), "from_s", "until_s")]
        )
    return edges, has_times


def _step(
    edges: pl.DataFrame, front: pl.DataFrame, seen: pl.DataFrame, degree: int, wait_s: int
) -> pl.DataFrame:
    ready = front.select(pl.col("person").alias("a"), (pl.col("reached_s") + wait_s).alias("ready_s"))
    onward = edges.join(ready, on="a").filter(pl.col("until_s") > pl.col("ready_s"))
    reached = onward.with_columns(reached_s=pl.max_horizontal("from_s", "ready_s"))
    reached = reached.join(seen, left_on="b", right_on="person", how="anti").sort("reached_s", "a", "b")
    best = reached.group_by("b", maintain_order=True).first()
    best = best.rename({"b": "person", "a": "via"}).with_columns(degree=pl.lit(degree, dtype=pl.Int64))
    return best.select(list(SCHEMA))
