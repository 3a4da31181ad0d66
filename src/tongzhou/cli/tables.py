"""Files as people send them, made ready for the commands of analysis: tables of counts and line lists.

Owns telling one from the other, dates in several forms, rows that belong to series, and the notes on standard error
about everything that was left out. `interop` reads and cleans; `epi` judges the counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tongzhou.core.errors import InputError, list_offenders

if TYPE_CHECKING:
    import polars as pl

F = TypeVar("F", bound=Callable[..., Any])
DATE_NAMES = ("date", "dates", "day", "week", "month", "日期", "时间", "日", "周", "月")
POSITION_NAMES = ("t", "epoch")
ORDINALS = ("week", "day", "周", "日")
WHOLE = r"^\s*-?[0-9]+(\.0+)?\s*$"
NUMBER = r"^\s*-?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\s*$"
MOSTLY = 0.5


@dataclass(frozen=True)
class Layout:
    """How a file is laid out, where it does not say so itself.

    by : str, optional — column whose values are the series
    counts : tuple of str — columns of counts; all numeric ones when empty
    columns : tag of a line list -> column
    fills_gaps, is_cumulative : bool — days left out had no case; counts add up day by day
    """

    by: str | None = None
    counts: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    fills_gaps: bool = False
    is_cumulative: bool = False


def layout_options(function: F) -> F:
    """Add the options that say how a file is laid out; they arrive as the argument `layout`."""
    import functools

    @functools.wraps(function)
    def command(
        *args: Any,
        by: str | None,
        count: str | None,
        columns: tuple[str, ...],
        fill_gaps: bool,
        cumulative: bool,
        **options: Any,
    ) -> Any:
        names = tuple(count.split(",")) if count else ()
        layout = Layout(by, names, parse_columns(columns), fill_gaps, cumulative)
        return function(*args, layout=layout, **options)

    for option in (
        column_option,
        click.option("--cumulative", is_flag=True, help="Counts add up day by day; take differences."),
        click.option("--fill-gaps", is_flag=True, help="Days left out of FILE had no case."),
        click.option("--count", default=None, help="Columns of counts, COLUMN or COLUMN,COLUMN."),
        click.option("--by", default=None, help="Column whose values are the series, as district."),
    ):
        command = option(command)
    return command  # type: ignore[return-value]


column_option = click.option(
    "--column", "columns", multiple=True, help="TAG=COLUMN of a line list, as date_onset=fell_ill; repeat."
)


def parse_columns(texts: tuple[str, ...]) -> dict[str, str]:
    """Return TAG=COLUMN as a mapping.

    >>> parse_columns(("date_onset=fell ill",))
    {'date_onset': 'fell ill'}
    """
    wrong = [text for text in texts if "=" not in text]
    if wrong:
        raise InputError(
            "file.column", f"{wrong[0]!r} is not TAG=COLUMN.", "Write for example date_onset=fell_ill."
        )
    pairs = (text.partition("=") for text in texts)
    return {tag: column for tag, _, column in pairs}


def note(text: str) -> None:
    """Say on standard error what was assumed or left out."""
    click.echo(f"note: {text}", err=True)


def read_table(path: Path) -> pl.DataFrame:
    """Read CSV, TSV, Excel, NDJSON or Parquet, plain or .gz, UTF-8 or GB18030; numbers and dates recognised."""
    frame = _read_text(path)
    return frame.select(_typed(frame[c]) for c in frame.columns)


def read_counts(path: Path, layout: Layout) -> pl.DataFrame:
    """Return a frame of counts, `date` first: a table of counts, or a line list counted by `date_onset`.

    Raises
    ------
    InputError
        ``file.column``, ``file.date``, ``file.number`` with rows; ``file.series`` — rows of several series, and
        nothing says which
    """
    raw = _read_text(path)
    date = next((c for c in raw.columns if c.strip().lower() in DATE_NAMES), None)
    if date is None and (_has_date_tag(raw.columns) or layout.columns):
        return _count_cases(read_cases(path, layout.columns), layout)
    _require(path, raw, [*layout.counts, *([layout.by] if layout.by else [])])
    days = _read_dates(raw, date)
    if days is not None and layout.by is None and days.is_duplicated().any():
        others = [c for c in raw.columns if c != date]
        raise InputError(
            "file.series",
            f"{path.name} has several rows of {days.filter(days.is_duplicated())[0]}.",
            f"Say which column names the series, --by, and which has the counts, --count: {list_offenders(others)}.",
        )
    values = _read_values(raw, date, layout)
    table = values if days is None else values.insert_column(0, days)
    if layout.by is not None:
        table = _spread(table.with_columns(raw[layout.by]), layout.by)
    return _finish(table, layout)


def read_cases(path: Path, columns: Mapping[str, str]) -> pl.DataFrame:
    """Return a cleaned line list with its tags as columns, other columns as they are; notes say what was left out."""
    from tongzhou.interop.linelist import read_linelist
    from tongzhou.interop.linelist_cells import DATE_TAGS
    from tongzhou.interop.tabular import open_table

    found = read_linelist(open_table(path), columns)
    for finding in found.findings:
        note(finding.message)
    if found.rejected.height:
        rows = found.rejected.unique("row", maintain_order=True)
        listed = list_offenders(
            [f"{r['row']} ({r['column']} {r['reason']})" for r in rows.iter_rows(named=True)]
        )
        note(f"rows left out, by line of the file: {listed}.")
    kept = {"id": "case_id"} | {
        tag: column for tag, column in found.mapping.items() if tag != "id" and tag not in DATE_TAGS
    }
    frame = found.frame.drop("row").rename(kept, strict=False)
    return frame.select(_typed(frame[c]) if c != "case_id" else frame[c] for c in frame.columns)


def tag_column(path: Path, tag: str) -> str | None:
    """Return the column of a line list that carries a tag, by its name; None when none does."""
    from tongzhou.interop.columns import map_columns
    from tongzhou.interop.linelist_cells import TAGS
    from tongzhou.interop.tabular import open_table

    return map_columns(open_table(path).columns, TAGS).pairs.get(tag)


def _read_text(path: Path) -> pl.DataFrame:
    from tongzhou.interop.columns import ROW
    from tongzhou.interop.tabular import open_table

    table = open_table(path)
    frame = table.read_all().drop(ROW)
    broken = table.broken_rows()
    if broken.height:
        note(
            f"{broken.height} rows could not be cut into columns: {list_offenders(broken['row'].to_list())}."
        )
    return frame


def _has_date_tag(columns: list[str]) -> bool:
    from tongzhou.interop.columns import map_columns
    from tongzhou.interop.linelist_cells import DATE_TAGS, TAGS

    return any(tag in DATE_TAGS for tag in map_columns(columns, TAGS).pairs)


def _typed(column: pl.Series) -> pl.Series:
    import polars as pl

    from tongzhou.interop.text_values import parse_days

    known = column.drop_nulls()
    if not known.len() or column.dtype != pl.String:
        return column
    if known.str.contains(WHOLE).all():
        return column.str.strip_chars().str.replace(r"\.0+$", "").cast(pl.Int64)
    if known.str.contains(NUMBER).all():
        return column.str.strip_chars().cast(pl.Float64)
    days = parse_days(column)
    return days.alias(column.name) if days.null_count() == column.null_count() else column


def _read_dates(raw: pl.DataFrame, name: str | None) -> pl.Series | None:
    """Return the dates, or None where the file has none and its rows are in order."""
    import polars as pl

    from tongzhou.interop.linelist_cells import CleaningOptions, clean_column

    if name is None:
        name = next((c for c in raw.columns if _typed(raw[c]).dtype == pl.Date), None)
    if name is None:
        return None
    if name.strip().lower() in ORDINALS and raw[name].str.contains(r"^[0-9]{1,6}$").all():
        note(f"{name} holds numbers, not dates; rows are taken in their order.")
        return None
    days, reasons = clean_column("date_onset", raw[name], CleaningOptions())
    if days.null_count():
        rows = days.is_null().arg_true().to_list()
        listed = list_offenders([f"{row + 1} ({raw[name][row] or 'empty'})" for row in rows])
        why = next((reasons[text] for row in rows if (text := raw[name][row]) in reasons), "")
        raise InputError(
            "file.date",
            f"{name} is no date at rows {listed}{': ' + why if why else ''}.",
            "Write dates as 2020-01-31.",
            {"rows": [row + 1 for row in rows]},
        )
    return days.alias("date")


def _read_values(raw: pl.DataFrame, date: str | None, layout: Layout) -> pl.DataFrame:
    import polars as pl

    wanted = layout.counts or [
        c for c in raw.columns if c not in (date, layout.by) and c.lower() not in POSITION_NAMES
    ]
    if layout.by is not None and len(wanted) > 1:
        raise InputError(
            "file.series",
            f"With --by one column has the counts; there are {list_offenders(wanted)}.",
            f"Say which, --count {wanted[-1]}.",
        )
    values, texts = [], []
    for name in wanted:
        known = raw[name].drop_nulls()
        is_number = known.str.contains(NUMBER)
        if not layout.counts and known.len() and is_number.mean() <= MOSTLY:  # type: ignore[operator]
            texts.append(name)
            continue
        wrong = (~raw[name].str.contains(NUMBER)).fill_null(False).arg_true().to_list()
        if wrong:
            listed = list_offenders([f"{row + 1} ({raw[name][row]})" for row in wrong])
            raise InputError("file.number", f"{name} is no number at rows {listed}.", "Correct these cells.")
        values.append(raw[name].str.strip_chars().cast(pl.Float64))
    if not values:
        raise InputError(
            "file.column",
            "The file has no column of counts.",
            f"It has {', '.join(raw.columns)}; give --count.",
        )
    if texts and layout.by is None and not layout.counts:
        note(f"columns that hold no counts are left out: {list_offenders(texts)}.")
    return pl.DataFrame(values)


def _spread(table: pl.DataFrame, by: str) -> pl.DataFrame:
    """Return a column per series of a long table; a day that a series lacks is null."""
    import polars as pl

    if "date" not in table.columns:
        raise InputError("file.date", "Rows of several series need a column of dates.", "Name it date.")
    repeated = table.filter(table.select("date", by).is_duplicated())
    if repeated.height:
        pairs = [f"{s} {d}" for s, d in repeated.select(by, "date").unique(maintain_order=True).iter_rows()]
        raise InputError(
            "file.series", f"A day stands twice for {list_offenders(pairs)}.", "Add up its rows, or keep one."
        )
    wide = table.with_columns(pl.col(by).fill_null("")).pivot(on=by, index="date")
    return wide.sort("date")


def _count_cases(cases: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    import polars as pl

    if "date_onset" not in cases.columns:
        have = [c for c in cases.columns if c.startswith("date_")]
        raise InputError(
            "file.column",
            f"The line list has no date_onset; it has {', '.join(have)}.",
            f"Say which date counts, --column date_onset={have[0] if have else 'COLUMN'}.",
        )
    if layout.by is not None and layout.by not in cases.columns:
        raise InputError(
            "file.column", f"There is no column {layout.by!r}.", f"It has {', '.join(cases.columns)}."
        )
    days = cases.filter(pl.col("date_onset").is_not_null())
    if days.height < cases.height:
        note(f"{cases.height - days.height} of {cases.height} cases have no date_onset and are not counted.")
    span = days.select(pl.date_range(pl.col("date_onset").min(), pl.col("date_onset").max()).alias("date"))
    if layout.by is None:
        counts = days.group_by(pl.col("date_onset").alias("date")).len("cases")
    else:
        series = pl.col(layout.by).cast(pl.String).fill_null("unknown").alias("series")
        long = days.group_by(series, pl.col("date_onset").alias("date")).len("n")
        counts = long.pivot(on="series", index="date", values="n", sort_columns=True)
    return span.join(counts, on="date", how="left").fill_null(0).sort("date")


def _finish(table: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Fill days left out, and turn sums into counts, where asked; else say how where dates have a gap."""
    import polars as pl

    from tongzhou.epi.series import as_days

    names = [c for c in table.columns if c != "date"]
    if layout.fills_gaps and "date" in table.columns:
        span = table.select(pl.date_range(pl.col("date").min(), pl.col("date").max()).alias("date"))
        table = span.join(table, on="date", how="left", maintain_order="left")
        table = table.with_columns(
            pl.col(c).forward_fill().fill_null(0) if layout.is_cumulative else pl.col(c).fill_null(0)
            for c in names
        )
    if layout.is_cumulative:
        table = table.with_columns(pl.col(c).diff().fill_null(pl.col(c)) for c in names)
    if "date" in table.columns:
        try:
            as_days(table["date"], table.height, "the counts")
        except InputError as error:
            if error.code != "series.gap":
                raise
            raise InputError(
                error.code, error.message, f"{error.hint} Or give --fill-gaps.", error.context
            ) from error
    return table


def _require(path: Path, table: pl.DataFrame, names: list[str]) -> None:
    absent = [name for name in names if name not in table.columns]
    if absent:
        raise InputError(
            "file.column",
            f"{path.name} has no column {list_offenders(absent)}.",
            f"It has {', '.join(table.columns)}.",
        )
