"""Tables of counts as people send them, made ready for the commands of analysis.

Owns telling a table of counts from a line list, dates in several forms, and rows that belong to series. `cli.cases`
reads line lists; `interop` reads files; `epi` judges the counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tongzhou.cli.cases import MOSTLY, count_cases, has_date_tag, read_cases
from tongzhou.cli.rejects import NUMBER, Reading, note, typed_column
from tongzhou.core.errors import InputError, list_offenders

if TYPE_CHECKING:
    import polars as pl

F = TypeVar("F", bound=Callable[..., Any])
DATE_NAMES = ("date", "dates", "day", "week", "month", "日期", "时间", "日", "周", "月")
POSITION_NAMES = ("t", "epoch")
ORDINALS = ("week", "day", "周", "日")


@dataclass(frozen=True)
class Layout:
    """How a file is laid out, where it does not say so itself.

    by : str, optional — column whose values are the series
    counts : tuple of str — columns of counts; all numeric ones when empty
    columns : tag of a line list -> column
    fills_gaps, is_cumulative : bool — days left out had no case; counts add up day by day
    day_first : bool, optional — whether 01/02/2020 is 1 February, where a line list does not tell
    """

    by: str | None = None
    counts: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    fills_gaps: bool = False
    is_cumulative: bool = False
    day_first: bool | None = None


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
        day_first: bool | None,
        **options: Any,
    ) -> Any:
        names = tuple(count.split(",")) if count else ()
        layout = Layout(by, names, parse_columns(columns), fill_gaps, cumulative, day_first)
        return function(*args, layout=layout, **options)

    for option in (
        linelist_options,
        click.option("--cumulative", is_flag=True, help="Counts add up day by day; take differences."),
        click.option("--fill-gaps", is_flag=True, help="Days left out of FILE had no case."),
        click.option("--count", default=None, help="Columns of counts, COLUMN or COLUMN,COLUMN."),
        click.option("--by", default=None, help="Column whose values are the series, as district."),
    ):
        command = option(command)
    return command  # type: ignore[return-value]


def linelist_options(function: F) -> F:
    """Add the options that say how a line list is written: `columns` and `day_first`."""
    function = click.option(
        "--column",
        "columns",
        multiple=True,
        help="TAG=COLUMN of a line list, as date_onset=fell_ill; repeat.",
    )(function)
    return click.option(
        "--day-first/--month-first",
        "day_first",
        default=None,
        help="Whether 01/02/2020 is 1 February; needed only where the column does not tell.",
    )(function)


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


def read_table(path: Path) -> Reading:
    """Read CSV, TSV, Excel, NDJSON or Parquet, plain or .gz, UTF-8 or GB18030; numbers and dates recognised."""
    found = _read_text(path)
    return found.with_frame(found.frame.select(typed_column(found.frame[c]) for c in found.frame.columns))


def read_counts(path: Path, layout: Layout) -> Reading:
    """Return a frame of counts, `date` first: a table of counts, or a line list counted by `date_onset`.

    Raises
    ------
    InputError
        ``file.column``, ``file.date``, ``file.number`` with rows; ``file.series`` — rows of several series, and
        nothing says which; ``file.no_rows``, ``file.no_header``
    """
    import polars as pl

    reading = _read_text(path)
    raw = reading.frame
    date = next((c for c in raw.columns if c.strip().lower() in DATE_NAMES), None)
    if date is None and (has_date_tag(raw.columns) or layout.columns):
        counted = count_cases(read_cases(path, layout.columns, layout.day_first), layout.by)
        return counted.with_frame(_finish(counted.frame, layout))
    _require(path, raw, [*layout.counts, *([layout.by] if layout.by else [])])
    date = date or next((c for c in raw.columns if typed_column(raw[c]).dtype == pl.Date), None)
    days = _read_dates(raw, date, layout.day_first)
    if days is not None and layout.by is None:
        _refuse_repeated(path, raw, days, date)
    values = _read_values(raw, date, layout)
    table = values if days is None else values.insert_column(0, days)
    if layout.by is not None:
        table = _spread(table.with_columns(raw[layout.by]), layout.by)
    return reading.with_frame(_finish(table, layout))


def _refuse_repeated(path: Path, raw: pl.DataFrame, days: pl.Series, date: str | None) -> None:
    if not days.is_duplicated().any():
        return
    day = days.filter(days.is_duplicated())[0]
    rows = list_offenders([row + 1 for row in (days == day).arg_true()])
    others = [c for c in raw.columns if c != date]
    raise InputError(
        "file.series",
        f"{path.name} has several rows of {day}: rows {rows}.",
        "Remove the repeated row; or, with rows of several series, say which column names the series, --by, "
        f"and which has the counts, --count: {list_offenders(others)}.",
    )


def _read_text(path: Path) -> Reading:
    from tongzhou.interop.columns import ROW
    from tongzhou.interop.tabular import open_table

    table = open_table(path)
    frame = table.read_all().drop(ROW)
    broken = table.broken_rows()
    if not frame.height:
        raise InputError(
            "file.no_rows",
            f"{path.name} has a header and no rows ({', '.join(table.columns[:10])}).",
            "Send the file with its rows.",
        )
    if all(_looks_like_value(name) for name in table.columns):
        raise InputError(
            "file.no_header",
            f"{path.name} has no header: its first row is {', '.join(table.columns[:10])}.",
            "Put the names of the columns in the first row, as date,cases.",
        )
    if broken.height:
        note(
            f"{broken.height} rows could not be cut into columns: {list_offenders(broken['row'].to_list())}."
        )
    return Reading(frame, table, broken)


def _looks_like_value(name: str) -> bool:
    import polars as pl

    found = typed_column(pl.Series([name]))
    return found.dtype.is_numeric() or found.dtype == pl.Date


def _read_dates(raw: pl.DataFrame, name: str | None, day_first: bool | None) -> pl.Series | None:
    """Return the dates, or None where the file has none and its rows are in order."""
    from tongzhou.interop.linelist_cells import CleaningOptions, clean_column

    if name is None:
        note("no column of dates; rows are taken in their order, a time step each.")
        return None
    if name.strip().lower() in ORDINALS and raw[name].str.contains(r"^[0-9]{1,6}$").all():
        note(f"{name} holds numbers, not dates; rows are taken in their order.")
        return None
    days, reasons = clean_column("date_onset", raw[name], CleaningOptions(day_first=day_first))
    if days.null_count():
        rows = days.is_null().arg_true().to_list()
        listed = list_offenders([f"{row + 1} ({raw[name][row] or 'empty'})" for row in rows])
        why = next((reasons[text] for row in rows if (text := raw[name][row]) in reasons), "")
        raise InputError(
            "file.date",
            f"{name} is no date at rows {listed}{': ' + why.split(';')[0] if why else ''}.",
            "Write dates as 2020-01-31"
            + (", or say --day-first or --month-first." if "day_first" in why else "."),
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
    values, texts = [], {}
    for name in wanted:
        known = raw[name].drop_nulls()
        wrong = (~raw[name].str.contains(NUMBER)).fill_null(False).arg_true().to_list()
        if not wrong:
            values.append(raw[name].str.strip_chars().cast(pl.Float64))
            continue
        fault = _no_number(raw[name], wrong)
        if layout.counts or len(wrong) < (1 - MOSTLY) * known.len():
            raise fault
        texts[name] = fault
    if not values:
        said = " ".join(fault.message for fault in texts.values())
        hint = (
            "Write counts as plain numbers, as 1200, without separators or words; --count names their column."
        )
        raise InputError("file.column", f"The file has no column of counts. {said}".strip(), hint)
    if texts and layout.by is None and not layout.counts:
        note(f"columns that hold no counts are left out: {list_offenders(list(texts))}.")
    return pl.DataFrame(values)


def _no_number(column: pl.Series, wrong: list[int]) -> InputError:
    listed = list_offenders([f"{row + 1} ({column[row]})" for row in wrong])
    return InputError(
        "file.number",
        f"{column.name} is no number at rows {listed}.",
        "Correct these cells; write 0 where nothing was reported.",
    )


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


def _finish(table: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Fill days left out, and turn sums into counts, where asked; else say how where dates have a gap."""
    import polars as pl

    from tongzhou.epi.series import as_days

    names = [c for c in table.columns if c != "date"]
    if layout.fills_gaps and "date" in table.columns:
        table = _calendar(table).join(table, on="date", how="left", maintain_order="left")
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


def _calendar(table: pl.DataFrame) -> pl.DataFrame:
    """Return all days, weeks or months from the first date to the last, by the smallest step between them."""
    import polars as pl

    days = table["date"].unique().sort()
    least = int(days.diff().dt.total_days().min() or 1)  # type: ignore[arg-type]
    step = "1mo" if least >= 28 and days.dt.day().n_unique() == 1 else f"{least}d"
    span = table.select(pl.date_range(pl.col("date").min(), pl.col("date").max(), step).alias("date"))
    off = table.join(span, on="date", how="anti")["date"]
    if off.len():
        raise InputError(
            "file.date",
            f"With steps of {least} days from {days[0]} the file would have no {list_offenders(off.to_list())}.",
            "Give dates that are evenly spaced, or a row for every day.",
        )
    return span


def _require(path: Path, table: pl.DataFrame, names: list[str]) -> None:
    absent = [name for name in names if name not in table.columns]
    if absent:
        raise InputError(
            "file.column",
            f"{path.name} has no column {list_offenders(absent)}.",
            f"It has {', '.join(table.columns)}.",
        )
