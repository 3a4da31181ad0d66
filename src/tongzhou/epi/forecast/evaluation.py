"""Rolling-origin evaluation: every model, series, origin and horizon scored in one call.

Owns the loop and the table of scores. Never lets a model see beyond its origin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from tongzhou.core.errors import InputError
from tongzhou.core.estimates import Provenance, digest_arrays
from tongzhou.epi.forecast.models import Forecaster
from tongzhou.epi.forecast.scores import HUB_LEVELS, crps_sample, pit_sample, wis
from tongzhou.epi.results import Chart, Language, Result, Trace, choose_text
from tongzhou.epi.series import SeriesRules, as_series_matrix, require_daily

Floats = npt.NDArray[np.float64]
Origins = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Evaluation(Result):
    """Scores of forecasts against what came.

    table : a row per model, series, origin and horizon (see `to_frame`)
    problems : what is wrong with each series that could not be scored, by name
    """

    table: pl.DataFrame
    problems: Mapping[str, str] = field(default_factory=dict)

    def to_frame(self) -> pl.DataFrame:
        """Return ``model, series, origin, horizon, observed, median, wis, crps, abs_error, in_50, in_90, pit``.

        `origin` is the 1-based last day the model knew.
        """
        return self.table

    def summary(self, by: Sequence[str] = ("model",), baseline: str | None = None) -> pl.DataFrame:
        """Return means per group; `relative_wis` against `baseline` on the same rows."""
        groups = list(by)
        means = self.table.group_by(groups, maintain_order=True).agg(
            pl.col("wis", "crps", "abs_error").mean(),
            pl.col("in_50", "in_90").mean().name.map(lambda name: name.replace("in_", "coverage_")),
            pl.len().alias("n"),
        )
        if baseline is None:
            return means
        others = [name for name in groups if name != "model"]
        base = means.filter(pl.col("model") == baseline).select(*others, pl.col("wis").alias("base"))
        if base.is_empty():
            raise InputError(
                "evaluation.baseline", f"There is no model {baseline!r}.", "Name one of the models."
            )
        joined = means.join(base, on=others) if others else means.join(base, how="cross")
        return joined.with_columns((pl.col("wis") / pl.col("base")).alias("relative_wis")).drop("base")

    def chart(self, series: str | None = None, language: Language = "en") -> Chart:
        """Draw the mean WIS of each model by horizon."""
        table = self.table if series is None else self.table.filter(pl.col("series") == series)
        means = (
            table.group_by("model", "horizon", maintain_order=True).agg(pl.col("wis").mean()).sort("horizon")
        )
        names = table["model"].unique(maintain_order=True).to_list()
        return Chart(
            choose_text(language, "Forecast skill", "预测评分"),
            means["horizon"].unique(maintain_order=True).to_list(),
            choose_text(language, "days ahead", "提前天数"),
            choose_text(language, "weighted interval score", "加权区间得分"),
            tuple(Trace(name, means.filter(pl.col("model") == name)["wis"].to_numpy()) for name in names),
        )


def evaluate_forecasts(
    counts: object,
    models: Sequence[Forecaster],
    *,
    horizon: int = 14,
    origins: int | Sequence[int] = 60,
    n_samples: int = 500,
    rng: np.random.Generator,
    dates: object = None,
    n_threads: int = 2,
) -> Evaluation:
    """Score models at many origins of many series.

    Parameters
    ----------
    counts : cases per day, one series or many (see `series.as_series_matrix`)
    models : forecasters with distinct names
    horizon : int, days ahead
    origins : int — so many last days that still have `horizon` days after them; or 1-based last known days
    n_samples : int
    rng : numpy Generator
    dates : sequence of T dates, optional — checked for order and gaps
    n_threads : int

    Raises
    ------
    InputError
        ``series.*``, ``evaluation.origins``, ``evaluation.models``

    Notes
    -----
    Bad series are left out of the table and named in `problems`. Coverage is of central intervals from the samples.
    """
    names = [model.name for model in models]
    if not names or len(set(names)) < len(names):
        raise InputError("evaluation.models", f"Model names {names} must be distinct.", "Set name= on each.")
    rules = SeriesRules(whole=True)
    series = as_series_matrix(counts, name="counts", dates=dates, rules=rules)
    require_daily(series, "a forecast")
    problems = {name: text for name, text in zip(series.names, series.problems, strict=True) if text}
    if len(problems) == series.n_series:
        raise InputError(
            "evaluation.no_series",
            f"None of the {series.n_series} series can be used. {next(iter(problems.values()))}",
            "Correct them.",
        )
    days = _choose_origins(origins, series.n_times, horizon, max(model.min_history for model in models))
    rows = np.flatnonzero(series.is_good)
    tasks = [(int(row), model) for row in rows for model in models]
    streams = rng.spawn(len(tasks))

    def run(number: int) -> pl.DataFrame:
        row, model = tasks[number]
        counts = series.values[row]
        samples = model.draw(counts, days, horizon, n_samples, streams[number])
        labels = {"model": model.name, "series": series.names[row]}
        return _score(labels, counts, days, samples)

    with ThreadPoolExecutor(n_threads) as pool:
        parts = list(pool.map(run, range(len(tasks))))
    return Evaluation(
        table=pl.concat(parts),
        problems=problems,
        provenance=Provenance(
            "forecast.evaluate_forecasts",
            {"models": names, "horizon": horizon, "origins": days.tolist(), "n_samples": n_samples},
            digest_arrays(series.values),
            "Bracher et al. 2021, PLoS Comput Biol 17:e1008618",
        ),
    )


def _choose_origins(origins: int | Sequence[int], n_times: int, horizon: int, min_history: int) -> Origins:
    last = n_times - horizon
    chosen = (
        np.arange(last - origins + 1, last + 1) if isinstance(origins, int) else np.array(sorted(origins))
    )
    if chosen.size == 0 or chosen.min() < min_history or chosen.max() > last:
        raise InputError(
            "evaluation.origins",
            f"Origins must be days {min_history} to {last} of {n_times}.",
            "Ask for fewer origins, a shorter horizon, or give a longer series.",
        )
    return chosen.astype(np.int64)


def _score(labels: dict[str, str], counts: Floats, origins: Origins, samples: Floats) -> pl.DataFrame:
    horizon = samples.shape[2]
    draws = np.swapaxes(samples, 1, 2)
    observed = counts[origins[:, None] + np.arange(horizon)]
    quantiles = np.moveaxis(np.quantile(draws, HUB_LEVELS, axis=-1), 0, -1)
    at = {level: quantiles[..., i] for i, level in enumerate(HUB_LEVELS)}
    shape = observed.shape
    return pl.DataFrame(
        {
            **{name: [label] * observed.size for name, label in labels.items()},
            "origin": np.repeat(origins, horizon),
            "horizon": np.tile(np.arange(1, horizon + 1), shape[0]),
            "observed": observed.ravel(),
            "median": at[0.5].ravel(),
            "wis": wis(quantiles, HUB_LEVELS, observed).ravel(),
            "crps": crps_sample(draws, observed).ravel(),
            "abs_error": np.abs(at[0.5] - observed).ravel(),
            "in_50": ((at[0.25] <= observed) & (observed <= at[0.75])).ravel(),
            "in_90": ((at[0.05] <= observed) & (observed <= at[0.95])).ravel(),
            "pit": pit_sample(draws, observed).ravel(),
        }
    )
