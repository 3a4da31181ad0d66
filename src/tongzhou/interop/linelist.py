"""Line lists: the field's tags, cleaning with a report of every change, epicurve and delays.

A cell that cannot be read becomes empty and is listed; a row that cannot be true is rejected and listed.
Nothing is guessed: a date whose day and month could be either stays empty until the caller says which.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import polars as pl
import polars.selectors as cs

from tongzhou.core.errors import InputError
from tongzhou.interop.columns import ColumnMapping, map_columns
from tongzhou.interop.linelist_cells import DATE_TAGS, TAGS, CleaningOptions, clean_column
from tongzhou.interop.reports import Finding, join_reports, reject_where
from tongzhou.interop.tabular import FileFormat, TableSource, open_table

_ORDER = (
    ("date_infection", "date_onset"),
    ("date_onset", "date_reporting"),
    ("date_onset", "date_death"),
    ("date_onset", "date_outcome"),
    ("date_admission", "date_discharge"),
    ("date_admission", "date_outcome"),
    ("date_admission", "date_death"),
)
CHANGE_SCHEMA = {
    "row": pl.Int64,
    "column": pl.String,
    "before": pl.String,
    "after": pl.String,
    "reason": pl.String,
}
FREQUENCIES = {"day": "1d", "week": "1w", "month": "1mo"}


@dataclass(frozen=True, slots=True)
class CleanLinelist:
    """A cleaned line list.

    frame : row, the tags found (dates as Date, age as Float64 years, sex male | female, outcome death | recovery |
        in_care), other columns untouched
    changes : (row, column, before, after, reason), one line for every cell that differs from the file
    rejected : (row, column, value, reason)
    """

    frame: pl.DataFrame
    changes: pl.DataFrame
    rejected: pl.DataFrame
    mapping: dict[str, str]
    findings: tuple[Finding, ...] = ()

    def epicurve(self, by: str = "date_onset", freq: str = "day", group: str | None = None) -> pl.DataFrame:
        """Return cases per day, week (from Monday) or month, empty periods included as 0.

        Parameters
        ----------
        by : date tag
        freq : day | week | month
        group : another column to count apart, for example ``location``

        Returns
        -------
        frame: date (Date), [group], count (Int64, persons)
        """
        self._require(by)
        if freq not in FREQUENCIES:
            raise InputError(
                "linelist.freq", f"{freq!r} is not a frequency.", f"Use {', '.join(FREQUENCIES)}."
            )
        keys = ["date", group] if group else ["date"]
        dated = self.frame.filter(pl.col(by).is_not_null())
        counted = dated.group_by(pl.col(by).dt.truncate(FREQUENCIES[freq]).alias("date"), *keys[1:]).agg(
            pl.len().cast(pl.Int64).alias("count")
        )
        if not counted.height:
            return counted.sort(keys)
        first, last = counted["date"].min(), counted["date"].max()
        grid = pl.select(pl.date_range(pl.lit(first), pl.lit(last), FREQUENCIES[freq]).alias("date"))
        if group:
            grid = grid.join(counted.select(group).unique(), how="cross")
        filled = grid.join(counted, on=keys, how="left", nulls_equal=True)
        return filled.with_columns(pl.col("count").fill_null(0)).sort(keys)

    def delay(self, first: str, second: str) -> pl.DataFrame:
        """Return both dates and the days between them, for every row that has both.

        Returns
        -------
        frame: primary, secondary (Date), days (Int64) — as `tongzhou.epi.delays.fit_delay` reads it
        """
        self._require(first)
        self._require(second)
        both = self.frame.select(primary=first, secondary=second).drop_nulls()
        return both.with_columns(days=(pl.col("secondary") - pl.col("primary")).dt.total_days())

    def _require(self, tag: str) -> None:
        if tag not in self.mapping or tag not in DATE_TAGS:
            found = [name for name in self.mapping if name in DATE_TAGS]
            raise InputError(
                "linelist.no_tag",
                f"The line list has no {tag}.",
                f"Dates found: {', '.join(found) or 'none'}.",
            )


def read_linelist(
    table: object, overrides: Mapping[str, str] | None = None, options: CleaningOptions | None = None
) -> CleanLinelist:
    """Read, tag and clean a line list.

    Parameters
    ----------
    table : a path, the bytes of a file, a Polars or pandas frame, or what `tabular.open_table` gives
    overrides : tag -> column, winning over the guess by name

    Raises
    ------
    InputError : ``linelist.no_dates`` — no column carries a date tag
    """
    options = options or CleaningOptions()
    table = _as_table(table)
    mapping = map_columns(table.columns, TAGS, overrides)
    if not any(tag in DATE_TAGS for tag in mapping.pairs):
        raise InputError(
            "linelist.no_dates",
            f"No column of {table.name} is a known date: {', '.join(table.columns[:10])}.",
            "Say which is which, for example date_onset=COLUMN.",
        )
    raw = table.read_all()
    frame = _tagged(raw, mapping)
    columns, changes = [], []
    for tag in mapping.pairs:
        cleaned, reasons = clean_column(tag, frame[tag], options)
        columns.append(cleaned.alias(tag))
        changes.append(_changes(frame, tag, cleaned, reasons))
    cleaned_frame = frame.with_columns(columns)
    rejected = join_reports([table.broken_rows(), *_rejections(cleaned_frame, mapping, options)])
    kept = cleaned_frame.join(rejected, on="row", how="anti", maintain_order="left")
    report = (
        pl.concat(changes).sort("row", maintain_order=True) if changes else pl.DataFrame(schema=CHANGE_SCHEMA)
    )
    findings = (*_findings(report), *_alike(kept, mapping))
    return CleanLinelist(kept, report, rejected, mapping.pairs, findings)


def _as_table(given: object) -> TableSource:
    """Return what to read; a frame is read as the rows of a file would be, so that it is cleaned alike."""
    if isinstance(given, TableSource):
        return given
    if isinstance(given, str | Path | bytes):
        return open_table(given)
    kind = type(given).__module__.partition(".")[0]
    if kind not in ("polars", "pandas"):
        raise InputError(
            "linelist.kind",
            f"A line list of type {type(given).__name__} cannot be read.",
            "Give a path, bytes, or a Polars or pandas frame.",
        )
    frame = cast(Any, given) if kind == "polars" else pl.from_pandas(cast(Any, given))
    written = io.BytesIO()
    frame.lazy().collect().with_columns(cs.datetime().cast(pl.Date)).cast(pl.String).write_parquet(written)
    return open_table(written.getvalue(), name="the frame", file_format=FileFormat.PARQUET)


def _tagged(raw: pl.DataFrame, mapping: ColumnMapping) -> pl.DataFrame:
    others = [c for c in mapping.unused if c not in mapping.pairs]
    return mapping.apply(raw).drop(mapping.absent).hstack(raw.select(others))


def _changes(frame: pl.DataFrame, tag: str, cleaned: pl.Series, reasons: Mapping[str, str]) -> pl.DataFrame:
    before = frame.select(
        "row",
        pl.lit(tag).alias("column"),
        pl.col(tag).alias("before"),
        cleaned.cast(pl.String).alias("after"),
    )
    reason = pl.col("before").replace_strict(dict(reasons), default=None, return_dtype=pl.String)
    if not reasons:
        return pl.DataFrame(schema=CHANGE_SCHEMA)
    return (
        before.with_columns(reason.alias("reason"))
        .filter(pl.col("reason").is_not_null())
        .select(*CHANGE_SCHEMA)
    )


def _rejections(frame: pl.DataFrame, mapping: ColumnMapping, options: CleaningOptions) -> list[pl.DataFrame]:
    found = set(mapping.pairs)
    dates = [tag for tag in DATE_TAGS if tag in found]
    reports = []
    if "id" in found and not options.keeps_repeats:
        repeats = pl.col("id").is_not_null() & ~pl.col("id").is_first_distinct()
        reports.append(reject_where(frame, repeats, "id", "repeats an earlier id"))
    for first, second in _ORDER:
        if first in found and second in found:
            reports.append(
                reject_where(frame, pl.col(second) < pl.col(first), second, f"earlier than {first}")
            )
    if options.latest:
        for tag in dates:
            reports.append(
                reject_where(frame, pl.col(tag) > options.latest, tag, f"later than {options.latest}")
            )
    return reports


def _alike(frame: pl.DataFrame, mapping: ColumnMapping) -> list[Finding]:
    """Without an id two people of one day look the same, so rows alike are kept, and said."""
    if "id" in mapping.pairs:
        return []
    n_alike = int((~frame.select(pl.struct(pl.exclude("row")).is_first_distinct()).to_series()).sum())
    if not n_alike:
        return []
    text = f"{n_alike} rows are the same as an earlier one; without a column of ids they count as different people."
    return [Finding("rows_alike", text, {"len": n_alike})]


def _findings(changes: pl.DataFrame) -> list[Finding]:
    lost = changes.filter(pl.col("after").is_null() & (pl.col("reason") != "stands for unknown"))
    counted = lost.group_by("column", "reason").len().sort("column", "reason")
    return [
        Finding(
            "cells_lost", f"{row['len']} cells of {row['column']} left empty: {row['reason']}.", dict(row)
        )
        for row in counted.iter_rows(named=True)
    ]
