"""Estimate the reproduction number from a file of counts or a line list."""

from __future__ import annotations

from pathlib import Path

import click

from tongzhou.cli.analysis import FILE, Output, output_options, parse_delay, show_result
from tongzhou.cli.parameters import COUNT
from tongzhou.cli.tables import Layout, layout_options, read_counts


@click.command("rt")
@click.argument("file", type=FILE)
@click.option("--si", required=True, help="Serial interval: MEAN,SD in days or a published id.")
@click.option("--window", type=COUNT, default=7, show_default=True, help="Days per estimate.")
@click.option(
    "--method",
    type=click.Choice(["cori", "case", "smooth"]),
    default="cori",
    show_default=True,
    help="Cori's windows, Wallinga and Teunis' cases, or a smooth curve corrected for delay.",
)
@click.option("--delay", default=None, help="Infection to report, for smooth: MEAN,SD or a published id.")
@click.option("--day-of-week", is_flag=True, help="For smooth: reporting has a weekly rhythm.")
@layout_options
@output_options
def command(
    file: Path,
    si: str,
    window: int,
    method: str,
    delay: str | None,
    day_of_week: bool,
    layout: Layout,
    output: Output,
) -> int:
    """Estimate the reproduction number from FILE: counts per day, or a line list with date_onset."""
    from tongzhou.epi.reproduction import case_reproduction, estimate_rt, smooth_rt

    reading = read_counts(file, layout)
    counts = reading.frame
    interval = parse_delay(si, is_serial_interval=True)
    if method == "cori":
        result = estimate_rt(counts, interval, window=window)
    elif method == "case":
        result = case_reproduction(counts, interval, window=window)
    else:
        reporting = None if delay is None else parse_delay(delay)
        result = smooth_rt(counts, interval, delay=reporting, day_of_week=day_of_week)
    return show_result(result, result.to_frame(), output, reading)
