"""Forecasting count series: draws of the coming days, their frame and chart.

Owns the entry point and the result. Models live beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from tongzhou.core.errors import InputError
from tongzhou.core.estimates import Provenance, digest_arrays
from tongzhou.epi.forecast.models import Forecaster
from tongzhou.epi.reproduction.estimate import name_quantile
from tongzhou.epi.results import Band, Chart, Language, Result, Trace, choose_text, find_series, repeat_texts
from tongzhou.epi.series import SeriesMatrix, SeriesRules, as_series_matrix, require_daily

Floats = npt.NDArray[np.float64]
QUANTILES = (0.025, 0.25, 0.5, 0.75, 0.975)
RECENT = 60


@dataclass(frozen=True, kw_only=True)
class Forecast(Result):
    """Draws of the future.

    samples : float64, shape (S, N, H) — counts on the H days after the last; NaN for a bad series
    series : SeriesMatrix — what was known
    quantiles : probabilities in the frame
    """

    samples: Floats
    series: SeriesMatrix
    quantiles: tuple[float, ...] = QUANTILES

    @property
    def horizon(self) -> int:
        """Days ahead H."""
        return int(self.samples.shape[2])

    def quantile(self, levels: npt.ArrayLike) -> Floats:
        """Return quantiles, shape (S, H, K)."""
        with np.errstate(invalid="ignore"):
            return np.asarray(np.moveaxis(np.quantile(self.samples, np.atleast_1d(levels), axis=1), 0, -1))

    def to_frame(self) -> pl.DataFrame:
        """Return ``t, horizon, mean, std, q025, q25, median, q75, q975`` (``series``; ``date``; ``problem``)."""
        n_series, _, horizon = self.samples.shape
        ahead = np.arange(1, horizon + 1)
        columns: dict[str, object] = {}
        if not self.series.was_single:
            columns["series"] = repeat_texts(self.series.names, horizon)
        columns["t"] = np.tile(self.series.n_times + ahead, n_series)
        if self.series.dates is not None:
            dates = pl.Series(np.tile(self.dates().astype("datetime64[ms]"), n_series))
            columns["date"] = dates.cast(pl.Date)
        columns |= {
            "horizon": np.tile(ahead, n_series),
            "mean": self.samples.mean(axis=1).ravel(),
            "std": self.samples.std(axis=1, ddof=1).ravel(),
        }
        values = self.quantile(self.quantiles)
        columns |= {name_quantile(p): values[..., k].ravel() for k, p in enumerate(self.quantiles)}
        if not self.series.was_single:
            columns["problem"] = repeat_texts(self.series.problems, horizon)
        return pl.DataFrame(columns).with_columns(pl.col(pl.Float64).fill_nan(None))

    def dates(self) -> npt.NDArray[np.datetime64]:
        """Return the forecast dates, shape (H,); only for a series with dates."""
        if self.series.dates is None:
            raise InputError("series.dates", "This series has no dates.", "Give dates=.")
        return np.asarray(self.series.dates[-1] + np.arange(1, self.horizon + 1).astype("timedelta64[D]"))

    def chart(self, series: str | None = None, language: Language = "en") -> Chart:
        """Draw the recent past as bars and the forecast with its intervals."""
        row = find_series(self.series.names, series)
        past = self.series.values[row, -RECENT:]
        gap, ahead = np.full(past.size, np.nan), np.full(self.horizon, np.nan)
        values = self.quantile((0.025, 0.25, 0.5, 0.75, 0.975))[row]
        x: list[object]
        if self.series.dates is None:
            x = list(range(self.series.n_times - past.size + 1, self.series.n_times + self.horizon + 1))
        else:
            x = [*self.series.dates[-past.size :].astype(object), *self.dates().astype(object)]
        bands = tuple(
            Band(
                f"{level} % " + choose_text(language, "interval", "区间"),
                np.concatenate([gap, values[:, low]]),
                np.concatenate([gap, values[:, high]]),
            )
            for level, low, high in ((95, 0, 4), (50, 1, 3))
        )
        return Chart(
            choose_text(language, "Forecast", "预测"),
            x,  # type: ignore[arg-type]
            choose_text(language, "day", "日期"),
            choose_text(language, "cases", "病例数"),
            (
                Trace(choose_text(language, "reported", "已报告"), np.concatenate([past, ahead]), "bars"),
                Trace(choose_text(language, "median", "中位数"), np.concatenate([gap, values[:, 2]])),
            ),
            bands,
        )


def forecast_cases(
    counts: object,
    model: Forecaster,
    *,
    horizon: int = 14,
    n_samples: int = 1000,
    rng: np.random.Generator,
    dates: object = None,
    quantiles: Sequence[float] = QUANTILES,
) -> Forecast:
    """Forecast the days after the last of one or many count series.

    Parameters
    ----------
    counts : cases per day, one series or many (see `series.as_series_matrix`)
    model : `Renewal`, `LastWeek`, `Drift`, `Ensemble`, or any `Forecaster`
    horizon : int, days
    n_samples : int
    rng : numpy Generator
    dates : sequence of T dates, optional
    quantiles : probabilities in the frame

    Raises
    ------
    InputError
        ``series.*``, ``forecast.horizon``
    """
    if horizon < 1 or n_samples < 2:
        raise InputError(
            "forecast.horizon",
            f"horizon is {horizon}, n_samples {n_samples}.",
            "Use at least 1 day and 2 samples.",
        )
    rules = SeriesRules(min_length=model.min_history, whole=True)
    series = as_series_matrix(counts, name="counts", dates=dates, rules=rules)
    require_daily(series, "a forecast")
    samples = np.full((series.n_series, n_samples, horizon), np.nan)
    origin = np.array([series.n_times], dtype=np.int64)
    for row, stream in zip(range(series.n_series), rng.spawn(series.n_series), strict=True):
        if series.is_good[row]:
            samples[row] = model.draw(series.values[row], origin, horizon, n_samples, stream)[0]
    return Forecast(
        samples=samples,
        series=series,
        quantiles=tuple(quantiles),
        provenance=Provenance(
            f"forecast.{model.name}",
            {"model": str(model)[:500], "n_samples": n_samples},
            digest_arrays(series.values),
            "Gostic et al. 2020; Held et al. 2017",
        ),
    )
