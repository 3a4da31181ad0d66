"""What the commands of analysis share: delays as arguments, printing and plots.

Owns no method; `tongzhou.epi` computes.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tongzhou.cli.main import EXIT_DONE, EXIT_REJECTED_ROWS
from tongzhou.cli.output import json_option, print_result
from tongzhou.cli.rejects import Reading, give_back, note
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
NEW_FILE = click.Path(dir_okay=False, path_type=Path)


@dataclass(frozen=True)
class Output:
    """How a result is shown.

    plot, rejected : files to write, optional
    series : the one to plot
    """

    as_json: bool
    plot: Path | None
    series: str | None
    language: Language
    rejected: Path | None


def output_options(function: F) -> F:
    """Add `--json`, `--plot`, `--series`, `--language`, `--rejected`; they arrive as the argument `output`."""

    @functools.wraps(function)
    def command(
        *args: Any,
        as_json: bool,
        plot: Path | None,
        series: str | None,
        language: Language,
        rejected: Path | None,
        **options: Any,
    ) -> Any:
        return function(*args, output=Output(as_json, plot, series, language, rejected), **options)

    for option in (
        json_option,
        click.option(
            "--rejected",
            type=NEW_FILE,
            help="Where rows that were not used go, with reasons; FILE.rejected.csv here when left out.",
        ),
        click.option(
            "--language", type=click.Choice(["en", "zh"]), default="en", help="Language of the plot."
        ),
        click.option("--series", default=None, help="Which series to plot; the first when left out."),
        click.option("--plot", type=NEW_FILE, help="Save the plot (PNG, SVG, PDF)."),
    ):
        command = option(command)
    return command  # type: ignore[return-value]


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


def show_result(result: Result, frame: pl.DataFrame, output: Output, *readings: Reading) -> int:
    """Print a result as a table with a small drawing, or as JSON with its provenance; save the plot when asked.

    Returns
    -------
    int — 0, or 1 when rows of a file or whole series were not used
    """
    import polars.selectors as cs

    left_out = find_left_out(result, frame)
    if output.plot is not None:
        save_plot(result, frame, output.plot, output.series, output.language)
    files = [give_back(reading, output.rejected if n == 0 else None) for n, reading in enumerate(readings)]
    source = result.provenance
    document = {
        "method": source.method,
        "reference": source.reference,
        "options": {name: str(value) for name, value in source.options.items()},
        "inputs_digest": source.inputs_digest,
        "n_rejected": sum(reading.n_rejected for reading in readings),
        "rejected_files": [str(file) for file in files if file is not None],
        "series_left_out": left_out,
        "rows": frame.with_columns(cs.float().replace({math.inf: None, -math.inf: None})).to_dicts(),
    }
    print_result(document, output.as_json, lambda _: _as_text(result, frame, output.series))
    return EXIT_REJECTED_ROWS if document["n_rejected"] or left_out else EXIT_DONE


def find_left_out(result: Result, frame: pl.DataFrame) -> dict[str, str]:
    """Name the series that could not be computed, with why; refuse when none could."""
    if "problem" not in frame.columns:
        problems: dict[str, str] = dict(getattr(result, "problems", {}))
        for text in problems.values():
            note(f"left out: {text}")
        return problems
    bad = frame.filter(frame["problem"].is_not_null()).unique("series", maintain_order=True)
    if bad.height and bad.height == frame["series"].n_unique():
        raise InputError(
            "analysis.no_series",
            f"None of the {bad.height} series can be computed. {bad['problem'][0]}",
            "Correct the file, or choose its columns with --count.",
        )
    for text in bad["problem"]:
        note(f"left out: {text}")
    return dict(bad.select("series", "problem").iter_rows())


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
            note(f"the plot shows {len(names)} series; --series chooses one.")
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
