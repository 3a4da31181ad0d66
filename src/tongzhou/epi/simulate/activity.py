"""What a population leaves behind day by day: stays at places and trips on conveyances, as streams of frames.

Owns the numbering of persons and places towards the ledger, and the daily rhythm. Never writes anywhere. A
day
of a person depends on the seed, the person and the day alone, so any part can be made again by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from tongzhou.core.errors import InputError
from tongzhou.core.exposures import Conveyance, Setting
from tongzhou.core.time import SHANGHAI, day_start
from tongzhou.epi.simulate.day_plans import MAX_STAYS, MAX_TRIPS, write_day
from tongzhou.epi.simulate.population import Population, SiteKind

Array = np.ndarray[Any, np.dtype[Any]]

QUARANTINE_NUMBER = 5_000_000_000
SOURCE = "simulated"
"""What the ledger is told about where these facts come from."""
_VENUES = (SiteKind.SHOP, SiteKind.RESTAURANT, SiteKind.LEISURE, SiteKind.CLINIC, SiteKind.HOSPITAL)
_BATCH = 500_000
_EPOCH = date(1970, 1, 1)

SETTING_OF_KIND: dict[SiteKind, Setting] = {
    **{SiteKind(k): Setting.SCHOOL for k in range(1, 6)},
    SiteKind.SHOP: Setting.SHOP,
    SiteKind.RESTAURANT: Setting.DINING,
    SiteKind.LEISURE: Setting.LEISURE,
    SiteKind.FIRM: Setting.WORK,
    SiteKind.HOSPITAL: Setting.HEALTH_CARE,
    SiteKind.CLINIC: Setting.HEALTH_CARE,
    SiteKind.CARE_HOME: Setting.CARE_HOME,
}
"""The setting of a stay at a site of each kind."""


@dataclass(frozen=True, slots=True)
class _Ride:
    conveyance: Conveyance
    prefix: str
    slot_s: int
    seats: tuple[int, int, str]
    """Rows of a carriage, carriages, letters of the seats in a row; no rows where nobody has a seat."""


_RIDES = (
    _Ride(Conveyance.METRO, "M", 300, (0, 6, "")),
    _Ride(Conveyance.TRAIN_CLOSED, "G", 1800, (17, 8, "ABCDF")),
    _Ride(Conveyance.AIRCRAFT, "AQ", 3600, (30, 1, "ABCDEF")),
    _Ride(Conveyance.BUS_CLOSED, "K", 1800, (12, 1, "ABCD")),
)


def person_number(person: Array | int) -> Any:
    """Return the ledger number of persons of the population (index + 1)."""
    return person + 1


class Days:
    """The days of one population.

    Parameters
    ----------
    population : Population
    seed : int — of the days; the population has its own
    zone : ZoneInfo — local time of the places

    Examples
    --------
    >>> from tongzhou.epi.simulate import synthesize
    >>> days = Days(synthesize(["4403"], 500, seed=1), seed=2)
    >>> sum(len(batch) for batch in days.stays(date(2020, 1, 20), 1)) > 500
    True
    """

    def __init__(self, population: Population, seed: int = 0, zone: ZoneInfo = SHANGHAI) -> None:
        self.population, self.seed, self.zone = population, seed, zone
        city = np.concatenate([[0], np.cumsum(np.diff(population.area_city) != 0)])
        cell_city = city[population.cell_area].astype(np.int64)
        self._geography = (cell_city, np.searchsorted(cell_city, np.arange(city[-1] + 2)).astype(np.int64))
        self._venues = self._list_venues()
        teams = np.diff(population.site_first_team)
        site_of_team = np.repeat(np.arange(population.n_sites, dtype=np.int32), teams)
        p = population
        self._arrays = (p.age, p.role, p.home, p.team, site_of_team, p.site_kind, p.site_cell)

    def _list_venues(self) -> tuple[Array, Array]:
        """Return sites open to the public by kind and cell, and where each cell's begin."""
        p = self.population
        found, firsts, at = [], [], 0
        for kind in _VENUES:
            some = np.flatnonzero(p.site_kind == kind)
            some = some[np.argsort(p.site_cell[some], kind="stable")]
            firsts.append(at + np.searchsorted(p.site_cell[some], np.arange(len(p.cell_area) + 1)))
            found.append(some)
            at += len(some)
        return np.concatenate(found).astype(np.int64), np.stack(firsts).astype(np.int64)

    def _write(self, day: date, begin: int, end: int) -> tuple[Array, Array]:
        """Return the raw stays and rides of a range of persons on one day."""
        stays = np.empty(((end - begin) * MAX_STAYS, 4), np.int64)
        rides = np.empty(((end - begin) * MAX_TRIPS, 5), np.int64)
        midnight = int(day_start(day, self.zone).timestamp())
        n, m = write_day(
            begin,
            end,
            (day - _EPOCH).days,
            midnight,
            self._arrays,
            self.population.cell_start,
            self._geography,
            self._venues,
            np.uint64(self.seed),
            stays,
            rides,
        )
        return stays[:n], rides[:m]

    def stays_of_day(self, day: date, begin: int = 0, end: int | None = None) -> Array:
        """Return the stays of one day for persons `begin`..`end`, int64, shape (S, 4).

        Columns: person number, place number, from_s, until_s; by person, then time.
        """
        return self._write(day, begin, self.population.n_persons if end is None else end)[0]

    def whole_day(self, day: date) -> tuple[Array, pl.DataFrame]:
        """Return the stays of one day as `stays_of_day` does, and its trips as `trips` does, made once."""
        stays, rides = self._write(day, 0, self.population.n_persons)
        return stays, _seat(rides, day, int(day_start(day, self.zone).timestamp()), self.seed)

    def stays(self, first_day: date, n_days: int, batch: int = _BATCH) -> Iterator[pl.DataFrame]:
        """Yield the stays of days in batches of persons: person, place, from_s, until_s (int64), source.

        Raises
        ------
        InputError
            ``simulate.bad_days`` for less than one day.
        """
        for day in _days(first_day, n_days):
            for begin in range(0, self.population.n_persons, batch):
                raw = self.stays_of_day(day, begin, min(begin + batch, self.population.n_persons))
                names = ("person", "place", "from_s", "until_s")
                frame = pl.DataFrame(dict(zip(names, raw.T.copy(), strict=True)))
                yield frame.with_columns(pl.lit(SOURCE).alias("source"))

    def trips(self, first_day: date, n_days: int) -> Iterator[pl.DataFrame]:
        """Yield the trips of each day.

        Columns: person int64, conveyance and vehicle str, trip_day date, carriage str, row int16 or
        null, seat str (letter; empty without seats), from_s and until_s int64, is_crew, source.
        Two persons never share a seat.
        """
        for day in _days(first_day, n_days):
            parts = []
            for begin in range(0, self.population.n_persons, _BATCH):
                parts.append(
                    self._write(day, begin, min(begin + _BATCH, self.population.n_persons))[1].copy()
                )
            yield _seat(np.concatenate(parts), day, int(day_start(day, self.zone).timestamp()), self.seed)


