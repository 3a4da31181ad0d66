"""Line lists as people send them, made ready for the commands of analysis: cleaned, tagged, counted per day.

Owns which rows cannot be used and why. `interop.linelist` reads and cleans; `cli.rejects` gives the rows back.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tongzhou.cli.rejects import Reading, note, typed_column
from tongzhou.core.errors import InputError, list_offenders

if TYPE_CHECKING:
    import polars as pl

    from tongzhou.interop.linelist import CleanLinelist

MOSTLY = 0.5


def read_cases(path: Path, columns: Mapping[str, str], day_first: bool | None = None) -> Reading:
    """Return a cleaned line list with its tags as columns and the column ``row``; rows that cannot be are rejected.

    Raises
    ------
    InputError
        ``file.no_rows``; ``file.mostly_rejected`` — more rows rejected than left
    """
    from tongzhou.interop.linelist import read_linelist
    from tongzhou.interop.linelist_cells import DATE_TAGS, CleaningOptions
    from tongzhou.interop.tabular import open_table

    table = open_table(path)
    found = read_linelist(table, columns, CleaningOptions(day_first=day_first))
    n_rejected = found.rejected["row"].n_unique()
    if not found.frame.height and not n_rejected:
        raise InputError("file.no_rows", f"{path.name} has a header and no rows.", "Give a row per case.")
    _refuse_unread_dates(path, found, columns)
    refuse_mostly_rejected(path, found.rejected, found.frame.height)
    for finding in found.findings:
        note(finding.message)
    kept = {"id": "case_id"} | {
        tag: column for tag, column in found.mapping.items() if tag != "id" and tag not in DATE_TAGS
    }
    frame = found.frame.rename(kept, strict=False)
    frame = frame.select(typed_column(frame[c]) if c != "case_id" else frame[c] for c in frame.columns)
    return Reading(frame, table, found.rejected)


def tag_column(path: Path, tag: str) -> str | None:
    """Return the column of a line list that carries a tag, by its name; None when none does."""
    from tongzhou.interop.columns import map_columns
    from tongzhou.interop.linelist_cells import TAGS
    from tongzhou.interop.tabular import open_table

    return map_columns(open_table(path).columns, TAGS).pairs.get(tag)


def has_date_tag(columns: list[str]) -> bool:
    """Tell whether a column carries a date tag by its name."""
    from tongzhou.interop.columns import map_columns
    from tongzhou.interop.linelist_cells import DATE_TAGS, TAGS

    return any(tag in DATE_TAGS for tag in map_columns(columns, TAGS).pairs)


def require_dates(reading: Reading, tags: tuple[str, ...]) -> Reading:
    """Reject the cases that lack one of these dates."""
    import polars as pl

    from tongzhou.interop.reports import reject_where

    for tag in tags:
        lacking = pl.col(tag).is_null()
        report = reject_where(reading.frame, lacking, tag, "is missing or no date")
        reading = reading.without(lacking, report)
    if not reading.frame.height:
        raise InputError(
            "file.no_rows",
            f"{reading.source.name} has no case with {' and '.join(tags)}.",
            "Give at least one, or name another column.",
        )
    return reading


def count_cases(reading: Reading, by: str | None) -> Reading:
    """Return cases per day of onset, a column per group of `by`; cases without onset are rejected."""
    import polars as pl

    cases = reading.frame
    if "date_onset" not in cases.columns:
        have = [c for c in cases.columns if c.startswith("date_")]
        raise InputError(
            "file.column",
            f"The line list has no date_onset; it has {', '.join(have)}.",
            f"Say which date counts, --column date_onset={have[0] if have else 'COLUMN'}.",
        )
    if by is not None and by not in cases.columns:
        names = [c for c in cases.columns if c != "row"]
        raise InputError("file.column", f"There is no column {by!r}.", f"It has {', '.join(names)}.")
    reading = require_dates(reading, ("date_onset",))
    days = reading.frame
    if (n_lacking := cases.height - days.height) > 0:
        note(f"{n_lacking} of {cases.height} cases have no date_onset and are not counted.")
    span = days.select(pl.date_range(pl.col("date_onset").min(), pl.col("date_onset").max()).alias("date"))
    if by is None:
        counts = days.group_by(pl.col("date_onset").alias("date")).len("cases")
    else:
        series = pl.col(by).cast(pl.String).fill_null("unknown").alias("series")
        long = days.group_by(series, pl.col("date_onset").alias("date")).len("n")
        counts = long.pivot(on="series", index="date", values="n", sort_columns=True)
    return reading.with_frame(span.join(counts, on="date", how="left").fill_null(0).sort("date"))


def _refuse_unread_dates(path: Path, found: CleanLinelist, columns: Mapping[str, str]) -> None:
    """Refuse a line list when most of what a date column holds cannot be read: a wrong column or order of days."""
    import polars as pl

    lost = found.changes.filter(pl.col("after").is_null() & (pl.col("reason") != "stands for unknown"))
    for (tag,), cells in lost.filter(pl.col("column").str.starts_with("date_")).group_by(
        "column", maintain_order=True
    ):
        if cells.height <= found.frame[str(tag)].count():
            continue
        listed = list_offenders([f"{r['row']} ({r['before']})" for r in cells.iter_rows(named=True)])
        raise InputError(
            "file.mostly_rejected",
            f"{columns.get(str(tag), found.mapping[str(tag)])} of {path.name} is no date at rows {listed}: "
            f"{cells['reason'][0].split(';')[0]}.",
            "Write dates as 2020-01-31, or say --day-first or --month-first."
            if "day_first" in cells["reason"][0]
            else f"Write dates as 2020-01-31, or name the right column, --column {tag}=COLUMN.",
        )


def refuse_mostly_rejected(path: Path, rejected: pl.DataFrame, n_kept: int) -> None:
    """Refuse a file of which more rows are rejected than kept."""
    rows = rejected.unique("row", maintain_order=True)
    if rows.height <= n_kept:
        return
    listed = list_offenders(
        [f"{r['row']} ({r['column']} {r['reason']})".replace("( ", "(") for r in rows.iter_rows(named=True)]
    )
    raise InputError(
        "file.mostly_rejected",
        f"{rows.height} of {rows.height + n_kept} rows of {path.name} cannot be true: {listed}.",
        "Check that each column is what its name says; --column TAG=COLUMN names another.",
    )
