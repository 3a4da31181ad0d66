# mypy: disable-error-code="no-untyped-def"
"""A small outbreak that agrees with the stays of a population: who infected whom, where, when.

Owns the spread over the stays of `simulate.activity` for line lists and demonstrations, where each infection
must lie in a stay that both persons made. The engine of `simulate.run` serves everything larger.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from numba import njit
from scipy import stats

from tongzhou.core.errors import InputError
from tongzhou.core.exposures import Setting
from tongzhou.core.time import day_start
from tongzhou.epi.simulate.activity import SETTING_OF_KIND, Days
from tongzhou.epi.simulate.day_plans import HOME_NUMBER
from tongzhou.epi.simulate.disease import Disease, load_disease
from tongzhou.epi.simulate.hashing import key_of, unit
from tongzhou.epi.simulate.population import SiteKind

Array = np.ndarray[Any, np.dtype[Any]]

_CROWD = 10.0
_OTHER_TEAM = 0.15
_SAMPLE = 400
_SAMPLE_DAYS = 7


@dataclass(frozen=True, slots=True)
class OutbreakOptions:
    """How a small outbreak runs.

    disease : str — as `load_disease` reads it
    r0 : float or None — mean infections by one case; the disease's own when left out
    n_index : int, persons — drawn at random among 20 to 60 years old, unless `index_persons` names them
    index_persons : tuple of int — indices of persons, infected at noon of the first day
    hours_weight : hazard of an hour together by setting, relative to an hour in class or at work
    """

    disease: str = "sars-cov-2/wild-type"
    r0: float | None = None
    n_index: int = 3
    index_persons: tuple[int, ...] = ()
    hours_weight: tuple[tuple[Setting, float], ...] = (
        (Setting.HOUSEHOLD, 0.5),
        (Setting.SCHOOL, 1.0),
        (Setting.WORK, 1.0),
        (Setting.DINING, 4.0),
        (Setting.SHOP, 1.0),
        (Setting.LEISURE, 4.0),
        (Setting.HEALTH_CARE, 1.0),
        (Setting.CARE_HOME, 1.5),
    )


@njit(cache=True, nogil=True)
def _meet(stays, order, places, weight, infectious, team, setting_weight, salt, day, out, sums):
    """Walk the stays of infectious persons; write infections (other, infector, place, second) and hazards.

    weight : float64 — infectiousness of each infectious person on this day; zero `out` rows only sum hazards
    """
    n = 0
    for k in range(len(infectious)):
        p = infectious[k]
        low, high = np.searchsorted(stays[:, 0], p + 1), np.searchsorted(stays[:, 0], p + 2)
        for i in range(low, high):
            place = stays[i, 1]
            first, last = np.searchsorted(places, place), np.searchsorted(places, place + 1)
            crowd = max(1.0, (last - first) / _CROWD) if place < HOME_NUMBER else 1.0
            hazard = (
                weight[k] * (setting_weight[place - 1] if place < HOME_NUMBER else setting_weight[-1]) / crowd
            )
            for j in range(first, last):
                row = order[j]
                q = stays[row, 0] - 1
                start, end = max(stays[i, 2], stays[row, 2]), min(stays[i, 3], stays[row, 3])
                if q == p or end <= start:
                    continue
                near = 1.0 if place >= HOME_NUMBER or team[p] == team[q] else _OTHER_TEAM
                h = hazard * near * (end - start) / 3600.0
                sums[k] += h
                key = key_of(salt, q * 1_000_003 + i, p + day)
                if n < len(out) and unit(key) < 1.0 - np.exp(-h):
                    out[n, 0], out[n, 1], out[n, 2] = q, p, place
                    out[n, 3] = start + int((end - start) * unit(key + np.uint64(1)))
                    n += 1
    return n


class _Spread:
    """State of one outbreak while its days are walked."""

    def __init__(
        self, days: Days, disease: Disease, options: OutbreakOptions, rng: np.random.Generator
    ) -> None:
        self.days, self.population, self.disease, self.rng = days, days.population, disease, rng
        hours = dict(options.hours_weight)
        kinds = {
            k: hours.get(SETTING_OF_KIND[SiteKind(k)], 1.0) for k in np.unique(self.population.site_kind)
        }
        by_site = np.asarray([kinds[k] for k in self.population.site_kind], float)
        self.setting_weight = np.append(by_site, hours.get(Setting.HOUSEHOLD, 1.0))
        self.salt = np.uint64(rng.integers(1 << 62))
        self.scale = 1.0

    def walk(self, day: date, infectious: Array, weight: Array, n_out: int) -> tuple[Array, Array]:
        """Return the infections of one day, int64 (n, 4), and the hazard each infectious person gave."""
        stays = self.days.stays_of_day(day)
        order = np.argsort(stays[:, 1], kind="stable")
        out, sums = np.zeros((n_out, 4), np.int64), np.zeros(len(infectious))
        n = _meet(
            stays,
            order,
            stays[order, 1],
            weight * self.scale,
            infectious,
            self.population.team,
            self.setting_weight,
            self.salt,
            day.toordinal(),
            out,
            sums,
        )
        return out[:n], sums

    def calibrate(self, first_day: date, r0: float) -> None:
        """Set the scale so that a random person gives `r0` hazards over a whole course."""
        sample = np.sort(
            self.rng.choice(self.population.n_persons, min(_SAMPLE, self.population.n_persons), False)
        )
        total = np.zeros(len(sample))
        for k in range(_SAMPLE_DAYS):
            total += self.walk(first_day + timedelta(days=k), sample, np.ones(len(sample)), 0)[1]
        symptomatic = self.disease.symptomatic[self.population.age[sample]]
        relative = symptomatic + (1 - symptomatic) * self.disease.asymptomatic_relative
        mean = (total * relative).mean() / _SAMPLE_DAYS
        self.scale = r0 / mean if mean > 0 else 0.0

    def course(self, person: int, infected_s: int) -> tuple[float, float, bool]:
        """Draw onset (seconds), individual infectiousness and symptoms of one infection."""
        u, k = self.rng.random(3), self.disease.dispersion_k
        onset = infected_s + 86400 * np.interp(u[0] * 1023, np.arange(1024), self.disease.incubation)
        factor = float(stats.gamma.ppf(u[1], k, scale=1 / k)) if k > 0 else 1.0
        return float(onset), factor, bool(u[2] < self.disease.symptomatic[self.population.age[person]])

    def daily_share(self, onset_s: float, infected_s: int, midnight: int) -> float:
        """Return the part of a course's infectiousness that falls on a day."""
        at = onset_s + 86400 * self.disease.transmission
        at = np.maximum(at, infected_s + 86400 * self.disease.min_latent)
        return float(np.mean((at >= midnight) & (at < midnight + 86400)))


