"""The reporting triangle: how many events of each day were reported after how many days.

Owns building and checking triangles from line lists or counts. Predicts nothing.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import polars as pl

from tongzhou.core.errors import InputError, list_offenders
from tongzhou.epi.series import Days, read_days

Floats = npt.NDArray[np.float64]
DateLike = dt.date | str | np.datetime64


@dataclass(frozen=True, slots=True)
class ReportingTriangle:
    """Counts by day of event and days to report.

    counts : float64, shape (T + 1, D + 1) — NaN where not yet observable; reports later than D days are in column D
    dates : datetime64[D], shape (T + 1,) — days of event, the last is `now`
    n_late : int — reports with a delay above D that were put into column D
    """

    counts: Floats
    dates: Days
    n_late: int = 0

    @property
    def max_delay(self) -> int:
        """D, the longest delay in days."""
        return int(self.counts.shape[1]) - 1

    @property
    def last(self) -> int:
        """T, the index of `now`."""
        return int(self.counts.shape[0]) - 1

    @property
    def observed(self) -> Floats:
        """Events reported so far per day, shape (T + 1,)."""
        return np.asarray(np.nansum(self.counts, axis=1))

    def totals(self, window: int | None = None) -> tuple[Floats, Floats]:
        """Return Lawless' n_x and N_x per delay x over the last `window` days of event.

        n_x counts reports with delay x, N_x those with delay <= x, among days for which x is observable.

        References
        ----------
        Lawless 1994, Can J Stat 22:15, equations 2.7 and 2.8.
        """
        first = 0 if window is None else max(0, self.last - window)
        up_to = np.cumsum(np.nan_to_num(self.counts), axis=1)
        is_seen = ~np.isnan(self.counts)
        is_seen[:first] = False
        exact = np.where(is_seen, np.nan_to_num(self.counts), 0.0).sum(axis=0)
        return exact, np.where(is_seen, up_to, 0.0).sum(axis=0)

    def at(self, last: int) -> ReportingTriangle:
        """Return the triangle as it stood on the day with index `last`.

        Late reports are taken at their cut delay, so this is exact when `n_late` is 0.
        """
        counts = self.counts[: last + 1].copy()
        age = last - np.arange(last + 1)
        counts[np.arange(self.max_delay + 1)[None, :] > age[:, None]] = np.nan
        return ReportingTriangle(counts, self.dates[: last + 1])


def reporting_triangle(
    linelist: object,
    *,
    now: DateLike,
    D: int = 15,  # noqa: N803 - the letter of the literature and of the peer
    event: str = "date_onset",
    report: str = "date_reporting",
) -> ReportingTriangle:
    """Count a line list into a reporting triangle.

    Parameters
    ----------
    linelist : Polars or pandas frame or mapping with a column of event dates and one of report dates; a missing
        report date means not reported yet
    now : date — the day of the nowcast; reports after it are unknown
    D : int — longest delay in days; later reports count as D
    event, report : str — columns

    Raises
    ------
    InputError
        ``triangle.columns``, ``triangle.missing``, ``triangle.order`` (report before event), ``triangle.short``
    """
    frame = _as_frame(linelist)
    absent = [name for name in (event, report) if name not in frame.columns]
    if absent:
        raise InputError(
            "triangle.columns",
            f"The line list has no column {absent[0]!r}; it has {frame.columns}.",
            "Name it.",
        )
    missing = np.flatnonzero(frame[event].is_null().to_numpy())
    if missing.size:
        raise InputError(
            "triangle.missing",
            f"The event date {event!r} is missing at rows {list_offenders((missing + 1).tolist())}.",
            "Leave these rows out, or fill in the date.",
        )
    events = read_days(frame[event], event)
    is_reported = frame[report].is_not_null().to_numpy()
    reports = np.full(events.size, np.datetime64("NaT", "D"))
    reports[is_reported] = read_days(frame[report].filter(pl.Series(is_reported)), report)
    today = read_days([now], "now")[0]
    delay = (reports - events).astype("timedelta64[D]").astype(np.float64)
    delay[~is_reported] = np.nan
    early = np.flatnonzero(delay < 0)
    if early.size:
        raise InputError(
            "triangle.order",
            f"The report is before the event at rows {list_offenders((early + 1).tolist())}.",
            "Correct the dates.",
        )
    return _count(events, reports, delay, today, D)


def _count(
    events: Days, reports: Days, delay: Floats, today: np.datetime64, max_delay: int
) -> ReportingTriangle:
    known = reports <= today
    if not known.any():
        raise InputError("triangle.short", f"No report is known on {today}.", "Choose a later day.")
    first = events.min()
    last = int((today - first).astype(np.int64))
    if last < max_delay or max_delay < 1:
        raise InputError(
            "triangle.short",
            f"The first event is {last} days before {today}; a longest delay D of {max_delay} needs as many.",
            f"Use a D from 1 to {last}.",
        )
    row = (events[known] - first).astype(np.int64)
    lag = delay[known].astype(np.int64)
    counts = np.zeros((last + 1, max_delay + 1))
    np.add.at(counts, (row, np.minimum(lag, max_delay)), 1.0)
    age = last - np.arange(last + 1)
    counts[np.arange(max_delay + 1)[None, :] > age[:, None]] = np.nan
    dates = first + np.arange(last + 1).astype("timedelta64[D]")
    return ReportingTriangle(counts, dates, int((lag > max_delay).sum()))


def _as_frame(linelist: object) -> pl.DataFrame:
    if isinstance(linelist, pl.LazyFrame):
        return linelist.collect()
    if isinstance(linelist, pl.DataFrame):
        return linelist
    if type(linelist).__module__.partition(".")[0] == "pandas":
        table = cast(Any, linelist)
        return pl.DataFrame({str(c): _column(table[c]) for c in table.columns}, strict=False)
    return pl.DataFrame(cast(Any, linelist), strict=False)


def _column(series: Any) -> object:
    if series.dtype.kind == "M":
        return pl.Series(series.to_numpy().astype("datetime64[ms]"))
    return [None if value != value else value for value in series.tolist()]  # noqa: PLR0124 - NaN is not itself
