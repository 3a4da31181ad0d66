"""Meetings into exposures: one row for each case, other person and place or trip, with all its evidence."""

from __future__ import annotations

import numpy as np
import polars as pl

from tongzhou.epi.contact.kernels import merge_meetings

GROUP = ("case_person", "other_person", "where")


def merge(meetings: pl.DataFrame) -> pl.DataFrame:
    """Merge meetings of the same case, other person and ``where``.

    Parameters
    ----------
    meetings : frame — ``case_person, other_person, where, from_s, until_s, direct_until_s, case_row,
        other_row``

    Returns
    -------
    frame — ``case_person, other_person, where, from_s, until_s, minutes, linger_minutes, evidence_rows``
    """
    ordered = meetings.sort([*GROUP, "from_s", "until_s", "case_row", "other_row"])
    numbered = ordered.with_columns(group=pl.struct(GROUP).rle_id().cast(pl.Int64))
    keys = numbered.group_by("group", maintain_order=True).agg(
        *(pl.col(name).first() for name in GROUP),
        evidence_rows=pl.concat_list("case_row", "other_row").explode().unique().sort(),
    )
    merged = np.empty((keys.height, 4), dtype=np.int64)
    columns = ("group", "from_s", "until_s", "direct_until_s")
    merge_meetings(*(numbered[name].to_numpy() for name in columns), merged)
    first, last, together, direct = (pl.Series(merged[:, i]) for i in range(4))
    return keys.select(*GROUP, "evidence_rows").with_columns(
        from_s=first, until_s=last, minutes=together / 60, linger_minutes=(together - direct) / 60
    )
