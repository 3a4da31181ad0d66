"""What a codec says about its input besides the records: rejected rows and findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import polars as pl

REJECTION_SCHEMA = {"row": pl.Int64, "column": pl.String, "value": pl.String, "reason": pl.String}
MAX_VALUE_CHARS = 200


@dataclass(frozen=True, slots=True)
class Rejection:
    """One refused row: where it stands, the column and value at fault, and why.

    row : int — number of the record in its file; the header is 1, as a spreadsheet counts
    """

    row: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something true of the input that a person should know, though the rows were kept.

    code : str — stable word, for example ``sums_disagree`` or ``downward_correction``
    """

    code: str
    message: str
    context: dict[str, object] = field(default_factory=dict)


def empty_rejections() -> pl.DataFrame:
    """Return a rejection report with no line."""
    return pl.DataFrame(schema=REJECTION_SCHEMA)


def rejections_frame(rejections: Iterable[Rejection]) -> pl.DataFrame:
    """Return rejections as a frame (row, column, value, reason), values cut to 200 characters."""
    rows = [(r.row, r.column, r.value[:MAX_VALUE_CHARS], r.reason) for r in rejections]
    return pl.DataFrame(rows, schema=REJECTION_SCHEMA, orient="row")


def reject_where(frame: pl.DataFrame, is_bad: pl.Expr, column: str, reason: str) -> pl.DataFrame:
    """Return one rejection for each row of `frame` (which has ``row``) where `is_bad` holds."""
    value = pl.col(column).cast(pl.String).str.slice(0, MAX_VALUE_CHARS) if column else pl.lit("")
    return frame.filter(is_bad).select(
        pl.col("row").cast(pl.Int64),
        pl.lit(column).alias("column"),
        value.fill_null("").alias("value"),
        pl.lit(reason).alias("reason"),
    )


def join_reports(reports: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Join rejection reports, in row order."""
    kept = [report for report in reports if report.height]
    return pl.concat(kept).sort("row", maintain_order=True) if kept else empty_rejections()