def _days(first_day: date, n_days: int) -> list[date]:
    if n_days < 1:
        raise InputError("simulate.bad_days", f"{n_days} days cannot be made.", "Ask for at least 1.")
    return [first_day + timedelta(days=k) for k in range(n_days)]


def _seat(raw: Array, day: date, midnight: int, seed: int) -> pl.DataFrame:
    """Turn rides into trips with vehicles and seats."""
    frames = []
    for code, ride in enumerate(_RIDES):
        some = raw[raw[:, 1] == code]
        slot = (some[:, 3] - midnight) // ride.slot_s
        start = midnight + slot * ride.slot_s
        vehicle = 1000 + some[:, 2] * 100 + slot
        if code == 0:
            vehicle = some[:, 2] * 1000 + slot
        order = np.lexsort((some[:, 0], vehicle))
        some, vehicle, start = some[order], vehicle[order], start[order]
        first = np.searchsorted(vehicle, vehicle)
        rank = np.arange(len(vehicle)) - first
        rows, carriages, letters = ride.seats
        if rows:
            per = rows * len(letters)
            extra = rank // (per * carriages)
            vehicle, rank = vehicle + 5000 * extra, rank % (per * carriages)
            carriage, row = rank // per + 1, rank % per // len(letters) + 1
            seat = pl.Series(list(letters), dtype=pl.String).gather(rank % len(letters))
        else:
            carriage, row = (some[:, 0] * 2654435761 + seed) // 7 % carriages + 1, np.zeros(len(rank), int)
            seat = pl.Series([""], dtype=pl.String).new_from_index(0, len(rank))
        frames.append(
            pl.DataFrame(
                {
                    "person": some[:, 0],
                    "vehicle": vehicle,
                    "carriage": carriage,
                    "row": row.astype(np.int16),
                    "seat": seat,
                    "from_s": start,
                    "until_s": start + (some[:, 4] - some[:, 3]),
                }
            ).select(
                "person",
                pl.lit(ride.conveyance.value).alias("conveyance"),
                pl.format(ride.prefix + "{}", "vehicle").alias("vehicle"),
                pl.lit(day).alias("trip_day"),
                pl.col("carriage").cast(pl.String),
                pl.when(pl.col("row") > 0).then("row").alias("row"),
                "seat",
                "from_s",
                "until_s",
                pl.lit(0, pl.Int16).alias("is_crew"),
                pl.lit(SOURCE).alias("source"),
            )
        )
    return pl.concat(frames)
