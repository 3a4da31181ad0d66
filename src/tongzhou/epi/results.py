"""What every estimator returns: a typed result that turns into a frame, a plot and a chart option.

Owns the common shape of results and drawing from one declarative `Chart`. Never computes an estimate.
"""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from tongzhou.core.errors import InputError
from tongzhou.core.estimates import Provenance

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Source Han Sans SC",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Microsoft YaHei",
    "PingFang SC",
)
Language = Literal["en", "zh"]
Mark = Literal["line", "bars", "points", "alarm"]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Trace:
    """One curve of a chart: `y`, shape (N,), NaN where undefined, drawn as `mark`."""

    label: str
    y: Values
    mark: Mark = "line"


@dataclass(frozen=True, slots=True)
class Band:
    """A shaded interval: `low` and `high`, shape (N,)."""

    label: str
    low: Values
    high: Values


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing said once, drawn by Matplotlib or ECharts.

    x : sequence of N dates or numbers
    reference : float, optional — a horizontal line, as R = 1
    """

    title: str
    x: Sequence[dt.date] | Sequence[float]
    x_label: str
    y_label: str
    traces: tuple[Trace, ...]
    bands: tuple[Band, ...] = ()
    reference: float | None = None


def choose_text(language: Language, en: str, zh: str) -> str:
    """Return the text of the language.

    >>> choose_text("zh", "cases", "病例")
    '病例'
    """
    if language not in ("en", "zh"):
        raise InputError("chart.language", f"Language {language!r} is unknown.", "Use 'en' or 'zh'.")
    return zh if language == "zh" else en


@dataclass(frozen=True, kw_only=True)
class Result(ABC):
    """Base of all results; a subclass gives `to_frame` and `chart`."""

    provenance: Provenance

    @abstractmethod
    def to_frame(self) -> pl.DataFrame:
        """Return the result as a Polars frame, a row per series and time step."""

    @abstractmethod
    def chart(self, series: str | None = None, language: Language = "en") -> Chart:
        """Return the drawing of one series (the first when `series` is None)."""

    def plot(self, series: str | None = None, *, ax: Axes | None = None, language: Language = "en") -> Axes:
        """Draw one series with Matplotlib and return the axes."""
        return draw_chart(self.chart(series, language), ax)

    def echarts(self, series: str | None = None, *, language: Language = "en") -> dict[str, Any]:
        """Return the ECharts option of one series, ready for ``setOption``."""
        return to_echarts(self.chart(series, language))


def find_series(names: Sequence[str], series: str | None) -> int:
    """Return the row of a series by name, the first for None.

    Raises
    ------
    InputError
        ``result.series`` — no such name
    """
    if series is None:
        return 0
    if series not in names:
        raise InputError(
            "result.series", f"There is no series {series!r}.", f"Choose one of {', '.join(names[:10])}."
        )
    return list(names).index(series)


def repeat_texts(texts: Sequence[str], times: int) -> pl.Series:
    """Return each text `times` times in a row as a text column, null for the empty text."""
    column = pl.Series(texts, dtype=pl.String).replace("", None)
    return column.gather(np.repeat(np.arange(len(texts)), times))


def draw_chart(chart: Chart, ax: Axes | None = None) -> Axes:
    """Draw a chart with Matplotlib, on `ax` or a new figure."""
    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots(figsize=(8, 4), layout="constrained")
    x: Any = np.asarray(chart.x)
    for depth, band in enumerate(chart.bands):
        ax.fill_between(x, band.low, band.high, alpha=0.2 + 0.12 * depth, color="C0", lw=0, label=band.label)
    for trace in chart.traces:
        _draw_trace(ax, x, trace)
    if chart.reference is not None:
        ax.axhline(chart.reference, color="0.4", lw=0.8, ls="--")
    ax.set(title=chart.title, xlabel=chart.x_label, ylabel=chart.y_label)
    ax.legend(frameon=False)
    if len(chart.x) and isinstance(chart.x[0], dt.date):
        label_dates(ax)
    use_chinese_font(ax)
    return ax


def label_dates(ax: Axes) -> None:
    """Write the dates of the x axis shortly, the year and month once."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(maxticks=9)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def use_chinese_font(ax: Axes) -> None:
    """Give texts with Chinese characters a font that has them, when the machine has one."""
    from matplotlib import font_manager
    from matplotlib.text import Text

    texts = [text for text in ax.findobj(Text) if any("\u4e00" <= c <= "\u9fff" for c in text.get_text())]
    installed = set(font_manager.get_font_names()) if texts else set()
    family = [name for name in CHINESE_FONTS if name in installed]
    for text in texts if family else []:
        text.set_fontfamily([*family, "sans-serif"])


def _draw_trace(ax: Axes, x: Any, trace: Trace) -> None:
    if trace.mark == "bars":
        ax.bar(x, trace.y, color="0.8", width=0.9, label=trace.label)
    elif trace.mark == "line":
        ax.plot(x, trace.y, lw=1.6, label=trace.label)
    else:
        color = "C3" if trace.mark == "alarm" else "0.2"
        ax.scatter(x, trace.y, s=16, color=color, zorder=3, label=trace.label)


def to_echarts(chart: Chart) -> dict[str, Any]:
    """Return a chart as an ECharts option: plain lists, strings and numbers, null for undefined."""
    has_dates = len(chart.x) > 0 and isinstance(chart.x[0], dt.date)
    labels = [str(value) for value in chart.x]
    series: list[dict[str, Any]] = []
    for number, band in enumerate(chart.bands):
        shared = {"type": "line", "stack": f"band{number}", "symbol": "none", "lineStyle": {"opacity": 0}}
        series.append({**shared, "name": f"{band.label}▁", "data": _numbers(band.low)})
        opacity = 0.2 + 0.12 * number
        series.append(
            {
                **shared,
                "name": band.label,
                "data": _numbers(band.high - band.low),
                "areaStyle": {"opacity": opacity},
            }
        )
    kinds = {"line": "line", "bars": "bar", "points": "scatter", "alarm": "scatter"}
    for trace in chart.traces:
        entry: dict[str, Any] = {"type": kinds[trace.mark], "name": trace.label, "data": _numbers(trace.y)}
        if trace.mark == "line":
            entry["symbol"] = "none"
        if trace.mark == "alarm":
            entry["itemStyle"] = {"color": "#c0392b"}
        series.append(entry)
    if chart.reference is not None and series:
        series[-1]["markLine"] = {"symbol": "none", "data": [{"yAxis": chart.reference}]}
    return {
        "title": {"text": chart.title},
        "tooltip": {"trigger": "axis"},
        "legend": {"data": [b.label for b in chart.bands] + [t.label for t in chart.traces]},
        "xAxis": {"type": "category", "name": chart.x_label, "data": labels, "boundaryGap": not has_dates},
        "yAxis": {"type": "value", "name": chart.y_label},
        "series": series,
    }


def _numbers(values: Values) -> list[float | None]:
    return [float(v) if np.isfinite(v) else None for v in values]
