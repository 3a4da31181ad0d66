"""The result of every estimator of reproduction numbers and growth rates per window.

Owns the shape of the frame and the drawing. Computes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from tongzhou.epi.reproduction.windows import Windows
from tongzhou.epi.results import Band, Chart, Language, Result, Trace, choose_text, find_series, repeat_texts
from tongzhou.epi.series import SeriesMatrix

Floats = npt.NDArray[np.float64]
DEFAULT_QUANTILES = (0.025, 0.5, 0.975)


@dataclass(frozen=True, kw_only=True)
class WindowEstimate(Result):
    """A quantity per series and window.

    mean, std : float64, shape (S, W) — NaN where undefined
    quantiles : probability -> float64, shape (S, W)
    extra : column name -> float64, shape (S, W)
    label : English and Chinese name of the quantity
    reference : float — where the quantity means no change (1 for R, 0 for growth)
    """

    series: SeriesMatrix
    windows: Windows
    mean: Floats
    std: Floats
    quantiles: Mapping[float, Floats]
    label: tuple[str, str]
    reference: float = 1.0
    extra: Mapping[str, Floats] = field(default_factory=dict)

    def to_frame(self) -> pl.DataFrame:
        """Return ``t_start, t_end, mean, std, q025, median, q975`` a row per window.

        Many series add ``series`` first and ``problem`` last (null where good); dates add ``date_start`` and
        ``date_end``.
        """
        n_series, n_windows = self.mean.shape
        columns: dict[str, object] = {}
        if not self.series.was_single:
            columns["series"] = repeat_texts(self.series.names, n_windows)
        columns["t_start"] = np.tile(self.windows.start, n_series)
        columns["t_end"] = np.tile(self.windows.end, n_series)
        if self.series.dates is not None:
            for name, at in (("date_start", self.windows.start), ("date_end", self.windows.end)):
                columns[name] = np.tile(self.series.dates[at - 1].astype("datetime64[ms]"), n_series)
        columns |= {"mean": self.mean.ravel(), "std": self.std.ravel()}
        columns |= {name_quantile(p): values.ravel() for p, values in sorted(self.quantiles.items())}
        columns |= {name: values.ravel() for name, values in self.extra.items()}
        if not self.series.was_single:
            columns["problem"] = repeat_texts(self.series.problems, n_windows)
        frame = pl.DataFrame(columns).with_columns(pl.col(pl.Float64).fill_nan(None))
        return frame.with_columns(pl.col("^date_.*$").cast(pl.Date)) if "date_start" in columns else frame

    def chart(self, series: str | None = None, language: Language = "en") -> Chart:
        """Draw the mean with its widest interval at the end of each window."""
        row = find_series(self.series.names, series)
        days = self.series.dates
        x = self.windows.end.tolist() if days is None else days[self.windows.end - 1].astype(object).tolist()
        low, high = min(self.quantiles), max(self.quantiles)
        level = f"{100 * (high - low):.0f} %"
        quantity = choose_text(language, *self.label)
        title = quantity if self.series.was_single else f"{quantity} · {self.series.names[row]}"
        return Chart(
            title,
            x,
            choose_text(language, "end of window", "窗口末日"),
            quantity,
            (Trace(choose_text(language, "mean", "均值"), self.mean[row]),),
            (
                Band(
                    level + choose_text(language, " interval", "区间"),
                    self.quantiles[low][row],
                    self.quantiles[high][row],
                ),
            ),
            self.reference,
        )


def name_quantile(p: float) -> str:
    """Return the column of a quantile.

    >>> [name_quantile(p) for p in (0.025, 0.05, 0.5, 0.975)]
    ['q025', 'q05', 'median', 'q975']
    """
    return "median" if p == 0.5 else f"q{p:g}".replace("0.", "")
