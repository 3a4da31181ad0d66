"""Correct the last days of a line list for cases not yet reported."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

import click

from tongzhou.cli.analysis import FILE, analysis_options, show_result
from tongzhou.cli.output import json_option
from tongzhou.cli.parameters import DAY
from tongzhou.cli.tables import note, read_cases, tag_column
from tongzhou.core.errors import InputError

if TYPE_CHECKING:
    import polars as pl

EVENT, REPORT, CONFIRMATION = "date_onset", "date_reporting", "date_confirmation"


@click.command("nowcast")
@click.argument("file", type=FILE)
@click.option("--now", type=DAY, default=None, help="Day of the nowcast; the last report when left out.")
@click.option("--event", default=None, help="Column of the event; date_onset when left out.")
@click.option("--report", default=None, help="Column of the report; date_reporting, else date_confirmation.")
@click.option("--max-delay", "-D", type=int, default=15, show_default=True, help="Longest delay in days.")
@click.option(
    "--method", default="bayes.trunc", show_default=True, help="lawless, bayes.trunc, chain.ladder, ..."
)
@click.option("--level", type=float, default=0.95, show_default=True, help="Of the interval.")
@analysis_options
@json_option
def command(
    file: Path,
    now: date | None,
    event: str | None,
    report: str | None,
    max_delay: int,
    method: str,
    level: float,
    plot: Path | None,
    series: str | None,
    language: str,
    as_json: bool,
) -> None:
    """Correct the last days of FILE, a line list with dates of event and of report, for what is still to come."""
    from tongzhou.epi.nowcast import NowcastOptions, estimate_nowcast
    from tongzhou.epi.nowcast.options import Method

    table = read_reports(file, event, report)
    today = now or cast(date | None, table[REPORT].max())
    if method.replace("-", ".") in get_args(Method):
        method = method.replace("-", ".")
    result = estimate_nowcast(
        table,
        now=today,
        method=cast(Method, method),
        D=max_delay,
        event=EVENT,
        report=REPORT,
        options=NowcastOptions(alpha=1 - level),
    )
    show_result(result, result.to_frame(), as_json=as_json, plot=plot, series=series, language=language)


def read_reports(file: Path, event: str | None, report: str | None) -> pl.DataFrame:
    """Return the cases with a date of the event and of the report; confirmation stands in for a report."""
    columns = {
        EVENT: event or tag_column(file, EVENT),
        REPORT: report or tag_column(file, REPORT) or tag_column(file, CONFIRMATION),
    }
    for tag, option in ((EVENT, "--event"), (REPORT, "--report")):
        if columns[tag] is None:
            raise InputError(
                "file.column", f"{file.name} has no column for {tag}.", f"Name it, {option} COLUMN."
            )
    table = read_cases(file, cast(dict[str, str], columns))
    reported = table.filter(table[REPORT].is_not_null() & table[EVENT].is_not_null())
    if reported.height < table.height:
        note(
            f"{table.height - reported.height} of {table.height} cases lack {EVENT} or {REPORT} and are left out."
        )
    return reported
