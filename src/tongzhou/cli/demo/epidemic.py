"""The infection behind the demonstration: who has it, who is found when, and where people stay meanwhile.

Each day is lived on the stays of those whom no order keeps in: the orders of the cast are what bends the wave.
A day goes to the ledger, and the plans of the next are made, while the office works; `written` waits for both.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from tongzhou.cli.demo.register import City
from tongzhou.core.exposures import Setting
from tongzhou.core.time import day_start
from tongzhou.epi.simulate import Role
from tongzhou.epi.simulate.activity import SETTING_OF_KIND, SOURCE
from tongzhou.epi.simulate.day_plans import HOME_NUMBER
from tongzhou.epi.simulate.outbreak import Outbreak, OutbreakOptions
from tongzhou.epi.simulate.population import SiteKind
from tongzhou.server.movement.ledger_door import get_ledger

Array = np.ndarray[Any, np.dtype[Any]]

N_DAYS = 46
"""Days of the outbreak before today."""
FOUND_FROM = 9
"""On this day the first infection is found; until then it spreads unseen."""
OPTIONS = OutbreakOptions(disease="sars-cov-2/delta", r0=18.0, n_index=0)
BROUGHT_IN = (0, 0, 0, 0, 1, 1, 2, 4, 7, 11, 16, 22, 29, 36, 39, 41, 43, 44, 45)
"""Days on which somebody comes back infected from elsewhere, four days after they were."""
HOST = 36
"""The traveller of this day lives with the resident of the cast, in the grid of its grid worker."""
PEAK, PEAK_DAY, SPREAD_DAYS = 5.0, 13.0, 4.5
"""Most infections a day, when, and how wide the wave is: more than these are avoided by what people do."""
CLOSED_FROM = 6
"""From this day on nobody eats out, goes out or goes to school: a city nearby has cases."""
CLOSED = (Setting.DINING, Setting.LEISURE, Setting.SCHOOL)
DELAYS = (0.8, 2.6)
"""Days from onset to a result, shortest and longest."""
WITHOUT_SYMPTOMS = 2.0
"""More days until the tests around a case find somebody without symptoms."""
BEFORE_ONSET = timedelta(hours=12)
"""The daily tests of people in quarantine find them this long before onset."""
MAX_SITE = 100
"""Nobody of a larger school or workplace is infected, so that circles of contacts can be read on a screen."""
AT_HOME, AWAY = 1, 2
"""Where an order keeps somebody: at home, or out of the city's life."""


@dataclass(frozen=True, slots=True)
class Found:
    """One infection that a test found; ``onset`` is empty without symptoms."""

    person: int
    at: datetime
    onset: datetime | None


