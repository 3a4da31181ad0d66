"""Look for more cases than usual in a file of counts or a line list."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tongzhou.cli.analysis import FILE, Output, output_options, show_result
from tongzhou.cli.parameters import COUNT
from tongzhou.cli.tables import Layout, layout_options, read_counts
from tongzhou.core.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from tongzhou.epi.detect import Detection

STEPS_A_YEAR = {1: 365, 7: 52}


@click.command("detect")
@click.argument("file", type=FILE, required=False)
@click.option("--method", default="ears-c2", show_default=True, help="A detector; --list shows them.")
@click.option("--freq", type=COUNT, default=None, help="Time steps a year; from the dates when left out.")
@click.option("--option", "-o", "options", multiple=True, help="NAME=VALUE of the detector; repeat for more.")
@click.option("--alarms", "only_alarms", is_flag=True, help="Print only the rows with an alarm.")
@click.option("--list", "wants_list", is_flag=True, help="List the detectors and leave; FILE is not read.")
@layout_options
@output_options
def command(
    file: Path | None,
    method: str,
    freq: int | None,
    options: tuple[str, ...],
    only_alarms: bool,
    wants_list: bool,
    layout: Layout,
    output: Output,
) -> int | None:
    """Look for unusual rises in FILE: counts per day, week or month, or a line list with date_onset."""
    from tongzhou.epi.detect import DETECTORS, find_detector

    if wants_list:
        click.echo("\n".join(_describe(name) for name in DETECTORS))
        return None
    if file is None:
        raise click.UsageError("Missing argument 'FILE'.")
    detector = find_detector(method)
    reading = read_counts(file, layout)
    found = _run(detector.name, reading.frame, freq, parse_options(options))
    frame = found.to_frame(details=output.as_json)
    if frame["alarm"].null_count() == frame.height:
        raise InputError(
            "detect.no_history",
            f"{method} has no answer for any of the {found.matrix.n_times} time steps: {_reason(found)}",
            f"It needs about {max(detector.needs_years, 0.3):g} year(s) of history; try --method ears-c2.",
        )
    if only_alarms:
        frame = frame.filter(frame["alarm"])
    return show_result(found, frame, output, reading)


def _run(name: str, counts: pl.DataFrame, freq: int | None, options: dict[str, object]) -> Detection:
    from tongzhou.epi.detect import find_detector
    from tongzhou.epi.series import SeriesRules, as_series_matrix

    detector = find_detector(name)
    matrix = as_series_matrix(counts, name="counts", rules=SeriesRules(min_length=2, allow_all_zero=True))
    if not name.startswith(("ears", "outbreak")):
        options.setdefault("freq", freq or guess_freq(matrix.dates))
    try:
        return detector(matrix, **options)
    except TypeError as error:
        wrong = str(error).split("argument ")[-1]
        raise InputError(
            "detect.option",
            f"{name} has no option {wrong}.",
            f"See help(tongzhou.epi.detect.{detector.function.__name__}).",
        ) from error


def guess_freq(dates: object) -> int:
    """Return the time steps a year of evenly spaced dates; 52 without dates.

    >>> guess_freq(None)
    52
    """
    import numpy as np

    if dates is None:
        return 52
    step = int(np.diff(np.asarray(dates)).astype("timedelta64[D]").astype(int).min())
    return STEPS_A_YEAR.get(step, 12 if 28 <= step <= 31 else 52)


def parse_options(options: tuple[str, ...]) -> dict[str, object]:
    """Return NAME=VALUE as numbers, truth values, pairs or text.

    >>> parse_options(("b=3", "alpha=0.01", "trend=false", "range=300,312"))
    {'b': 3, 'alpha': 0.01, 'trend': False, 'range': (300, 312)}
    """
    found: dict[str, object] = {}
    for option in options:
        name, equals, text = option.partition("=")
        if not equals or not name:
            raise InputError(
                "detect.option", f"{option!r} is not NAME=VALUE.", "Write for example -o alpha=0.01."
            )
        parts = [_parse_value(part) for part in text.split(",")]
        found[name.replace("-", "_")] = parts[0] if len(parts) == 1 else tuple(parts)
    return found


def _parse_value(text: str) -> object:
    words: dict[str, object] = {"true": True, "false": False, "none": None}
    if text.lower() in words:
        return words[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _describe(name: str) -> str:
    from tongzhou.epi.detect import DETECTORS

    summary = (DETECTORS[name].function.__doc__ or "").split("\n", 1)[0]
    return f"{name:22}{DETECTORS[name].needs_years:>4g} y  {summary}"


def _reason(found: Detection) -> str:
    problems = list(found.problems.values())
    return problems[0] if problems else "the series is too short."
