"""Correct the last days of a line list for cases not yet reported."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import cast, get_args

import click

from tongzhou.cli.analysis import FILE, Output, output_options, show_result
from tongzhou.cli.cases import read_cases, require_dates, tag_column
from tongzhou.cli.parameters import COUNT, DAY
from tongzhou.cli.rejects import Reading, note
from tongzhou.cli.tables import linelist_options, parse_columns
from tongzhou.core.errors import InputError

EVENT, REPORT, CONFIRMATION = "date_onset", "date_reporting", "date_confirmation"


@click.command("nowcast")
@click.argument("file", type=FILE)
@click.option("--now", type=DAY, default=None, help="Day of the nowcast; the last report when left out.")
@click.option("--event", default=None, help="Column of the event; date_onset when left out.")
@click.option("--report", default=None, help="Column of the report; date_reporting, else date_confirmation.")
@click.option("--max-delay", "-D", type=COUNT, default=15, show_default=True, help="Longest delay in days.")
@click.option(
    "--method", default="bayes.trunc", show_default=True, help="lawless, bayes.trunc, chain.ladder, ..."
)
@click.option("--level", type=float, default=0.95, show_default=True, help="Of the interval.")
@linelist_options
@output_options
def command(
    file: Path,
    now: date | None,
    event: str | None,
    report: str | None,
    max_delay: int,
    method: str,
    level: float,
    columns: tuple[str, ...],
    day_first: bool | None,
    output: Output,
) -> int:
    """Correct the last days of FILE, a line list with dates of event and of report, for what is still to come."""
    from tongzhou.epi.nowcast import NowcastOptions, estimate_nowcast
    from tongzhou.epi.nowcast.options import Method

    named = parse_columns(columns) | {t: c for t, c in ((EVENT, event), (REPORT, report)) if c}
    reading = read_reports(file, named, day_first)
    today = now or cast(date, reading.frame[REPORT].max())
    if method.replace("-", ".") in get_args(Method):
        method = method.replace("-", ".")
    result = estimate_nowcast(
        reading.frame,
        now=today,
        method=cast(Method, method),
        D=max_delay,
        event=EVENT,
        report=REPORT,
        options=NowcastOptions(alpha=1 - level),
    )
    return show_result(result, result.to_frame(), output, reading)


def read_reports(file: Path, named: dict[str, str], day_first: bool | None) -> Reading:
    """Return the cases with a date of the event and of the report; confirmation stands in for a report."""
    columns = dict(named)
    for tag, others, option in ((EVENT, (EVENT,), "--event"), (REPORT, (REPORT, CONFIRMATION), "--report")):
        column = next((c for c in (named.get(tag), *(tag_column(file, t) for t in others)) if c), None)
        if column is None:
            raise InputError(
                "file.column",
                f"{file.name} has no column for {tag}; a nowcast needs a line list with both dates.",
                f"Name it, {option} COLUMN.",
            )
        columns[tag] = column
    reading = read_cases(file, columns, day_first)
    reported = require_dates(reading, (EVENT, REPORT))
    n_all, n_left = reading.frame.height, reported.frame.height
    if n_left < n_all:
        note(f"{n_all - n_left} of {n_all} cases lack {EVENT} or {REPORT} and are left out.")
    return reported
