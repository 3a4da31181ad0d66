"""Beds and intensive care from cases: admissions after a delay, stays of random length.

Owns the simulation of occupancy. Shares, delays and stays come from the caller, never from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from tongzhou.core.errors import InputError
from tongzhou.core.estimates import Provenance, digest_arrays
from tongzhou.epi.delays.delay import Delay, as_pmf
from tongzhou.epi.forecast.forecast import Forecast
from tongzhou.epi.results import Band, Chart, Language, Result, Trace, choose_text, find_series

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CareLevel:
    """A kind of bed.

    name : str — ward, intensive care
    share : float in [0, 1] — of cases that need it
    delay : Delay or probabilities from lag 0 — from the day a case counts to admission
    stay : Delay or probabilities from lag 0 — length of stay in nights
    beds : float, optional — beds there are
    """

    name: str
    share: float
    delay: Delay | npt.ArrayLike
    stay: Delay | npt.ArrayLike
    beds: float | None = None


@dataclass(frozen=True, kw_only=True)
class BedForecast(Result):
    """Occupied beds.

    occupancy : float64, shape (L, N, H) — at the end of each day, per level and draw
    admissions : float64, shape (L, N, H)
    """

    levels: tuple[CareLevel, ...]
    occupancy: Floats
    admissions: Floats
    first_t: int
    dates: npt.NDArray[np.datetime64] | None = None

    def to_frame(self) -> pl.DataFrame:
        """Return ``level, t, horizon, admissions, mean, q025, q25, median, q75, q975, beds, probability_over``."""
        parts = []
        horizon = self.occupancy.shape[2]
        for i, level in enumerate(self.levels):
            q = np.quantile(self.occupancy[i], [0.025, 0.25, 0.5, 0.75, 0.975], axis=0)
            over = (
                (self.occupancy[i] > level.beds).mean(axis=0) if level.beds is not None else [None] * horizon
            )
            columns: dict[str, object] = {
                "level": [level.name] * horizon,
                "t": self.first_t + np.arange(horizon),
            }
            if self.dates is not None:
                columns["date"] = pl.Series(self.dates.astype("datetime64[ms]")).cast(pl.Date)
            columns |= {
                "horizon": np.arange(1, horizon + 1),
                "admissions": self.admissions[i].mean(axis=0),
                "mean": self.occupancy[i].mean(axis=0),
                **dict(zip(("q025", "q25", "median", "q75", "q975"), q, strict=True)),
                "beds": pl.Series([level.beds] * horizon, dtype=pl.Float64),
                "probability_over": pl.Series(over, dtype=pl.Float64),
            }
            parts.append(pl.DataFrame(columns))
        return pl.concat(parts)

    def peaks(self) -> pl.DataFrame:
        """Return per level the peak's median and 95 % interval, and the probability that beds run out."""
        rows = []
        for i, level in enumerate(self.levels):
            peak = self.occupancy[i].max(axis=1)
            low, median, high = np.quantile(peak, [0.025, 0.5, 0.975])
            over = None if level.beds is None else float((peak > level.beds).mean())
            rows.append((level.name, median, low, high, level.beds, over))
        names = ["level", "peak", "low", "high", "beds", "probability_over"]
        return pl.DataFrame(rows, schema=names, orient="row")

    def chart(self, series: str | None = None, language: Language = "en") -> Chart:
        """Draw the occupancy of one level (`series` is its name)."""
        row = find_series([level.name for level in self.levels], series)
        q = np.quantile(self.occupancy[row], [0.025, 0.25, 0.5, 0.75, 0.975], axis=0)
        horizon = self.occupancy.shape[2]
        x = list(range(1, horizon + 1)) if self.dates is None else self.dates.astype(object).tolist()
        interval = choose_text(language, "interval", "区间")
        return Chart(
            f"{choose_text(language, 'Occupied beds', '占用床位')} · {self.levels[row].name}",
            x,
            choose_text(language, "day", "日期"),
            choose_text(language, "beds", "床位"),
            (Trace(choose_text(language, "median", "中位数"), q[2]),),
            (Band(f"95 % {interval}", q[0], q[4]), Band(f"50 % {interval}", q[1], q[3])),
            self.levels[row].beds,
        )


def forecast_beds(
    forecast: Forecast, levels: Sequence[CareLevel], *, rng: np.random.Generator, series: str | None = None
) -> BedForecast:
    """Turn a forecast of cases into occupied beds per level of care.

    Parameters
    ----------
    forecast : Forecast — its known counts give the patients already inside
    levels : sequence of CareLevel, independent of each other given the cases
    rng : numpy Generator
    series : str, optional — which series of the forecast

    Raises
    ------
    InputError
        ``beds.levels``, ``beds.share``, ``beds.history``, ``delay.*``

    Notes
    -----
    Each draw of the forecast is one future: admissions are Poisson around the delayed share of cases, and patients
    leave by the hazard of their length of stay, so that occupancy is coherent from day to day.
    """
    if not levels:
        raise InputError("beds.levels", "No level of care is given.", "Give at least one CareLevel.")
    row = find_series(forecast.series.names, series)
    known = forecast.series.values[row]
    samples = forecast.samples[row]
    cases = np.concatenate([np.broadcast_to(known, (samples.shape[0], known.size)), samples], axis=1)
    occupancy, admissions = [], []
    for level in levels:
        inside, entered = _occupy(level, cases, known.size, rng)
        occupancy.append(inside)
        admissions.append(entered)
    return BedForecast(
        levels=tuple(levels),
        occupancy=np.array(occupancy),
        admissions=np.array(admissions),
        first_t=known.size + 1,
        dates=None if forecast.series.dates is None else forecast.dates(),
        provenance=Provenance(
            "forecast.forecast_beds",
            {"levels": [level.name for level in levels], "cases": forecast.provenance.method},
            digest_arrays(cases),
            "Rees et al. 2020, BMC Med 18:270 (stays)",
        ),
    )


def _occupy(level: CareLevel, cases: Floats, n_known: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    if not 0 <= level.share <= 1:
        raise InputError(
            "beds.share", f"The share of {level.name} is {level.share}.", "Give a share from 0 to 1."
        )
    if np.isnan(cases).any():
        raise InputError("beds.history", "The forecast of this series failed.", "Repair the series first.")
    delay = as_pmf(level.delay, name="delay to admission")
    stay = as_pmf(level.stay, name="length of stay")
    staying = 1 - np.cumsum(stay)
    hazard = np.divide(staying[1:], staying[:-1], out=np.zeros(stay.size - 1), where=staying[:-1] > 1e-12)
    first = max(0, n_known - stay.size - delay.size)
    n_draws, n_times = cases.shape
    expected = np.zeros(cases.shape)
    for lag, share in enumerate(delay[:n_times]):
        expected[:, lag:] += level.share * share * cases[:, : n_times - lag]
    inside = np.zeros((n_draws, max(stay.size, 1)), dtype=np.int64)
    occupancy, entered = [], []
    for t in range(first, n_times):
        admitted = rng.poisson(expected[:, t])
        inside[:, 1:] = rng.binomial(inside[:, :-1], np.clip(hazard, 0, 1))
        inside[:, 0] = rng.binomial(admitted, float(np.clip(staying[0], 0, 1)))
        if t >= n_known:
            occupancy.append(inside.sum(axis=1))
            entered.append(admitted)
    return np.array(occupancy, dtype=np.float64).T, np.array(entered, dtype=np.float64).T
