"""What the commands of analysis share: reading a file of counts or cases, delays as arguments, and printing.

Owns no method; `tongzhou.epi` computes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tongzhou.cli.output import print_result
from tongzhou.core.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from tongzhou.epi.delays import Delay
    from tongzhou.epi.results import Result

F = TypeVar("F", bound=Callable[..., Any])
BLOCKS = "▁▂▃▄▅▆▇█"
MAX_ROWS = 40
ONSET = "date_onset"
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def analysis_options(function: F) -> F:
    """Add `--plot`, `--series`, `--language`."""
    for option in (
        click.option(
            "--language", type=click.Choice(["en", "zh"]), default="en", help="Language of the plot."
        ),
        click.option("--series", default=None, help="Which series to plot; the first when left out."),
        click.option(
            "--plot", type=click.Path(dir_okay=False, path_type=Path), help="Save the plot (PNG, SVG, PDF)."
        ),
    ):
        function = option(function)
    return function


def read_table(path: Path) -> pl.DataFrame:
    """Read CSV, TSV, Parquet or Excel by its ending, dates recognised.

    Raises
    ------
    InputError
        ``file.kind`` — another ending; ``file.unreadable``
    """
    import polars as pl

    ending = path.name.lower().removesuffix(".gz").rpartition(".")[2]
    readers: dict[str, Callable[[], pl.DataFrame]] = {
        "csv": lambda: pl.read_csv(path, try_parse_dates=True, infer_schema_length=None),
        "tsv": lambda: pl.read_csv(path, separator="\t", try_parse_dates=True, infer_schema_length=None),
        "parquet": lambda: pl.read_parquet(path),
        "xlsx": lambda: pl.read_excel(path),
    }
    if ending not in readers:
        raise InputError("file.kind", f"{path.name} is not CSV, TSV, Parquet or XLSX.", "Save it as CSV.")
    try:
        return readers[ending]()
    except (pl.exceptions.PolarsError, OSError) as error:
        first = str(error).splitlines()[0]
        raise InputError(
            "file.unreadable", f"{path.name} cannot be read: {first}", "Check the file."
        ) from error


def read_counts(path: Path, by: str | None) -> pl.DataFrame:
    """Return counts per day from a file: a table of counts as it is, or cases counted by `date_onset`.

    by : str, optional — column of a line list that splits it into series
    """
    import polars as pl

    table = read_table(path)
    if ONSET not in table.columns or any(
        table[c].dtype.is_numeric() for c in table.columns if c in ("n", "count")
    ):
        return table
    days = table.filter(pl.col(ONSET).is_not_null()).with_columns(pl.col(ONSET).cast(pl.Date))
    span = days.select(pl.date_range(pl.col(ONSET).min(), pl.col(ONSET).max(), "1d").alias("date"))
    if by is None:
        counts = days.group_by(pl.col(ONSET).alias("date")).len("cases")
        return span.join(counts, on="date", how="left").fill_null(0).sort("date")
    if by not in table.columns:
        raise InputError(
            "file.column", f"{path.name} has no column {by!r}.", f"It has {', '.join(table.columns)}."
        )
    counts = days.group_by(pl.col(by).cast(pl.String), pl.col(ONSET).alias("date")).len("n")
    wide = counts.pivot(on=by, index="date", values="n", sort_columns=True)
    return span.join(wide, on="date", how="left").fill_null(0).sort("date")


def parse_delay(text: str, *, is_serial_interval: bool = False) -> Delay:
    """Return a delay from `MEAN,SD` in days or the id of a published one (`find_delays()` lists them)."""
    from tongzhou.epi.delays import Delay
    from tongzhou.epi.parameters import get_delay

    parts = text.split(",")
    if len(parts) != 2:
        return get_delay(text)
    try:
        mean, sd = (float(part) for part in parts)
    except ValueError as error:
        raise InputError(
            "delay.text", f"{text!r} is not MEAN,SD.", "Write 6.3,4.2 or a published id."
        ) from error
    if is_serial_interval:
        return Delay.serial_interval(mean, sd)
    return Delay.from_moments("gamma", mean=mean, sd=sd)


def show_result(
    result: Result,
    frame: pl.DataFrame,
    *,
    as_json: bool,
    plot: Path | None,
    series: str | None,
    language: str,
) -> None:
    """Print a result as a table with a small drawing, or as JSON with its provenance; save the plot when asked."""
    if plot is not None:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(8, 4), layout="constrained")
        result.plot(series, ax=figure.add_subplot(), language="zh" if language == "zh" else "en")
        figure.savefig(plot, dpi=150)
    source = result.provenance
    document = {
        "method": source.method,
        "reference": source.reference,
        "options": {name: str(value) for name, value in source.options.items()},
        "inputs_digest": source.inputs_digest,
        "rows": frame.to_dicts(),
    }
    print_result(document, as_json, lambda _: _as_text(result, frame, series))


def _as_text(result: Result, frame: pl.DataFrame, series: str | None) -> str:
    import polars as pl

    chart = result.chart(series)
    lines = [f"{result.provenance.method}  ({result.provenance.reference})"]
    lines += [f"{trace.label:>16} {sparkline(trace.y.tolist())}" for trace in chart.traces]
    with pl.Config(tbl_rows=MAX_ROWS, tbl_cols=20, tbl_width_chars=160, tbl_hide_column_data_types=True):
        lines.append(str(frame if frame.height <= MAX_ROWS else frame.tail(MAX_ROWS)))
    if frame.height > MAX_ROWS:
        lines.append(f"The last {MAX_ROWS} of {frame.height} rows; --json prints all.")
    return "\n".join(lines)


def sparkline(values: list[float], width: int = 72) -> str:
    """Draw numbers as one line of blocks, the last `width` of them; a missing one is a blank.

    >>> sparkline([0, 1, 2, 3])
    '▁▃▆█'
    """
    shown = [value if value is not None and value == value else None for value in values[-width:]]  # noqa: PLR0124
    known = [value for value in shown if value is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    scale = (len(BLOCKS) - 1) / (high - low) if high > low else 0.0
    return "".join(" " if v is None else BLOCKS[round((v - low) * scale)] for v in shown)
