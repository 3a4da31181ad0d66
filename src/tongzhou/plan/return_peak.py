"""The return peak (R05): who arrives when and from where, infected among them, lanes and staff, when to travel.

Owns the forecast from registrations and expected flows, and what follows for checkpoints. The same functions serve
departures. Never reads records, a clock or a table of its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from tomllib import loads
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from tongzhou.core.errors import InputError, list_offenders
from tongzhou.plan.queues import Service, lanes_by_interval, walk_day

HOURS = 24
_HOUR_S = 3600.0
_OPEN = 0.05
"""Registration has hardly begun where a smaller share is expected to have registered: none then says nothing."""


@dataclass(frozen=True, slots=True)
class ArrivalOptions:
    """How registrations and expected flows are weighed.

    share_registered : float in (0, 1] — of the travellers of a day who have registered when it begins
    halving_days : float, days — so long before a day, half as many of them have registered
    share_cv, flow_cv : float — coefficients of variation of that share, and of an expected flow around the truth
    level : float — of the central intervals
    """

    share_registered: float = 0.8
    halving_days: float = 3.0
    share_cv: float = 0.2
    flow_cv: float = 0.3
    level: float = 0.9


@dataclass(frozen=True, slots=True)
class OriginPrevalence:
    """What is known of infection at an origin.

    cases : int — reported in the last `days`; population : persons
    ascertainment : float in 0..1 — share of infections that are reported; infectious_days : float
    """

    cases: int
    population: int
    days: int = 7
    ascertainment: float = 0.3
    infectious_days: float = 7.0


@dataclass(frozen=True, slots=True)
class CheckpointStaff:
    """What one open lane needs.

    per_lane : persons at an open lane; shift_hours : hours a person works a day, breaks taken off
    """

    per_lane: int = 2
    shift_hours: float = 6.0


@cache
def assumptions() -> dict[str, Any]:
    """Return the table `return_peak.toml`: what is assumed where nothing better is known, each with its source."""
    return loads((files(__package__) / "return_peak.toml").read_text(encoding="utf-8"))


def assumed(kind: type[Any], section: str, **own: Any) -> Any:
    """Return an options value of the table, with what the caller knows better.

    >>> assumed(Service, "service", seconds=20.0).seconds
    20.0
    """
    entry = {name: value for name, value in assumptions()[section].items() if not name.startswith("source")}
    return kind(**(entry | {name: value for name, value in own.items() if value is not None}))


def daily_capacity(profile: Sequence[float], lanes: int, service: Service) -> float:
    """Return how many arrivals a day some lanes serve within the target: the largest number that needs no more lanes.

    Time O(log of the answer); persons.
    """
    shape, low, high = _profile(profile), 0.0, max(lanes, 0) * HOURS * _HOUR_S / service.seconds + 1.0
    while high - low > 0.5:
        middle = (low + high) / 2
        fits = lanes_by_interval(middle * shape, _HOUR_S, service).max() <= lanes
        low, high = (middle, high) if fits else (low, middle)
    return math.floor(low)


def forecast_arrivals(figures: pl.DataFrame, options: ArrivalOptions | None = None) -> pl.DataFrame:
    """Return arrivals by day, origin and checkpoint with intervals.

    Parameters
    ----------
    figures : frame of day, origin, checkpoint, ahead (days until then), registered (null: nobody counts them),
        expected (null: no flow known)

    Returns
    -------
    DataFrame
        day, origin, checkpoint, registered, low, median, high, mean — persons

    Raises
    ------
    InputError
        ``return.negative``, ``return.bad_options``

    Notes
    -----
    On the logarithmic scale the expected flow is a normal prior of the true number, and registrations divided by the
    share that has registered by now a normal observation of it, with variance log(1 + share_cv^2 + 1 / R); the
    posterior is their mean weighted by precision. Half a registration is added, so that none is not impossible.
    Nobody who registered is lost: the forecast is at least R.

    References
    ----------
    Gelman et al. 2013, Bayesian Data Analysis, 2.5 (normal mean with known variance).
    """
    chosen = options or ArrivalOptions()
    _check_options(chosen)
    said = figures["registered"].cast(pl.Float64).to_numpy()
    registered, expected = np.nan_to_num(said), figures["expected"].cast(pl.Float64).to_numpy()
    if (registered < 0).any() or (np.nan_to_num(expected) < 0).any():
        raise InputError("return.negative", "Some counts are below 0.", "Give counts of at least 0.")
    ahead = figures["ahead"].to_numpy().astype(float)
    centre, spread = _posterior(said, expected, np.maximum(ahead, 0.0), chosen)
    tail = (1.0 - chosen.level) / 2
    cuts = {"low": stats.norm.ppf(tail), "median": 0.0, "high": stats.norm.ppf(1 - tail)}
    columns = {name: np.maximum(np.exp(centre + z * spread), registered) for name, z in cuts.items()}
    mean = np.maximum(np.exp(centre + spread**2 / 2), registered)
    names = ["day", "origin", "checkpoint", "registered"]
    return figures.select(names).with_columns(
        **{name: pl.Series(values) for name, values in columns.items()}, mean=pl.Series(mean)
    )


def _posterior(registered: Any, expected: Any, ahead: Any, options: ArrivalOptions) -> tuple[Any, Any]:
    """Return mean and standard deviation of the logarithm of the true numbers."""
    share = options.share_registered * 0.5 ** (ahead / options.halving_days)
    seen = np.nan_to_num(registered) + 0.5
    said = np.log(seen / share)
    said_precision = 1.0 / np.log1p(options.share_cv**2 + 1.0 / seen)
    is_known = np.isfinite(expected) & (np.nan_to_num(expected) > 0)
    flow = np.log(np.where(is_known, expected, 1.0))
    flow_precision = np.where(is_known, 1.0 / np.log1p(options.flow_cv**2), 0.0)
    counts = np.isfinite(registered) & ((registered > 0) | (share > _OPEN))
    said_precision = np.where(counts | ~is_known, said_precision, 0.0)
    precision = said_precision + flow_precision
    return (said * said_precision + flow * flow_precision) / precision, 1.0 / np.sqrt(precision)


def _check_options(options: ArrivalOptions) -> None:
    bad = []
    if not 0 < options.share_registered <= 1:
        bad.append(f"share_registered = {options.share_registered}")
    for name in ("flow_cv", "share_cv", "halving_days"):
        if getattr(options, name) <= 0:
            bad.append(f"{name} = {getattr(options, name)}")
    if not 0 < options.level < 1:
        bad.append(f"level = {options.level}")
    if bad:
        raise InputError(
            "return.bad_options", f"{list_offenders(bad)}.", "Shares lie in (0, 1], the others are above 0."
        )


def infected_among(
    arrivals: pl.DataFrame,
    prevalence: Mapping[str, OriginPrevalence],
    rng: np.random.Generator,
    *,
    level: float = 0.9,
    n_draws: int = 4000,
) -> pl.DataFrame:
    """Return the infected among arrivals by day and origin, with intervals.

    Parameters
    ----------
    arrivals : frame as `forecast_arrivals` returns
    prevalence : by origin; origins without one are left out of the answer

    Returns
    -------
    DataFrame
        day, origin, low, median, high, mean — infected persons

    Notes
    -----
    Prevalence is the incidence of infections times how long they last: cases / (days x population x ascertainment)
    x infectious days; cases are Poisson with Jeffreys' prior, arrivals normal with the spread of their interval, the
    infected binomial among them. Travellers are taken to be as often infected as residents of the origin.
    """
    tail = (1.0 - level) / 2
    half = stats.norm.ppf(1 - tail)
    rows = []
    by_origin = arrivals.group_by("day", "origin", maintain_order=True).agg(
        pl.col("mean").sum(), ((pl.col("high") - pl.col("low")) ** 2).sum().sqrt().alias("width")
    )
    for row in by_origin.iter_rows(named=True):
        known = prevalence.get(row["origin"])
        if known is None:
            continue
        cases = rng.gamma(known.cases + 0.5, 1.0, n_draws)
        share = cases / (known.days * known.population * known.ascertainment) * known.infectious_days
        n = np.maximum(rng.normal(row["mean"], row["width"] / (2 * half) + 1e-9, n_draws), 0.0)
        found = rng.binomial(np.round(n).astype(np.int64), np.minimum(share, 1.0))
        low, median, high = np.quantile(found, [tail, 0.5, 1 - tail])
        expected = float(share.mean() * row["mean"])
        rows.append((row["day"], row["origin"], low, median, high, expected))
    return pl.DataFrame(rows, ["day", "origin", "low", "median", "high", "mean"], orient="row")


def lanes_by_day(
    arrivals: pl.DataFrame, profile: Sequence[float], service: Service, lanes: Mapping[str, int] | None = None,
    *, staff: CheckpointStaff | None = None, column: str = "high",
) -> pl.DataFrame:  # fmt: skip
    """Return what each checkpoint needs on each day, and what happens with the lanes it has.

    Parameters
    ----------
    profile : share of a day's arrivals by hour, 24 numbers
    lanes : lanes that each checkpoint has; absent where unknown
    column : which quantile of the arrivals is planned for

    Returns
    -------
    DataFrame
        day, checkpoint, arrivals, peak_hour, lanes_needed (at the peak), lane_hours, staff, lanes_there,
        longest_wait_s, largest_backlog — the last three null where the lanes are unknown

    Raises
    ------
    InputError
        ``return.bad_profile``
    """
    shape, need = _profile(profile), staff or CheckpointStaff()
    by_place = arrivals.group_by("day", "checkpoint", maintain_order=True).agg(
        pl.col(column).sum().alias("n")
    )
    rows = []
    for row in by_place.iter_rows(named=True):
        hourly = row["n"] * shape
        wanted = lanes_by_interval(hourly, _HOUR_S, service)
        hours = float(wanted.sum())
        people = math.ceil(hours * need.per_lane / need.shift_hours)
        there = (lanes or {}).get(row["checkpoint"])
        wait, backlog = _with_lanes(hourly, there, service)
        rows.append(
            (
                *(row["day"], row["checkpoint"], row["n"], int(hourly.argmax()), int(wanted.max())),
                *(hours, people, there, wait, backlog),
            )
        )
    names = [
        "day", "checkpoint", "arrivals", "peak_hour", "lanes_needed", "lane_hours", "staff", "lanes_there",
        "longest_wait_s", "largest_backlog",
    ]  # fmt: skip
    return pl.DataFrame(rows, names, orient="row", infer_schema_length=None)


def _with_lanes(hourly: Any, there: int | None, service: Service) -> tuple[float | None, float | None]:
    if there is None:
        return None, None
    day = walk_day(hourly, [there] * HOURS, _HOUR_S, service)
    return float(day.mean_s.max()), float(day.backlog.max())


def _profile(profile: Sequence[float]) -> Any:
    shape = np.asarray(profile, float)
    if len(shape) != HOURS or (shape < 0).any() or shape.sum() <= 0:
        raise InputError(
            "return.bad_profile",
            f"{len(shape)} shares by hour, sum {shape.sum()}.",
            "Give 24 numbers of at least 0.",
        )
    return shape / shape.sum()


def advise_days(by_day: Mapping[Any, float], capacity: float, reach_days: int = 5) -> list[dict[str, Any]]:
    """Return, for each day, whether it is quiet, busy or full, and the quieter day near it to travel on.

    Parameters
    ----------
    by_day : arrivals by day (any ordered key), persons; capacity : persons a day the checkpoints can take in time
    reach_days : how many days away an advised day may lie

    Notes
    -----
    Full: above capacity. Busy: above the mean of the days shown. Give the arrivals that lanes are planned for, so that
    a day is full when its travellers would wait longer than they should. Advice goes to the nearest day, later before
    earlier, that is below the mean and has room for everybody above capacity, filled in order, the fullest day first.
    """
    days = sorted(by_day)
    mean = sum(by_day.values()) / max(len(days), 1)
    room = {day: max(min(mean, capacity) - by_day[day], 0.0) for day in days}
    advised: dict[Any, Any] = {}
    for day in sorted(days, key=lambda d: -by_day[d]):
        over = by_day[day] - capacity if by_day[day] > capacity else 0.0
        k = days.index(day)
        near = [
            days[j] for step in range(1, reach_days + 1) for j in (k + step, k - step) if 0 <= j < len(days)
        ]
        target = next((other for other in near if over and room[other] > 0), None)
        if target is not None:
            room[target] = max(room[target] - over, 0.0)
            advised[day] = target
    return [
        {
            "day": day,
            "n": by_day[day],
            "state": "full" if by_day[day] > capacity else "busy" if by_day[day] > mean else "quiet",
            "instead": advised.get(day),
        }
        for day in days
    ]
