"""Rows of a file that were not used: they come back as a file with reasons, and the command leaves with 1.

Owns `Reading`, what a file became, and the writing of its rejected rows. Never decides which row is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import polars as pl

    from tongzhou.interop.tabular import TableSource

WHOLE = r"^\s*-?[0-9]+(\.0+)?\s*$"
NUMBER = r"^\s*-?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\s*$"


@dataclass(frozen=True)
class Reading:
    """What a file became.

    frame : the rows used, as the method wants them
    source : the file, to give rejected rows back as they came
    rejected : (row, column, value, reason) — rows not used, by line of the file
    """

    frame: pl.DataFrame
    source: TableSource
    rejected: pl.DataFrame

    @property
    def n_rejected(self) -> int:
        """Number of rows not used."""
        return int(self.rejected["row"].n_unique())

    def with_frame(self, frame: pl.DataFrame) -> Reading:
        """Return the same with another frame."""
        return replace(self, frame=frame)

    def without(self, is_bad: pl.Expr, report: pl.DataFrame) -> Reading:
        """Return the same without the rows where `is_bad` holds, and with their report."""
        from tongzhou.interop.reports import join_reports

        return replace(self, frame=self.frame.filter(~is_bad), rejected=join_reports([self.rejected, report]))


def note(text: str) -> None:
    """Say on standard error what was assumed or left out."""
    click.echo(f"note: {text}", err=True)


def give_back(reading: Reading, target: Path | None) -> Path | None:
    """Write the rejected rows with their reasons; return the file, or None when every row was used.

    target : where to, by default ``NAME.rejected.csv`` (or ``.xlsx``) in the current folder
    """
    import polars as pl

    from tongzhou.interop.columns import ROW
    from tongzhou.interop.tabular import FileFormat, tell_format, write_rejected

    if not reading.n_rejected:
        return None
    source = reading.source
    suffix = ".xlsx" if source.format is FileFormat.XLSX else ".csv"
    path = target or Path(f"{source.name.partition('.')[0]}.rejected{suffix}")
    wanted = reading.rejected["row"].unique().implode()
    rows = source.read_all().filter(pl.col(ROW).is_in(wanted))
    write_rejected(path, rows, reading.rejected, tell_format(b"", path.name))
    note(f"{reading.n_rejected} rows were not used; {path} has them with the reasons.")
    return path


def typed_column(column: pl.Series) -> pl.Series:
    """Return a column of text as whole numbers, numbers or dates when all of it is so."""
    import polars as pl

    from tongzhou.interop.text_values import parse_days

    known = column.drop_nulls()
    if not known.len() or column.dtype != pl.String:
        return column
    if known.str.contains(WHOLE).all():
        return _whole(column)
    if known.str.contains(NUMBER).all():
        return column.str.strip_chars().cast(pl.Float64)
    days = parse_days(column)
    return days.alias(column.name) if days.null_count() == column.null_count() else column


def _whole(column: pl.Series) -> Any:
    import polars as pl

    text = column.str.strip_chars().str.replace(r"\.0+$", "")
    whole = text.cast(pl.Int64, strict=False)
    return whole if whole.null_count() == column.null_count() else text.cast(pl.Float64)