def spread_on_stays(
    days: Days, first_day: date, n_days: int, options: OutbreakOptions | None = None, *, seed: int = 0
) -> pl.DataFrame:
    """Return the infections of a small outbreak on the stays of `days`.

    Returns
    -------
    DataFrame
        person, infector (null for index cases) — ledger numbers; place; setting; infected_s, onset_s —
        seconds
        since 1970 UTC; is_symptomatic (onset_s then is when the infection peaks); generation. In order of
        time.
        Each infection lies in a stay of both persons at `place`.

    Raises
    ------
    InputError
        ``simulate.bad_index`` for index persons that do not exist.
    """
    options = options or OutbreakOptions()
    disease = load_disease(options.disease)
    if disease.infectious_days is not None:
        raise InputError(
            "simulate.no_profile",
            f"{options.disease} has no profile around onset.",
            "Choose a variant of sars-cov-2.",
        )
    spread = _Spread(days, disease, options, np.random.default_rng(seed))
    index = _index_persons(days, options, spread.rng)
    spread.calibrate(first_day, options.r0 or disease.r0)
    noon = int(day_start(first_day, days.zone).timestamp()) + 43200
    rows: dict[int, tuple[Any, ...]] = {p: (p, -1, 0, noon, *spread.course(p, noon), 0) for p in index}
    for k in range(n_days):
        day = first_day + timedelta(days=k)
        midnight = int(day_start(day, days.zone).timestamp())
        active = {
            p: row[5]
            * spread.daily_share(row[4], row[3], midnight)
            * (1.0 if row[6] else disease.asymptomatic_relative)
            for p, row in rows.items()
        }
        some = np.asarray(sorted(p for p, w in active.items() if w > 0), np.int64)
        if len(some) == 0:
            continue
        met, _ = spread.walk(day, some, np.asarray([active[int(p)] for p in some]), 100_000)
        for other, infector, place, second in met[np.argsort(met[:, 3], kind="stable")].tolist():
            if other not in rows:
                course = spread.course(other, second)
                rows[other] = (other, infector, place, second, *course, rows[infector][7] + 1)
    return _as_frame(list(rows.values()), days)


def _index_persons(days: Days, options: OutbreakOptions, rng: np.random.Generator) -> list[int]:
    """Return the index persons, drawn where none is named."""
    n = days.population.n_persons
    bad = [p for p in options.index_persons if not 0 <= p < n]
    if bad:
        raise InputError(
            "simulate.bad_index", f"Persons {bad} do not exist.", f"Give indices from 0 to {n - 1}."
        )
    if options.index_persons:
        return list(options.index_persons)
    adults = np.flatnonzero((days.population.age >= 20) & (days.population.age < 60))
    return [int(p) for p in rng.choice(adults, options.n_index, replace=False)]


def _as_frame(rows: list[tuple[Any, ...]], days: Days) -> pl.DataFrame:
    """Return infections as a frame with ledger numbers and settings."""
    kinds = days.population.site_kind

    def setting(place: int) -> str | None:
        if place == 0:
            return None
        if place >= HOME_NUMBER:
            return Setting.HOUSEHOLD.value
        return SETTING_OF_KIND[SiteKind(int(kinds[place - 1]))].value

    rows.sort(key=lambda row: (row[3], row[0]))
    return pl.DataFrame(
        {
            "person": [row[0] + 1 for row in rows],
            "infector": [row[1] + 1 if row[1] >= 0 else None for row in rows],
            "place": [row[2] or None for row in rows],
            "setting": [setting(row[2]) for row in rows],
            "infected_s": [row[3] for row in rows],
            "onset_s": [int(row[4]) for row in rows],
            "is_symptomatic": [row[6] for row in rows],
            "generation": [row[7] for row in rows],
        },
        schema_overrides={"infector": pl.Int64, "place": pl.Int64, "setting": pl.String},
    )
