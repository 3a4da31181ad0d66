"""Orders of a run: who is reported, isolated, traced, quarantined, screened, day by day.

Owns the arrays of orders by person and the bill of what they take. Where no measure depends on what happened to
others (tracing, screening, capacity), reports and isolation are part of the course of a case and nothing is kept.
"""

from __future__ import annotations

import weakref
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from tongzhou.core.measures import FOREVER, ContactLayer, MassScreening, Measures, SymptomaticTesting
from tongzhou.epi.simulate import sparse
from tongzhou.epi.simulate.contacts import INTRODUCED
from tongzhou.epi.simulate.course import COURSE_COLUMNS, list_courses
from tongzhou.epi.simulate.disease import quantiles
from tongzhou.epi.simulate.kernels import TICK_BITS
from tongzhou.epi.simulate.rules import LAYER_OF, covered
from tongzhou.epi.simulate.switches import CASES, Switch
from tongzhou.epi.simulate.tracing import link_infections, test_contacts, trace_cases

if TYPE_CHECKING:
    from tongzhou.epi.simulate.engine import Simulation

Array = np.ndarray[Any, np.dtype[Any]]

RESOURCES = (
    "tests",
    "traced_cases",
    "untraced_cases",
    "contacts_found",
    "secondary_found",
    "quarantine_change",
    "isolation_change",
    "restricted",
)
FOUND_BY = ("symptoms", "contact", "screening")
_NOT_ISOLATED = 65535
_RECENT_DAYS = 30
_BATCH = 2000
_ROOM = (1 << 16, 512)
"""Places for contacts found in one call: at least, and a case; further contacts are ordered but not counted."""


