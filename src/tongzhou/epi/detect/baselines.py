"""Which past time points a detector compares with.

Owns the reference points of earlier years, by position or by calendar. Never reads counts.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tongzhou.core.errors import InputError
from tongzhou.epi.detect.detection import IntArray
from tongzhou.epi.series import Days

Freq = int
SPACING = {52: "weeks", 12: "months", 365: "days"}


def require_spacing(dates: Days, freq: Freq) -> None:
    """Refuse dates whose spacing is not that of `freq` (52 weeks, 12 months, 365 days)."""
    days = np.diff(dates).astype(np.int64)
    if days.size == 0:
        return
    found = 52 if np.all(days == 7) else 365 if np.all(days == 1) else 12 if 28 <= days.min() <= 31 else 0
    if found != freq or freq not in SPACING:
        raise InputError(
            "detect.freq",
            f"freq is {freq}, but the dates are {days.min()} to {days.max()} days apart.",
            "Use freq=52 with weeks, 12 with months, 365 with days; or leave out dates.",
        )


def years_back(date: np.datetime64, n_years: int) -> Days:
    """Return `date` and the same day 1 .. `n_years` years before; 29 February becomes 1 March.

    >>> years_back(np.datetime64("2020-02-29"), 1)
    array(['2020-02-29', '2019-03-01'], dtype='datetime64[D]')
    """
    month = date.astype("datetime64[M]")
    day = (date - month.astype("datetime64[D]")).astype(np.int64)
    months = month - np.arange(n_years + 1) * np.timedelta64(12, "M")
    return (months.astype("datetime64[D]") + day).astype("datetime64[D]")


def weekday(days: Days) -> IntArray:
    """Return the day of the week, 0 Sunday.

    >>> int(weekday(np.array(["2020-02-02"], dtype="datetime64[D]"))[0])
    0
    """
    return np.asarray((days.astype(np.int64) + 4) % 7, dtype=np.int64)


def reference_dates(date: np.datetime64, n_years: int, freq: Freq) -> Days:
    """Return the reference dates of the flexible method: now and each year back, weeks on the nearest same weekday."""
    points = years_back(date, n_years)
    if freq != 52:
        return points
    one = points - (weekday(points) - weekday(points[:1])[0])
    other = one + np.where(one > points, -7, 7)
    distance = np.abs((one - points).astype(np.int64)), np.abs((other - points).astype(np.int64))
    return np.where(distance[0] > distance[1], other, one).astype("datetime64[D]")


def window_dates(date: np.datetime64, b: int, w: int, freq: Freq) -> Days:
    """Return all reference dates of the classic method: `w` steps around each of `b` years back."""
    steps = np.arange(-w, w + 1)
    out: list[npt.NDArray[np.datetime64]] = []
    for point in years_back(date, b)[1:]:
        if freq == 12:
            month = point.astype("datetime64[M]")
            day = (point - month.astype("datetime64[D]")).astype(np.int64)
            out.append(((month + steps).astype("datetime64[D]") + day).astype("datetime64[D]"))
        else:
            out.append(point + steps * (7 if freq == 52 else 1))
    days = np.concatenate(out)
    if freq == 52:
        forward = (weekday(np.array([date])) - weekday(days)) % 7
        backward = (-forward) % 7
        days = days + np.where(forward < backward, forward, -backward)
    if freq == 12:
        days = days - (_day_of_month(days) - _day_of_month(np.array([date])))
    return days.astype("datetime64[D]")


def _day_of_month(days: Days) -> IntArray:
    return np.asarray((days - days.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64) + 1)


def match_dates(wanted: Days, dates: Days) -> IntArray:
    """Return the 1-based positions of `wanted` in the sorted `dates`, 0 where absent."""
    spot = np.searchsorted(dates, wanted)
    is_there = (spot < dates.size) & (dates[np.minimum(spot, dates.size - 1)] == wanted)
    return np.where(is_there, spot + 1, 0).astype(np.int64)


def same_weeks(points: IntArray, *, b: int, w: int, act_y: bool, freq: Freq) -> IntArray:
    """Return the 1-based reference points of the RKI and Bayes systems, shape (points, references).

    The `w` steps before each point when `act_y`, and `w` steps around the same point in each of `b` years back.
    """
    recent = np.arange(-w, 0) if act_y else np.zeros(0, dtype=np.int64)
    offsets = [recent, *(np.arange(-year * freq - w, -year * freq + w + 1) for year in range(1, b + 1))]
    return np.asarray(points[:, None] + np.concatenate(offsets)[None, :], dtype=np.int64)


def same_months(points: IntArray, *, b: int, m: int, freq: Freq) -> IntArray:
    """Return the 1-based reference points of the CDC system, shape (points, blocks of four, 4)."""
    years = np.arange(-b, 0) * freq
    within = np.arange(-4 * m - 3, 4 * m + 1)
    offsets = np.sort((years[:, None] + within[None, :]).ravel())
    return np.asarray((points[:, None] + offsets[None, :]).reshape(points.size, -1, 4), dtype=np.int64)
