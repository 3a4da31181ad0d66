"""Forecast cases from a file of counts or a line list, or score forecasters on its past."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tongzhou.cli.analysis import FILE, Output, output_options, parse_delay, show_result
from tongzhou.cli.parameters import COUNT
from tongzhou.cli.tables import Layout, layout_options, read_counts
from tongzhou.core.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from tongzhou.epi.forecast import Forecaster


@click.command("forecast")
@click.argument("file", type=FILE)
@click.option("--si", default=None, help="Serial interval: MEAN,SD in days or a published id.")
@click.option("--delay", default=None, help="Infection to report: MEAN,SD or a published id.")
@click.option(
    "--model",
    type=click.Choice(["renewal", "last-week", "drift", "ensemble"]),
    default="ensemble",
    show_default=True,
)
@click.option("--horizon", type=COUNT, default=14, show_default=True, help="Days ahead.")
@click.option("--samples", type=COUNT, default=1000, show_default=True)
@click.option("--seed", type=COUNT, default=1, show_default=True)
@click.option("--evaluate", type=COUNT, default=0, help="Score all models at so many past days instead.")
@layout_options
@output_options
def command(
    file: Path,
    si: str | None,
    delay: str | None,
    model: str,
    horizon: int,
    samples: int,
    seed: int,
    evaluate: int,
    layout: Layout,
    output: Output,
) -> int:
    """Forecast the days after the last of FILE: counts per day, or a line list with date_onset."""
    import numpy as np

    from tongzhou.epi.forecast import evaluate_forecasts, forecast_cases

    reading = read_counts(file, layout)
    counts = reading.frame
    models = build_models(si, delay)
    rng = np.random.default_rng(seed)
    if evaluate:
        scored = evaluate_forecasts(
            counts, list(models.values()), horizon=horizon, origins=evaluate, n_samples=samples, rng=rng
        )
        return show_result(scored, scored.summary(baseline="last week"), output, reading)
    if model not in models:
        raise InputError("forecast.si", f"The model {model} needs a serial interval.", "Give --si MEAN,SD.")
    refuse_short(counts, model, models)
    result = forecast_cases(counts, models[model], horizon=horizon, n_samples=samples, rng=rng)
    return show_result(result, result.to_frame(), output, reading)


def build_models(si: str | None, delay: str | None) -> dict[str, Forecaster]:
    """Return the forecasters that the options allow, by name."""
    from tongzhou.epi.forecast import Drift, Ensemble, LastWeek, Renewal

    models: dict[str, Forecaster] = {"last-week": LastWeek(), "drift": Drift()}
    if si is not None:
        reporting = None if delay is None else parse_delay(delay)
        renewal = Renewal(parse_delay(si, is_serial_interval=True), reporting)
        models["renewal"] = renewal
        models["ensemble"] = Ensemble((renewal, Drift()))
    return models


def refuse_short(counts: pl.DataFrame, model: str, models: dict[str, Forecaster]) -> None:
    """Refuse a file too short for a model, and name the models that it suffices for."""
    needed = models[model].min_history
    if counts.height >= needed:
        return
    fitting = [name for name, other in models.items() if other.min_history <= counts.height]
    raise InputError(
        "series.too_short",
        f"The file has {counts.height} days; the model {model} needs {needed}.",
        f"Give --model {' or '.join(fitting)}." if fitting else "Give a longer series.",
    )
