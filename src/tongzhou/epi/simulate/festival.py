"""The Spring Festival: who leaves a city before New Year and comes back after it, and what that means for a run.

Owns the flows by day and their translation into contact limits and introductions. Never changes a population:
who is away meets nobody in the city, and may come back infected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from tongzhou.core.errors import InputError, list_offenders
from tongzhou.core.measures import ContactLayer, ContactLimit, Span
from tongzhou.epi.simulate.marginals import composition
from tongzhou.epi.simulate.population import Population

Array = np.ndarray[Any, np.dtype[Any]]

BEFORE, AFTER = 15, 24
"""Days of the travel season before and after New Year's Day: forty with the day itself."""
_MET_OUTSIDE = (
    ContactLayer.SCHOOL, ContactLayer.WORK, ContactLayer.NEIGHBOURHOOD, ContactLayer.CITY, ContactLayer.TRAVEL,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FestivalOptions:
    """What is known of a festival; empty entries are those of `tables/population.toml`.

    new_year : date — New Year's Day of the lunar calendar
    share_away : share of the residents who leave, 0..1 — one for all areas or by area code
    departure_mean, return_mean : float, days before and after New Year
    """

    new_year: date
    share_away: float | Mapping[str, float] | None = None
    departure_mean: float | None = None
    return_mean: float | None = None


def festival_flows(population: Population, options: FestivalOptions) -> pl.DataFrame:
    """Return who leaves and comes back: day, area, departures, returns, away (at the end of the day), persons.

    Raises
    ------
    InputError
        ``festival.bad_share`` for shares outside 0..1 or a mean outside the season; ``simulate.unknown_area``.

    Notes
    -----
    Departures and returns are gamma distributed in time, cut to the season of forty days and scaled to it.
    """
    table = composition()["festival"]
    leaves = _profile(options.departure_mean or float(table["departure_mean"]), BEFORE)[::-1]
    returns = _profile(options.return_mean or float(table["return_mean"]), AFTER)
    residents, share = (
        np.diff(population.area_start),
        _shares(population, options, float(table["share_away"])),
    )
    by_day = np.zeros((2, BEFORE + AFTER + 1))
    by_day[0, :BEFORE], by_day[1, BEFORE + 1 :] = leaves, returns
    flows = by_day[:, :, None] * (residents * share)
    n_areas = len(residents)
    first = options.new_year - timedelta(days=BEFORE)
    days = [first + timedelta(days=k) for k in range(BEFORE + AFTER + 1)]
    return pl.DataFrame(
        {
            "day": np.repeat(np.asarray(days, "datetime64[D]"), n_areas),
            "area": np.tile(population.area_code, len(days)),
            "departures": flows[0].ravel(),
            "returns": flows[1].ravel(),
            "away": (flows[0] - flows[1]).cumsum(axis=0).ravel(),
        }
    )


def _profile(mean: float, n_days: int) -> Array:
    """Return the share of a gamma distribution (shape 3) on days 1..n, scaled to sum 1."""
    if not 0 < mean < n_days:
        raise InputError(
            "festival.bad_share", f"A mean of {mean} days lies outside the season.", f"Choose 0 to {n_days}."
        )
    day = np.arange(1, n_days + 1)
    weight = day**2 * np.exp(-3 * day / mean)
    return np.asarray(weight / weight.sum())


def _shares(population: Population, options: FestivalOptions, default: float) -> Array:
    """Return the share away of each area."""
    given = default if options.share_away is None else options.share_away
    codes = [str(code) for code in population.area_code]
    if isinstance(given, Mapping):
        lost = [code for code in given if code not in codes]
        if lost:
            raise InputError(
                "simulate.unknown_area",
                f"The population has no area {list_offenders(lost)}.",
                f"It has {list_offenders(codes)}.",
            )
        share = np.asarray([float(given.get(code, default)) for code in codes])
    else:
        share = np.full(len(codes), float(given))
    if not np.all((share >= 0) & (share <= 1)):
        raise InputError(
            "festival.bad_share", f"Shares away {list_offenders(share.tolist())} leave 0..1.", "Correct them."
        )
    return share


def festival_limits(population: Population, flows: pl.DataFrame, first_day: date) -> tuple[ContactLimit, ...]:
    """Return the contacts left while residents are away, day by day, for a run that begins on `first_day`.

    Both must be there to meet: with a share x away, (1 - x) ** 2 of contacts outside homes remain. Households travel
    together.
    """
    residents = dict(zip(population.area_code.tolist(), np.diff(population.area_start).tolist(), strict=True))
    found = []
    for day, here in flows.group_by("day", maintain_order=True):
        number = (day[0] - first_day).days
        if number < 0:
            continue
        by_kept: dict[float, list[str]] = {}
        for area, away in here.select("area", "away").iter_rows():
            kept = round((1 - max(away, 0.0) / max(residents[area], 1)) ** 2, 4)
            by_kept.setdefault(kept, []).append(str(area))
        for kept, codes in by_kept.items():
            prefixes = () if len(codes) == len(residents) else tuple(codes)
            layers = dict.fromkeys(_MET_OUTSIDE, kept)
            found.append(ContactLimit("spring festival", layers, prefixes, Span(number, number + 1)))
    return tuple(found)


def festival_introductions(
    flows: pl.DataFrame, first_day: date, prevalence: float, seed: int = 0
) -> dict[str, list[int]]:
    """Return infections brought back by returning residents, by area and day of a run that begins on `first_day`.

    prevalence : share of those who return who are infected

    Raises
    ------
    InputError
        ``festival.bad_share`` for a prevalence outside 0..1.
    """
    if not 0 <= prevalence <= 1:
        raise InputError("festival.bad_share", f"The prevalence is {prevalence}.", "Give a share in 0..1.")
    rng = np.random.default_rng(seed)
    found: dict[str, list[int]] = {}
    for area, part in flows.sort("day").group_by("area", maintain_order=True):
        numbers = [(day - first_day).days for day in part["day"]]
        daily = [0] * (max(numbers) + 1)
        for number, returns in zip(numbers, part["returns"].to_list(), strict=True):
            if number >= 0:
                daily[number] = int(rng.poisson(returns * prevalence))
        found[str(area[0])] = daily
    return found
