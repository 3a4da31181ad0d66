"""The engine: walks the days of an epidemic in a population, in threads, with work that grows with infections.

Owns the state of a run, snapshots and branches. Never reads a file or a clock; equal inputs give equal outcomes
on any number of threads and shards.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from tongzhou.core.errors import InputError
from tongzhou.core.estimates import digest_arrays
from tongzhou.core.measures import Measures, check_measures
from tongzhou.epi.simulate import sparse
from tongzhou.epi.simulate.checks import check_options, check_run, is_whole
from tongzhou.epi.simulate.contacts import INTRODUCED
from tongzhou.epi.simulate.disease import Disease, check_disease, load_disease
from tongzhou.epi.simulate.introductions import Introductions, plan_introductions
from tongzhou.epi.simulate.kernels import BLOCK, SERIES, accept_shard, mark_infected, pack
from tongzhou.epi.simulate.layout import (
    AGE_GROUP_FROM,
    Layout,
    individual_factor,
    lay_out,
    scale_to_r0,
    site_factor,
)
from tongzhou.epi.simulate.orders import Orders
from tongzhou.epi.simulate.population import Population
from tongzhou.epi.simulate.queue import ContactQueue
from tongzhou.epi.simulate.rules import DayRules
from tongzhou.epi.simulate.scratch import Scratch
from tongzhou.epi.simulate.spread import make_desk, spread_shard
from tongzhou.epi.simulate.switches import CASES, CaseCount

Array = np.ndarray[Any, np.dtype[Any]]

MAX_DAYS = 1000
_ALONE = 20_000
"""A day with fewer contacts is walked by one thread: starting others would cost more."""


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How a run is computed; none of it changes the outcome but `keeps_line_list` and `scale`.

    n_threads : int; shard_bits : int or None — log2 of persons in a shard; None fits about 64 shards
    keeps_line_list : bool — 8 bytes an infection
    scale : float or None — infections a unit of contact gives; None calibrates it to the disease's R0
    """

    n_threads: int = 2
    shard_bits: int | None = None
    keeps_line_list: bool = True
    scale: float | None = None


@dataclass(slots=True)
class _Tally:
    """Daily series by area and age, and the infecting contacts of each day and shard."""

    by_area: Array
    by_age: Array
    infections: list[tuple[int, int, Array]]