@dataclass
class Epidemic:
    """The infections of one city and what is known of them."""

    city: City
    now: datetime
    seed: int
    found: dict[int, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        zone = self.city.days.zone
        self.first_day = self.now.astimezone(zone).date() - timedelta(days=N_DAYS)
        self.rng = np.random.default_rng(self.seed)
        self.outbreak = Outbreak(self.city.days, self.first_day, OPTIONS, seed=self.seed)
        offset = np.arange(N_DAYS + 1) - PEAK_DAY
        self.most = self.rng.poisson(PEAK * np.exp(-0.5 * (offset / SPREAD_DAYS) ** 2))
        self.most = np.maximum(self.most, np.where(np.arange(N_DAYS + 1) < FOUND_FROM, 2, 1))
        settings = [SETTING_OF_KIND[SiteKind(int(kind))] for kind in self.city.population.site_kind]
        self.stays_open = np.asarray([setting not in CLOSED for setting in settings])
        self.spared = _in_large_sites(self.city)
        self.travellers = dict(
            zip(_workers_of_small_firms(self.city, len(BROUGHT_IN)), BROUGHT_IN, strict=True)
        )
        self.counts = {"stays": 0, "trips": 0}
        self.beside = ThreadPoolExecutor(1, "days")
        self.writing: Future[None] | None = None
        self.ahead: dict[date, Future[tuple[Array, pl.DataFrame]]] = {}

    def resident(self) -> int:
        """Return somebody (index) who lives with the traveller whose household the demonstration shows."""
        host = next(person for person, on in self.travellers.items() if on == HOST)
        homes = self.city.population.home_of(np.arange(self.city.population.n_persons))
        return int(next(other for other in np.flatnonzero(homes == homes[host]) if other != host))

    @property
    def days(self) -> list[date]:
        """The days of the outbreak, today included."""
        return [self.first_day + timedelta(days=k) for k in range(N_DAYS + 1)]

    def midnight(self, day: date) -> datetime:
        """Return when a day begins."""
        return day_start(day, self.city.days.zone).astimezone(UTC)

    def live(self, day: date, kept: Mapping[int, int]) -> None:
        """Live through a day: its stays and trips go to the ledger, and some who met are infected.

        kept : person number -> `AT_HOME` or `AWAY`, as the orders in force at its midnight say
        """
        k = (day - self.first_day).days
        midnight = int(self.midnight(day).timestamp())
        for person, on in self.travellers.items():
            if on == k:
                self.outbreak.bring_in(person, midnight - 4 * 86400)
        self.written()
        stays, trips = self._planned(day)
        where = np.zeros(self.city.population.n_persons + 1, np.int8)
        for person, place in kept.items():
            where[person] = place
        held, is_home = where[stays[:, 0]], stays[:, 1] >= HOME_NUMBER
        is_open = is_home | (k < CLOSED_FROM) | self.stays_open[np.where(is_home, 0, stays[:, 1] - 1)]
        stays = stays[((held == 0) & is_open) | ((held == AT_HOME) & is_home)]
        self.outbreak.live(day, stays, at_most=int(self.most[k]), spared=self.spared)
        trips = trips.filter(pl.Series(where[trips["person"].to_numpy()] == 0))
        self.writing = self.beside.submit(self._record, day, stays, trips)
        following = day + timedelta(days=1)
        if following <= self.days[-1]:
            self.ahead[following] = self.beside.submit(self.city.days.whole_day, following)

    def written(self) -> None:
        """Wait until the ledger holds every day that was lived; whoever reads it asks for this first."""
        if self.writing is not None:
            self.writing.result()
            self.writing = None

    def _planned(self, day: date) -> tuple[Array, pl.DataFrame]:
        """Return what everybody would do on a day, were nobody kept in."""
        ready = self.ahead.pop(day, None)
        return ready.result() if ready is not None else self.city.days.whole_day(day)

    def _record(self, day: date, stays: Array, trips: pl.DataFrame) -> None:
        """Append a day to the ledger, nothing of it that lies ahead of the real now."""
        limit = int(self.now.timestamp())
        stays = stays[stays[:, 3] <= limit]
        names = ("person", "place", "from_s", "until_s")
        frame = pl.DataFrame(dict(zip(names, stays.T.copy(), strict=True)))
        tables = {
            "stays": frame.with_columns(pl.lit(SOURCE).alias("source")),
            "trips": trips.filter(pl.col("until_s") <= limit),
        }
        at = min(self.midnight(day + timedelta(days=1)), self.now)
        for table, rows in tables.items():
            report = get_ledger().append(
                table, rows, batch_id=f"demo:{table}:{self.seed}:{day}", recorded_at=at
            )
            self.counts[table] += report.n_accepted

    def found_on(self, day: date, kept: Mapping[int, int]) -> list[Found]:
        """Return whom the results of a day's evening find."""
        if (day - self.first_day).days < FOUND_FROM:
            return []
        found = []
        for person, onset, has_symptoms in self._unknown():
            at = self.midnight(day) + timedelta(hours=17.5 + 4.5 * float(self.rng.random()))
            if self._ready(person, onset, has_symptoms, kept) <= at < self.now:
                found.append(self._note(person, onset, has_symptoms, at))
        return sorted(found, key=lambda one: one.at)

    def next_found(self, at: datetime) -> Found | None:
        """Find at an instant whoever would be found next."""
        unknown = [one for one in self._unknown() if one[1] - timedelta(days=2) < at]
        if not unknown:
            return None
        person, onset, has_symptoms = min(unknown, key=lambda one: one[1])
        return self._note(person, onset, has_symptoms and onset < at, at)

    def _unknown(self) -> list[tuple[int, datetime, bool]]:
        return [
            (index + 1, datetime.fromtimestamp(row[4], UTC), row[6])
            for index, row in self.outbreak.rows.items()
            if index + 1 not in self.found
        ]

    def _ready(self, person: int, onset: datetime, has_symptoms: bool, kept: Mapping[int, int]) -> datetime:
        """Return from when a test finds somebody; who fell ill unseen is found in the first days after that."""
        if person in kept:
            return onset - BEFORE_ONSET
        share = np.random.default_rng((self.seed, person)).random()
        more = 0.0 if has_symptoms else WITHOUT_SYMPTOMS
        ready = onset + timedelta(days=DELAYS[0] + (DELAYS[1] - DELAYS[0]) * share + more)
        return max(ready, self.midnight(self.days[FOUND_FROM]) + timedelta(days=6 * share))

    def _note(self, person: int, onset: datetime, has_symptoms: bool, at: datetime) -> Found:
        self.found[person] = at
        return Found(person, at, onset if has_symptoms and onset < at else None)

    def source_of(self, person: int) -> tuple[int, int]:
        """Return the infector and the place of an infection, as the interview finds them; zeros when imported."""
        row = self.outbreak.rows[person - 1]
        return row[1] + 1, row[2]


def _in_large_sites(city: City) -> Array:
    """Return who belongs to a school or workplace too large to be read."""
    population = city.population
    sites = population.site_of(np.arange(population.n_persons))
    return (sites >= 0) & (_site_sizes(city)[sites] > MAX_SITE)


def _site_sizes(city: City) -> Array:
    population = city.population
    sites = population.site_of(np.arange(population.n_persons))
    return np.bincount(sites[sites >= 0], minlength=population.n_sites)


def _workers_of_small_firms(city: City, n: int) -> list[int]:
    """Return persons (index) with a family, spread over the city: circles of contacts that can be read on a screen."""
    population = city.population
    persons = np.flatnonzero(
        (population.role == Role.WORKER) & (population.age >= 25) & (population.age < 55)
    )
    sites = population.site_of(persons)
    size = _site_sizes(city)
    homes = population.home_of(np.arange(population.n_persons))
    family = np.bincount(homes, minlength=population.n_persons)[homes[persons]]
    small = persons[(sites >= 0) & (size[sites] >= 15) & (size[sites] <= 40) & (family >= 4)]
    return [int(person) for person in small[:: max(1, len(small) // n)][:n]]
