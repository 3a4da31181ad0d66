"""Meetings into exposures: one row for each case, other person and place or trip, with all its evidence."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from tongzhou.epi.contact.kernels import merge_evidence, merge_meetings, order_by_start

GROUP = ("case_person", "other_person", "where")
MEETING = (*GROUP, "from_s", "until_s", "direct_until_s", "case_row", "other_row")
Int64s = npt.NDArray[np.int64]


def merge(meetings: pl.DataFrame) -> pl.DataFrame:
    """Merge meetings of the same case, other person and ``where``.

    Parameters
    ----------
    meetings : frame of int64 — ``case_person, other_person, where, from_s, until_s, direct_until_s, case_row,
        other_row``

    Returns
    -------
    frame — ``case_person, other_person, where, from_s, until_s, minutes, linger_minutes, evidence_rows``
    """
    columns = {name: meetings[name].to_numpy() for name in meetings.columns}
    keys = [columns[name] for name in GROUP]
    order = _order(keys, columns["from_s"])
    is_first = np.ones(len(order), dtype=np.bool_)
    is_first[1:] = np.logical_or.reduce([key[order[1:]] != key[order[:-1]] for key in keys])
    groups, firsts = np.cumsum(is_first) - 1, order[is_first]
    merged = np.empty((len(firsts), 4), dtype=np.int64)
    merge_meetings(
        groups, *(columns[name][order] for name in ("from_s", "until_s", "direct_until_s")), merged
    )
    first, last, together, direct = (pl.Series(column) for column in merged.T.copy())
    return pl.DataFrame({name: columns[name][firsts] for name in GROUP}).with_columns(
        evidence_rows=_evidence(groups, columns["case_row"][order], columns["other_row"][order]),
        from_s=first,
        until_s=last,
        minutes=together / 60,
        linger_minutes=(together - direct) / 60,
    )


def _order(keys: list[Int64s], starts: Int64s) -> npt.NDArray[np.intp]:
    """Return the order by `keys`, then by start; keys whose ranges fit together into 63 bits sort as one."""
    widths = [int(key.max() - key.min()).bit_length() if len(key) else 0 for key in keys]
    if sum(widths) > 63:
        return np.lexsort([starts, *reversed(keys)])
    packed = np.zeros(len(starts), dtype=np.int64)
    for key, width in zip(keys, widths, strict=True):
        packed = (packed << width) | (key - key.min() if len(key) else key)
    order = np.argsort(packed)
    order_by_start(order, packed, starts)
    return order


def _evidence(groups: Int64s, case_rows: Int64s, other_rows: Int64s) -> pl.Series:
    """Return the distinct row numbers of each group in order, as lists."""
    rows = np.empty(2 * len(groups), dtype=np.int64)
    ends = np.empty(int(groups[-1]) + 1 if len(groups) else 0, dtype=np.int64)
    merge_evidence(groups, case_rows, other_rows, rows, ends)
    n_kept = int(ends[-1]) if len(ends) else 0
    offsets = np.concatenate([[0], ends]).astype(np.int64)
    lists = pa.LargeListArray.from_arrays(pa.array(offsets), pa.array(rows[:n_kept]))
    return pl.Series("evidence_rows", lists)
