"""Correct the last days of a line list for cases not yet reported."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import cast, get_args

import click

from tongzhou.cli.analysis import FILE, analysis_options, read_table, show_result
from tongzhou.cli.output import json_option
from tongzhou.cli.parameters import DAY


@click.command("nowcast")
@click.argument("file", type=FILE)
@click.option("--now", type=DAY, default=None, help="Day of the nowcast; the last report when left out.")
@click.option("--event", default="date_onset", show_default=True, help="Column of the event.")
@click.option("--report", default="date_reporting", show_default=True, help="Column of the report.")
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
    event: str,
    report: str,
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

    table = read_table(file)
    today = now
    if today is None and report in table.columns:
        today = cast(date | None, table[report].max())
    if method.replace("-", ".") in get_args(Method):
        method = method.replace("-", ".")
    result = estimate_nowcast(
        table,
        now=today,
        method=cast(Method, method),
        D=max_delay,
        event=event,
        report=report,
        options=NowcastOptions(alpha=1 - level),
    )
    show_result(result, result.to_frame(), as_json=as_json, plot=plot, series=series, language=language)