class Orders:
    """Orders in force and pending."""

    def __init__(self, simulation: Simulation, measures: Measures) -> None:
        self._owner, self._measures = weakref.ref(simulation), measures
        n_days = simulation.n_days
        self.bill = {name: np.zeros((len(simulation.population.area_code), n_days + 1)) for name in RESOURCES}
        testing, tracing = measures.testing, measures.tracing
        self.acts_daily = bool(
            tracing
            or measures.screenings
            or (
                testing
                and (measures.capacities.tests_per_day or testing.span.from_day or testing.span.from_cases)
            )
        )
        simulation.rules.has_orders = self.acts_daily
        n_areas = len(simulation.population.area_code)
        self._switches = [Switch(screening.span, n_areas) for screening in measures.screenings]
        self._testing = Switch(testing.span, 1) if testing else None
        self._tracing = Switch(tracing.span, 1) if tracing else None
        self._pending: dict[int, list[Array]] = defaultdict(list)
        self._recent: list[tuple[int, Array, Array]] = []
        self._backlog, self._backlog_day = 0.0, 0
        self.reports: list[tuple[int, Array, Array]] = []
        self._scratch = np.empty(0, np.int64)
        self.isolation = self._compile_isolation(testing)
        n = simulation.population.n_persons if self.acts_daily else 1
        by_person = tuple(sparse.zeros(n, np.uint16) for _ in range(3))
        self.arrays = (*by_person, self._strictness())
        n_links = n if tracing else 1
        self._links = (
            sparse.zeros(n_links, np.int32), sparse.zeros(n_links, np.uint8), sparse.zeros(n_links, np.int32),
            sparse.zeros(n_links, np.int32),
        )  # fmt: skip

    @property
    def _sim(self) -> Simulation:
        """The run these orders belong to; it holds them, so that nothing here keeps its arrays alive."""
        simulation = self._owner()
        if simulation is None:
            raise ReferenceError("The run of these orders is gone.")
        return simulation

    def _compile_isolation(self, testing: SymptomaticTesting | None) -> tuple[Any, ...]:
        """Return isolation as `kernels.spread_shard` takes it."""
        share, table = 0.0, np.zeros(2)
        if testing is not None:
            share = testing.share
            delay = {"kind": "gamma", "mean": testing.delay_mean, "sd": testing.delay_sd}
            table = quantiles(delay, "measures.testing")
        isolation = self._measures.isolation
        adherence = 0.0 if isolation is None else float(isolation.adherence)
        delay_days = 0.0 if isolation is None else float(isolation.delay_days)
        at_home = isolation is not None and isolation.is_at_home
        reporting = (share, table)
        length = self._isolation_days()
        return adherence, delay_days, at_home, reporting, not self.acts_daily, self._sim.n_days, length

    def _isolation_days(self) -> int:
        """Return how long cases are isolated; without a length, until nobody can be infected any more."""
        isolation = self._measures.isolation
        return isolation.days if isolation is not None and isolation.days else FOREVER

    def _strictness(self) -> Array:
        """Return rows isolation, quarantine; columns share of contacts avoided of others, household, and length."""
        table = np.zeros((2, 3))
        table[0, 2] = self._isolation_days()
        for row, part in enumerate((self._measures.isolation, self._measures.tracing)):
            if part is not None:
                table[row, :2] = part.adherence, 0.0 if part.is_at_home else part.adherence
        return table

    @property
    def has_pending(self) -> bool:
        """Whether a report is still to come."""
        return any(day >= self._sim.day for day in self._pending)

    def quarantined_on(self, persons: Array) -> Array:
        """Return the day persons were last put under quarantine as contacts; -1 for never."""
        if not self.acts_daily:
            return np.full(len(persons), -1)
        return np.asarray(self.arrays[1][persons].astype(np.int64) - 1)

    def copy(self, simulation: Simulation) -> Orders:
        """Return an independent copy that belongs to another run."""
        twin = object.__new__(Orders)
        twin.__dict__.update(self.__dict__)
        twin._owner, twin._scratch = weakref.ref(simulation), np.empty(0, np.int64)
        twin.bill = {name: series.copy() for name, series in self.bill.items()}
        twin._pending = defaultdict(list, {day: list(some) for day, some in self._pending.items()})
        twin._recent, twin.reports = list(self._recent), list(self.reports)
        twin._switches = [switch.copy() for switch in self._switches]
        twin._testing, twin._tracing = (s and s.copy() for s in (self._testing, self._tracing))
        twin.arrays = (*(sparse.copy(a) for a in self.arrays[:3]), self.arrays[3])
        twin._links = tuple(sparse.copy(a) for a in self._links)  # type: ignore[assignment]
        return twin

    def inherit(self, old: Orders) -> None:
        """Take over what was in force before the measures changed."""
        self.bill = old.bill
        self._backlog, self._backlog_day = old._backlog, old._backlog_day
        if self.acts_daily and old.acts_daily:
            self._pending, self._recent, self.reports = old._pending, old._recent, old.reports
            self.arrays = (*old.arrays[:3], self.arrays[3])
            if self._measures.tracing and len(old._links[0]) > 1:
                self._links = old._links

    def learn(self, day: int, shard: int, new: Array, report: Array, again: Array) -> None:
        """Take note of new infections: who, by whom, and when they would be reported."""
        if not self.acts_daily or len(new) == 0:
            return
        sim = self._sim
        person, tick, infector, layer = unpack_many(new, sim.person_bits, shard << sim.shard_bits)
        if len(again):
            self._forget(day, person[again > 0])
        if self._measures.tracing:
            link_infections(person, infector, layer, self._links)
        self._recent.append((day, person, day * 64 + tick))
        due = report > 0
        self._schedule(person[due], report[due] - 1, 0)
        inside = self.arrays[1][person] != 0
        inside &= (self.arrays[1][person] <= day + 1) & (self.arrays[2][person] > day)
        if self._measures.tracing and inside.any():
            self._test_in_quarantine(person[inside], day * 64 + tick[inside])

    def _forget(self, day: int, person: Array) -> None:
        """Let persons infected again be reported again, once their isolation is over."""
        isolated_on = self.arrays[0][person].astype(np.int64) - 1
        over = (isolated_on + 1 == _NOT_ISOLATED) | (day >= isolated_on + self._isolation_days())
        self.arrays[0][person[over]] = 0

    def _schedule(self, person: Array, day: Array, how: int) -> None:
        """Note reports by day, with how the case was found."""
        person = person * len(FOUND_BY) + how
        for one in np.unique(day).tolist():
            if one < self._sim.n_days:
                self._pending[int(one)].append(person[day == one])

    def _courses(self, person: Array, moment: Array) -> Array:
        """Return the onset of infections, days, and 1 where there are symptoms, shape (n, 2)."""
        out = np.empty((len(person), COURSE_COLUMNS))
        sim = self._sim
        ones = np.ones(len(person))
        list_courses(
            person,
            moment,
            sim.population.age,
            ones,
            sim.course_tables,
            self.isolation[3],
            np.uint64(sim.seed),
            out,
        )
        return out[:, :2]

    def _test_in_quarantine(self, person: Array, moment: Array) -> None:
        """Schedule the reports of infected persons in quarantine: the day after their first positive test."""
        tracing = self._measures.tracing
        assert tracing is not None  # noqa: S101 — only tracing puts anybody into quarantine
        day = np.empty(len(person), np.int64)
        test_contacts(
            person, moment, self._courses(person, moment), self.arrays[1:3], np.asarray(tracing.test_days, np.int64),
            tracing.sensitivity, self._sim.disease.positive, np.uint64(self._sim.seed), day,
        )  # fmt: skip
        self._schedule(person[day >= 0], day[day >= 0], 1)

    def begin_day(self, day: int) -> None:
        """Carry out what is due on a day: reports, isolation, tracing, screening."""
        self.bill["restricted"][:, day] = self._sim.rules.restricted
        if not self.acts_daily:
            return
        self._recent = [item for item in self._recent if item[0] > day - _RECENT_DAYS]
        self._report(day, *self._take_due(day))
        for screening, switch in zip(self._measures.screenings, self._switches, strict=True):
            on = switch.is_on(day, self._sim.cases) & ((day - switch.begun) % screening.every_days == 0)
            if on.any():
                self._screen(day, screening, on)

    def _take_due(self, day: int) -> tuple[Array, Array]:
        """Return the cases reported today and how they were found, as many as can be tested."""
        due = self._pending.pop(day, [])
        coded = np.unique(np.concatenate(due)) if due else np.zeros(0, np.int64)
        persons, how = coded // len(FOUND_BY), coded % len(FOUND_BY)
        keep = np.append(True, persons[1:] != persons[:-1]) if len(persons) else np.zeros(0, bool)
        keep &= self.arrays[0][persons] == 0
        if self._testing is not None and not self._testing.is_on(day, self._sim.cases).any():
            keep &= how > 0
        persons, how = persons[keep], how[keep]
        capacity = self._measures.capacities.tests_per_day
        if capacity and len(persons) > capacity:
            order = np.argsort((persons * 2654435761 + day) % 4294967296)
            late = order[capacity:]
            self._pending[day + 1].append(persons[late] * len(FOUND_BY) + how[late])
            now = np.sort(order[:capacity])
            persons, how = persons[now], how[now]
        self._count("tests", persons, day)
        return persons, how

    def _report(self, day: int, persons: Array, how: Array) -> None:
        """Count, isolate and trace reported cases."""
        if len(persons) == 0:
            return
        self.reports.append((day, persons, how))
        sim, isolation = self._sim, self._measures.isolation
        area = self._area(persons)
        group = sim.layout.age_group[sim.population.age[persons]]
        for tally, key in ((sim.tally.by_area, area), (sim.tally.by_age, group)):
            tally[0, :, CASES, day] += np.bincount(key, minlength=tally.shape[1]).astype(np.int32)
        if isolation is None:
            self.arrays[0][persons] = _NOT_ISOLATED
        else:
            start = day + int(np.ceil(isolation.delay_days))
            self.arrays[0][persons] = start + 1
            self._count("isolation_change", persons, start)
            self._count("isolation_change", persons, start + isolation.days, -1)
        if self._tracing is not None and self._tracing.is_on(day, sim.cases).any():
            self._trace(day, persons)

    def _area(self, persons: Array) -> Array:
        """Return the areas where persons live, as indices."""
        population = self._sim.population
        return np.asarray(population.cell_area[population.cell_of(persons)])

    def _count(self, name: str, persons: Array, day: int, sign: int = 1) -> None:
        """Count persons in a series of the bill, on one day, each where they live."""
        series = self.bill[name]
        series[:, min(day, self._sim.n_days)] += sign * np.bincount(
            self._area(persons), minlength=len(series)
        )

    def _trace(self, day: int, cases: Array) -> None:
        """Find and quarantine the contacts of cases, as many cases as the tracers can work on."""
        tracing, sim = self._measures.tracing, self._sim
        assert tracing is not None  # noqa: S101 — the switch exists only with the measure
        capacity = tracing.cases_per_day
        tracers = self._measures.capacities.tracers
        if tracers:
            capacity = min(capacity, int(tracers * self._measures.capacities.cases_per_tracer_day))
        order = np.argsort((cases * 2654435761 + day) % 4294967296)
        self._count("untraced_cases", cases[order[capacity:]], day)
        cases = np.sort(cases[order[:capacity]])
        self._count("traced_cases", cases, day)
        coverage = np.zeros(8)
        for layer, share in tracing.coverage.items():
            coverage[LAYER_OF[ContactLayer(layer)]] = share
        start = day + int(np.ceil(tracing.delay_days))
        change = (self.bill["quarantine_change"], sim.population.cell_start, sim.population.cell_area)
        for k in range(0, len(cases), _BATCH):
            some = cases[k : k + _BATCH]
            out = self._room(len(some), tracing.circle)
            n = trace_cases(
                some, day, start, tracing.quarantine_days, coverage, tracing.circle, tracing.degrees,
                tracing.is_backward, sim.layout.tables, self._links, self.arrays[1:3], change, np.uint64(sim.seed), out,
            )  # fmt: skip
            found = np.where(out[:n] < 0, -1 - out[:n], out[:n])
            self._count("contacts_found", found[out[:n] >= 0], day)
            self._count("secondary_found", found[out[:n] < 0], day)
            for after in tracing.test_days:
                self._count("tests", found, start + after)
            found = found[(sim.infected_at[found] != 0) & (self.arrays[0][found] == 0)]
            if len(found):
                self._test_in_quarantine(found, sim.infected_at[found].astype(np.int64) - 1)

    def _room(self, n_cases: int, circle: float) -> Array:
        """Return the scratch array for the contacts of a batch of cases."""
        n = _ROOM[0] + (_ROOM[1] + int(8 * circle)) * n_cases
        if len(self._scratch) < n:
            self._scratch = np.empty(n, np.int64)
        return self._scratch

    def _screen(self, day: int, screening: MassScreening, on: Array) -> None:
        """Test areas; the positive are reported when the result is there, later where the laboratories are short."""
        sim = self._sim
        inside = on & self._inside(screening)
        n_tubes = np.diff(sim.population.area_start) * inside * screening.coverage / screening.pool_size
        person, moment = (
            np.concatenate([np.zeros(0, np.int64), *(item[k] for item in self._recent)]) for k in (1, 2)
        )
        keep = (self.arrays[0][person] == 0) & inside[self._area(person)]
        person, moment = person[keep], moment[keep]
        onset = self._courses(person, moment)[:, 0]
        lottery = np.random.default_rng([sim.seed, day, 5]).random((2, len(person)))
        share = sim.disease.share_positive(day + 0.5 - onset)
        found = lottery[0] < screening.coverage * screening.sensitivity * share
        # Every sample of a positive tube is tested once more, alone.
        positive = np.minimum(np.bincount(self._area(person[found]), minlength=len(inside)), n_tubes)
        n_tests = n_tubes + (positive * screening.pool_size if screening.pool_size > 1 else 0)
        self.bill["tests"][:, day] += n_tests
        delays = self._queue_tests(day, float(n_tests.sum()), lottery[1][found])
        wait = max(1, round(screening.result_days)) + delays
        self._schedule(person[found], day + wait, 2)

    def _queue_tests(self, day: int, n_tests: float, place: Array) -> Array:
        """Put tests into the queue of the laboratories; return the days each waits there, by its place among them."""
        capacity = self._measures.capacities.tests_per_day
        if not capacity:
            return np.zeros(len(place), np.int64)
        self._backlog = max(self._backlog - capacity * (day - self._backlog_day), 0.0)
        wait = np.floor((self._backlog + place * n_tests) / capacity).astype(np.int64)
        self._backlog, self._backlog_day = self._backlog + n_tests, day
        return np.asarray(wait)

    def _inside(self, screening: MassScreening) -> Array:
        """Return which areas a round of testing covers."""
        codes = [str(code) for code in self._sim.population.area_code]
        return np.asarray(covered(codes, screening.area_prefixes))


def unpack_many(contacts: Array, person_bits: int, base: int) -> tuple[Array, Array, Array, Array]:
    """Return person, tick, infector (-1 for outside) and layer of infecting contacts."""
    layer = contacts & 7
    rest = contacts >> 3
    infector = rest & ((1 << person_bits) - 1)
    rest = rest >> person_bits
    infector = np.where(layer == INTRODUCED, -1, infector)
    return (rest >> TICK_BITS) + base, rest & 63, infector, layer