class Simulation:
    """One epidemic in one population.

    Parameters
    ----------
    population : Population
    disease : Disease or str
    measures : Measures or None
    n_days : int, days — the horizon; series have this length
    seed : int — runs of equal seed share their random numbers whatever the measures
    introductions : mapping of area code to persons infected on the first day, or to persons day by day; `Arrivals`
        where they come in parties, or were infected before
    first_day : date — the calendar day of day 0; without it, days are numbers and the season is left out

    Raises
    ------
    InputError
        ``simulate.unknown_area``, ``simulate.bad_days``, ``simulate.bad_introductions``, ``measures.bad_value``,
        ``simulate.more_beds_than_people``, ``simulate.bad_argument``, ``disease.negative``,
        ``disease.bad_probability``.
    """

    def __init__(
        self,
        population: Population,
        disease: Disease | str = "sars-cov-2/wild-type",
        measures: Measures | None = None,
        *,
        n_days: int = 100,
        seed: int = 0,
        introductions: Introductions | None = None,
        first_day: date | None = None,
        options: EngineOptions | None = None,
    ) -> None:
        check_run(population, measures, introductions, first_day, seed)
        self.options, self.first_day = options or EngineOptions(), first_day
        check_options(self.options)
        self.population, self.seed, self.n_days = population, seed, n_days
        self.disease = load_disease(disease) if isinstance(disease, str) else disease
        check_disease(self.disease)
        if not is_whole(n_days, 1, MAX_DAYS):
            raise InputError("simulate.bad_days", f"{n_days} days cannot be run.", f"Choose 1 to {MAX_DAYS}.")
        self.layout: Layout = lay_out(population)
        scale = self.options.scale
        self.scale = scale_to_r0(self.layout, self.disease) if scale is None else scale
        self.introductions = introductions or {}
        self._plan = plan_introductions(population, self.introductions, n_days, seed)
        self._cut_shards()
        self.infected_at = sparse.zeros(population.n_persons, np.uint16)
        n_areas, n_groups = len(population.area_code), len(AGE_GROUP_FROM)
        shape = (self.options.n_threads, n_areas, len(SERIES), n_days)
        self.tally = _Tally(
            np.zeros(shape, np.int32), np.zeros((shape[0], n_groups, *shape[2:]), np.int32), []
        )
        self.day = 0
        self.cases = CaseCount(n_areas)
        self._take_desks()
        self._fix_disease()
        self._set_measures(measures or Measures())

    def _take_desks(self) -> None:
        """Take the arrays that workers use again and again."""
        self._desks = [make_desk(worker) for worker in range(self.options.n_threads)]
        self._scratch = Scratch()

    def _cut_shards(self) -> None:
        """Choose shards and make the queue."""
        n = self.population.n_persons
        bits = self.options.shard_bits
        self.shard_bits = (
            max(10, min(16, n.bit_length()), math.ceil(math.log2(max(n, 2) / 64))) if bits is None else bits
        )
        self.person_bits = max(10, (n + 1).bit_length())
        self.n_shards = ((n - 1) >> self.shard_bits) + 1
        last = self.disease.incubation.max() + max(self.disease.transmission.max(), 0.0) + 2
        if self.disease.infectious_days is not None:
            last = self.disease.incubation.max() + self.disease.infectious_days.max() + 2
        self.n_slots = int(min(math.ceil(last) + 2, self.n_days + 1))
        capacity = int(n * max(1.0, self.disease.r0))
        self.queue = ContactQueue(self.options.n_threads, self.n_slots, self.n_shards, capacity)

    def _fix_disease(self) -> None:
        """Lay out what the kernels need of the disease."""
        d = self.disease
        amplitude = d.season[0] if self.first_day else 0.0
        days = np.ones(1) if d.infectious_days is None else d.infectious_days
        self._disease = (
            self.scale * (1.0 + amplitude), d.layers, (d.own_team, d.near, d.same_city), d.transmission, days,
            float(days.mean()), d.start, d.min_latent, d.asymptomatic_relative,
        )  # fmt: skip
        self.course_tables = (
            d.incubation, individual_factor(d), d.symptomatic, d.admitted, d.icu, d.died, d.delays, self._plan.brought,
        )  # fmt: skip
        self._places = (site_factor(d.place_k), np.uint64(self.population.seed))

    def _set_measures(self, measures: Measures) -> None:
        """Check measures and compile them for the days to come."""
        check_measures(measures)
        ready = measures.capacities
        beds = max(ready.beds + ready.icu_beds, ready.quarantine_rooms)
        if beds > self.population.n_persons:
            raise InputError(
                "simulate.more_beds_than_people",
                f"{beds} beds or rooms for {self.population.n_persons} persons.",
                "Give those of the area simulated.",
            )
        self.measures = measures
        year_day = float(self.first_day.timetuple().tm_yday) if self.first_day else None
        self.rules = DayRules(self.population, self.disease, measures, year_day)
        self.orders = Orders(self, measures)

    def snapshot(self) -> Simulation:
        """Return an independent copy of the run as it stands; advancing one leaves the other."""
        twin = object.__new__(Simulation)
        twin.__dict__.update(self.__dict__)
        twin.infected_at, twin.queue = sparse.copy(self.infected_at), self.queue.copy()
        twin.tally = _Tally(self.tally.by_area.copy(), self.tally.by_age.copy(), list(self.tally.infections))
        twin.rules, twin.cases = self.rules.copy(), self.cases.copy()
        twin._take_desks()
        twin.orders = self.orders.copy(twin)
        return twin

    def branch(self, measures: Measures) -> Simulation:
        """Return a copy that goes on under other measures; orders in force and spans counted from day 0 remain."""
        twin = self.snapshot()
        old = twin.orders
        twin._set_measures(measures)
        twin.orders.inherit(old)
        return twin

    def advance(self, n_days: int | None = None, progress: Callable[[int], bool] | None = None) -> None:
        """Walk `n_days` more days (all that are left when left out).

        progress : called after each day with its number; a true answer cancels the run there
        """
        until = self.n_days if n_days is None else min(self.n_days, self.day + n_days)
        with ThreadPoolExecutor(self.options.n_threads) as pool:
            while self.day < until and not self._is_over():
                self._walk_day(pool)
                self.day += 1
                if progress is not None and progress(self.day):
                    return
        self.day = max(self.day, until) if self._is_over() else self.day

    def population_digest(self) -> str:
        """Return what identifies the population: its marginals and seed, from which it can be made again."""
        p = self.population
        return digest_arrays(p.area_code, p.area_residents, p.cell_start, np.asarray([p.seed]))

    def _is_over(self) -> bool:
        """Whether nothing can happen any more."""
        later = any(day >= self.day for day in self._plan.by_day)
        return not later and self.queue.n_waiting == 0 and not self.orders.has_pending

    def _walk_day(self, pool: ThreadPoolExecutor) -> None:
        """Walk one day, in rounds as long as cases of the day infect on the day."""
        slot = self.day % self.n_slots
        self.cases.advance(self.tally.by_area, self.day)
        self.rules.begin_day(self.day, self.cases)
        self.orders.begin_day(self.day)
        self._introduce(slot)
        while True:
            waiting = self.queue.count[:, slot, :].sum(axis=0)
            shards = np.flatnonzero(waiting)
            if len(shards) == 0:
                return
            n_threads = 1 if waiting.sum() < _ALONE else self.options.n_threads
            found = self._accept(pool, n_threads, shards, waiting, slot)
            self._spread(pool, n_threads, found, slot)

    @property
    def n_cases(self) -> int:
        """Reported cases up to the day before."""
        return int(self.tally.by_age[:, :, CASES, : self.day].sum())

    def _introduce(self, slot: int) -> None:
        """Queue the infections brought in from outside."""
        planned = self._plan.by_day.get(self.day)
        if planned is None:
            return
        person, tick, lottery = planned
        if self.day > 0:  # those of the first day are there already
            meets = lottery >= self.rules.share_caught_at_border
            person, tick = person[meets], tick[meets]
        nobody = (1 << self.person_bits) - 1
        mask = (1 << self.shard_bits) - 1
        contacts = np.asarray(
            [
                pack(int(p) & mask, int(t), nobody, INTRODUCED, self.person_bits)
                for p, t in zip(person, tick, strict=True)
            ],
            np.int64,
        )
        self.queue.add(contacts, person >> self.shard_bits, slot)

    def _in_turn(
        self, pool: ThreadPoolExecutor, n_threads: int, parts: Sequence[Any], work: Callable[[Any, int], None]
    ) -> None:
        """Give parts to workers one by one until none is left."""
        turn = itertools.count()

        def serve(worker: int) -> None:
            while (k := next(turn)) < len(parts):
                work(parts[k], worker)

        if n_threads == 1:
            serve(0)
        else:
            list(pool.map(serve, range(n_threads)))

    def _accept(
        self, pool: ThreadPoolExecutor, n_threads: int, shards: Array, waiting: Array, slot: int
    ) -> list[Any]:
        """Infect who is infected today; return (shard, infecting contacts, which are further infections).

        What is returned lies in arrays that the next round uses again.
        """
        found: list[Any] = []
        codes = (slot, self.shard_bits, self.person_bits)
        most = int(waiting.sum())
        room = [
            (
                self._scratch.take("contacts", w, most, np.int64),
                self._scratch.take("again", w, most, np.uint8),
            )
            for w in range(n_threads)
        ]
        filled = [0] * n_threads

        def work(shard: int, worker: int) -> None:
            out, again = (array[filled[worker] :] for array in room[worker])
            n = accept_shard(
                shard, self.day, codes, self.queue.arrays, (self.population.age, self.infected_at),
                self.rules.of_acceptance, self.orders.arrays, self.rules.zones, np.uint64(self.seed), worker, out,
            )  # fmt: skip
            if n:
                out[:n].sort()
                n, n_again = mark_infected(
                    n, out, shard << self.shard_bits, self.day, self.person_bits, self.infected_at, again
                )
                found.append((int(shard), out[:n], again[: n if n_again else 0]))
                filled[worker] += n

        self._in_turn(pool, n_threads, [int(s) for s in shards], work)
        found.sort(key=lambda item: item[0])
        return found

    def _spread(self, pool: ThreadPoolExecutor, n_threads: int, found: list[Any], slot: int) -> None:
        """Draw the courses and contacts of the new cases, and give them to the orders."""
        codes = (slot, self.shard_bits, self.person_bits)
        persons = (self.population.age, self.population.cell_area, self.layout.age_group)
        n_new = sum(len(new) for _, new, _ in found)
        ends = itertools.accumulate(len(new) for _, new, _ in found)
        report = self._scratch.take("reports", 0, n_new, np.int32)
        reports = [report[end - len(new) : end] for (_, new, _), end in zip(found, ends, strict=True)]
        at = [0] * len(found)
        severity = (self.rules.protection.severe, self.disease.severity_again)

        def work(k: int, worker: int) -> None:
            shard, new, again = found[k]
            counts = (self.tally.by_area[worker], self.tally.by_age[worker], reports[k])
            at[k] = spread_shard(
                shard, self.day, at[k], new, again, codes, self.queue.arrays, persons, self.layout.tables,
                self._disease, self.course_tables, severity, self._places, self.orders.isolation, counts,
                np.uint64(self.seed), self._desks[worker],
            )  # fmt: skip

        left = list(range(len(found)))
        need = int(n_new * self.disease.r0 * 1.2 / BLOCK / n_threads) + 2 * 4096
        while left:
            self.queue.balance(need)
            self._in_turn(pool, n_threads, left, work)
            left = [k for k in left if at[k] < len(found[k][1])]
        for (shard, new, again), report in zip(found, reports, strict=True):
            self.orders.learn(self.day, shard, new, report, again)
            if self.options.keeps_line_list:
                self.tally.infections.append((self.day, shard, new.copy()))
