"""What the commands of analysis share: delays as arguments, printing and plots.

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
    from tongzhou.epi.results import Language, Result

F = TypeVar("F", bound=Callable[..., Any])
BLOCKS = "▁▂▃▄▅▆▇█"
MAX_ROWS = 40
MAX_PANELS = 12
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


def parse_delay(text: str, *, is_serial_interval: bool = False) -> Delay:
    """Return a delay from `MEAN,SD` in days or the id of a published one (`find_delays()` lists them)."""
    from tongzhou.epi.delays import Delay
    from tongzhou.epi.parameters import get_delay

    parts = text.split(",")
    if len(parts) != 2:
        try:
            return get_delay(text)
        except InputError as error:
            hint = f"{error.hint} Or give MEAN,SD in days, as 6.3,4.2."
            raise InputError(error.code, error.message, hint) from error
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
    refuse_empty(frame)
    if plot is not None:
        save_plot(result, frame, plot, series, "zh" if language == "zh" else "en")
    source = result.provenance
    document = {
        "method": source.method,
        "reference": source.reference,
        "options": {name: str(value) for name, value in source.options.items()},
        "inputs_digest": source.inputs_digest,
        "rows": frame.to_dicts(),
    }
    print_result(document, as_json, lambda _: _as_text(result, frame, series))


def refuse_empty(frame: pl.DataFrame) -> None:
    """Name the series that could not be computed; refuse when none could."""
    if "problem" not in frame.columns:
        return
    bad = frame.filter(frame["problem"].is_not_null()).unique("series", maintain_order=True)
    if bad.height and bad.height == frame["series"].n_unique():
        raise InputError(
            "analysis.no_series",
            f"None of the {bad.height} series can be computed. {bad['problem'][0]}",
            "Correct the file, or choose its columns with --count.",
        )
    for text in bad["problem"]:
        click.echo(f"note: left out: {text}", err=True)


def save_plot(
    result: Result, frame: pl.DataFrame, path: Path, series: str | None, language: Language
) -> None:
    """Draw one series, or a panel for each of the first twelve."""
    from matplotlib.figure import Figure

    names: list[str | None] = [series]
    if series is None and "series" in frame.columns:
        good = frame.filter(frame["problem"].is_null()) if "problem" in frame.columns else frame
        names = good["series"].unique(maintain_order=True).to_list()[:MAX_PANELS]
        if frame["series"].n_unique() > len(names):
            click.echo(f"note: the plot shows {len(names)} series; --series chooses one.", err=True)
    n_columns = 1 if len(names) == 1 else 2 if len(names) <= 4 else 3
    n_rows = -(-len(names) // n_columns)
    size = (8, 4) if len(names) == 1 else (5 * n_columns, 2.8 * n_rows)
    figure = Figure(figsize=size, layout="constrained")
    for place, name in enumerate(names, start=1):
        axes = result.plot(name, ax=figure.add_subplot(n_rows, n_columns, place), language=language)
        if place > 1 and (legend := axes.get_legend()) is not None:
            legend.remove()
    figure.savefig(path, dpi=150)


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
