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


class Outbreak:
    """A small outbreak on the stays of `days`, lived one day after the other.

    Parameters
    ----------
    days : Days
    first_day : date — the index persons are infected at its noon
    options : OutbreakOptions or None — its defaults when left out
    seed : int

    Raises
    ------
    InputError
        ``simulate.bad_index`` for index persons that do not exist; ``simulate.no_profile`` for a disease that is
        not described around onset.
    """

    def __init__(
        self, days: Days, first_day: date, options: OutbreakOptions | None = None, *, seed: int = 0
    ) -> None:
        self.options = options or OutbreakOptions()
        self.days, self.population, self.disease = days, days.population, _disease_of(self.options)
        self.rng = np.random.default_rng(seed)
        hours = dict(self.options.hours_weight)
        kinds = {
            k: hours.get(SETTING_OF_KIND[SiteKind(k)], 1.0) for k in np.unique(self.population.site_kind)
        }
        by_site = np.asarray([kinds[k] for k in self.population.site_kind], float)
        self.setting_weight = np.append(by_site, hours.get(Setting.HOUSEHOLD, 1.0))
        self.salt = np.uint64(self.rng.integers(1 << 62))
        self.scale = 1.0
        index = _index_persons(days, self.options, self.rng)
        self._calibrate(first_day, self.options.r0 or self.disease.r0)
        noon = int(day_start(first_day, days.zone).timestamp()) + 43200
        self.rows: dict[int, tuple[Any, ...]] = {}
        for person in index:
            self.bring_in(person, noon)

    def bring_in(self, person: int, infected_s: int) -> None:
        """Let a person (index) have been infected elsewhere; somebody infected already stays as they are."""
        if person not in self.rows:
            self.rows[person] = (person, -1, 0, infected_s, *self._course(person, infected_s), 0)

    def live(
        self,
        day: date,
        stays: Array | None = None,
        *,
        at_most: int | None = None,
        spared: Array | None = None,
    ) -> list[int]:
        """Live through one day; return who was infected on it, as indices in the order of time.

        Parameters
        ----------
        stays : int64, shape (S, 4) — of the day, by person, then time; those of `days` when left out. Without
            the stays of people in isolation or quarantine, nobody is infected by them or among them
        at_most : int, persons — a draw of so many of those who would be infected; all when left out
        spared : bool, shape (persons,) — who is not infected whatever they meet
        """
        midnight = int(day_start(day, self.days.zone).timestamp())
        active = {
            p: row[5]
            * self._daily_share(row[4], row[3], midnight)
            * (1.0 if row[6] else self.disease.asymptomatic_relative)
            for p, row in self.rows.items()
        }
        some = np.asarray(sorted(p for p, w in active.items() if w > 0), np.int64)
        if len(some) == 0:
            return []
        met, _ = self._walk(day, some, np.asarray([active[int(p)] for p in some]), 100_000, stays)
        first: dict[int, tuple[int, int, int]] = {}
        for other, infector, place, second in met[np.argsort(met[:, 3], kind="stable")].tolist():
            if other not in self.rows and not (spared is not None and spared[other]):
                first.setdefault(other, (infector, place, second))
        fresh = list(first)
        if at_most is not None and len(fresh) > at_most:
            fresh = [fresh[i] for i in np.sort(self.rng.choice(len(fresh), at_most, replace=False))]
        for other in fresh:
            infector, place, second = first[other]
            generation = self.rows[infector][7] + 1
            self.rows[other] = (other, infector, place, second, *self._course(other, second), generation)
        return fresh

    def frame(self) -> pl.DataFrame:
        """Return the infections until now, with the columns of `spread_on_stays`."""
        return _as_frame(list(self.rows.values()), self.days)

    def _walk(
        self, day: date, infectious: Array, weight: Array, n_out: int, stays: Array | None = None
    ) -> tuple[Array, Array]:
        """Return the infections of one day, int64 (n, 4), and the hazard each infectious person gave."""
        stays = self.days.stays_of_day(day) if stays is None else stays
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

    def _calibrate(self, first_day: date, r0: float) -> None:
        """Set the scale so that a random person gives `r0` hazards over a whole course."""
        sample = np.sort(
            self.rng.choice(self.population.n_persons, min(_SAMPLE, self.population.n_persons), False)
        )
        total = np.zeros(len(sample))
        for k in range(_SAMPLE_DAYS):
            total += self._walk(first_day + timedelta(days=k), sample, np.ones(len(sample)), 0)[1]
        symptomatic = self.disease.symptomatic[self.population.age[sample]]
        relative = symptomatic + (1 - symptomatic) * self.disease.asymptomatic_relative
        mean = (total * relative).mean() / _SAMPLE_DAYS
        self.scale = r0 / mean if mean > 0 else 0.0

    def _course(self, person: int, infected_s: int) -> tuple[float, float, bool]:
        """Draw onset (seconds), individual infectiousness and symptoms of one infection."""
        u, k = self.rng.random(3), self.disease.dispersion_k
        onset = infected_s + 86400 * np.interp(u[0] * 1023, np.arange(1024), self.disease.incubation)
        factor = float(stats.gamma.ppf(u[1], k, scale=1 / k)) if k > 0 else 1.0
        return float(onset), factor, bool(u[2] < self.disease.symptomatic[self.population.age[person]])

    def _daily_share(self, onset_s: float, infected_s: int, midnight: int) -> float:
        """Return the part of a course's infectiousness that falls on a day."""
        at = onset_s + 86400 * self.disease.transmission
        at = np.maximum(at, infected_s + 86400 * self.disease.min_latent)
        return float(np.mean((at >= midnight) & (at < midnight + 86400)))


def _disease_of(options: OutbreakOptions) -> Disease:
    disease = load_disease(options.disease)
    if disease.infectious_days is not None:
        raise InputError(
            "simulate.no_profile",
            f"{options.disease} has no profile around onset.",
            "Choose a variant of sars-cov-2.",
        )
    return disease


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
    outbreak = Outbreak(days, first_day, options, seed=seed)
    for k in range(n_days):
        outbreak.live(first_day + timedelta(days=k))
    return outbreak.frame()


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
