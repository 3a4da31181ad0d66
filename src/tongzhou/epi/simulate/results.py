"""What a run gives: daily series, line list, summary, with the digest of its inputs.

Owns the frames. Never changes the run.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from tongzhou.core.errors import InputError
from tongzhou.core.estimates import Provenance
from tongzhou.epi.simulate.contacts import CARE_HOME, HOUSEHOLD, SCHOOL, WORK
from tongzhou.epi.simulate.course import COURSE_COLUMNS, NEVER, TICKS, list_courses
from tongzhou.epi.simulate.day_plans import HOME_NUMBER
from tongzhou.epi.simulate.kernels import SERIES
from tongzhou.epi.simulate.layout import AGE_GROUP_FROM
from tongzhou.epi.simulate.orders import FOUND_BY, unpack_many
from tongzhou.epi.simulate.vaccination import severe_left

if TYPE_CHECKING:
    from tongzhou.epi.simulate.engine import Simulation

Array = np.ndarray[Any, np.dtype[Any]]

SETTINGS = ("household", "school", "work", "neighbourhood", "city", "travel", "care_home", "introduced")
_COURSE = ("onset_on", "report_on", "admission_on", "icu_on", "discharge_on", "death_on")


@dataclass(frozen=True)
class Run:
    """The outcome of a simulation up to the day it stands at."""

    simulation: Simulation
    provenance: Provenance

    @property
    def n_days(self) -> int:
        """Days walked."""
        return self.simulation.day

    @property
    def daily(self) -> pl.DataFrame:
        """Daily series: day, area, infections, onsets, cases, admissions, icu, deaths, beds, icu_beds (in use)."""
        return self._frame(self.simulation.tally.by_area, self.simulation.population.area_code, "area")

    @property
    def daily_by_age(self) -> pl.DataFrame:
        """Daily series by age group: day, age_from, and the columns of `daily`."""
        return self._frame(self.simulation.tally.by_age, np.asarray(AGE_GROUP_FROM), "age_from")

    def _frame(self, tally: Array, keys: Array, name: str) -> pl.DataFrame:
        counts = tally.sum(axis=0)[:, :, : self.n_days]
        beds = counts[:, len(SERIES) - 2 :].cumsum(axis=2)
        columns = {series: counts[:, k].T.ravel() for k, series in enumerate(SERIES[:-2])}
        columns |= {"beds": beds[:, 0].T.ravel(), "icu_beds": beds[:, 1].T.ravel()}
        day = np.repeat(np.arange(self.n_days), len(keys))
        return pl.DataFrame({"day": day, name: np.tile(keys, self.n_days), **columns})

    @property
    def resources(self) -> pl.DataFrame:
        """Daily need: tests, cases traced and not, contacts found, contacts of contacts found, persons in
        quarantine, isolation, restricted."""
        return pl.DataFrame(
            {"day": np.arange(self.n_days), **{k: v.sum(axis=0) for k, v in self._bill().items()}}
        )

    @property
    def resources_by_area(self) -> pl.DataFrame:
        """Daily need by area: day, area, and the columns of `resources`, each where the person concerned lives."""
        codes = self.simulation.population.area_code
        day = np.repeat(np.arange(self.n_days), len(codes))
        return pl.DataFrame(
            {
                "day": day,
                "area": np.tile(codes, self.n_days),
                **{k: v.T.ravel() for k, v in self._bill().items()},
            }
        )

    def _bill(self) -> dict[str, Array]:
        """Return the need by name, float64, shape (A, D)."""
        bill = {k: v[:, : self.n_days] for k, v in self.simulation.orders.bill.items()}
        for name in ("quarantine", "isolation"):
            bill[f"in_{name}"] = np.cumsum(bill.pop(f"{name}_change"), axis=1)
        return bill

    @property
    def line_list(self) -> pl.DataFrame:
        """Infections: person, infector (null from outside), setting, place, age, area, days of the course, found_by.

        Persons are indices of the population. `place` is the home, school, workplace or care home, numbered as in
        `registers.places`; null for contacts elsewhere. Days are numbers of the run, or dates when it has a first day.

        Raises
        ------
        InputError
            ``simulate.no_line_list`` when the run did not keep it.
        """
        sim = self.simulation
        if not sim.options.keeps_line_list:
            raise InputError("simulate.no_line_list", "The run kept no line list.", "Set keeps_line_list.")
        parts = [
            (*unpack_many(new, sim.person_bits, shard << sim.shard_bits), np.full(len(new), day))
            for day, shard, new in sim.tally.infections
        ]
        columns = (
            [np.concatenate(part) for part in zip(*parts, strict=True)] if parts else [np.zeros(0, int)] * 5
        )
        person, tick, infector, layer, day = (column.astype(np.int64) for column in columns)
        out = np.empty((len(person), COURSE_COLUMNS))
        list_courses(
            person, day * TICKS + tick, sim.population.age, self._severe_left(person, day), sim.course_tables,
            sim.orders.isolation[3], np.uint64(sim.seed), out,
        )  # fmt: skip
        frame = pl.DataFrame(
            {
                "person": person,
                "infector": infector,
                "setting": pl.Series(np.asarray(SETTINGS)[layer], dtype=pl.Categorical),
                "place": self._places(person, layer),
                "age": sim.population.age[person],
                "area": sim.population.area_of(person),
                "infected_on": np.floor(out[:, 7]).astype(np.int64),
                "infected_at": out[:, 7],
                "onset_at": out[:, 0],
                "is_symptomatic": out[:, 1] > 0,
                **{name: self._days(out[:, k]) for k, name in zip((0, 2, 3, 4, 5, 6), _COURSE, strict=True)},
            }
        ).with_columns(pl.when(pl.col("infector") >= 0).then("infector"))
        frame = frame.with_columns(pl.when("is_symptomatic").then("onset_on")).sort("infected_at", "person")
        frame = self._with_reports(frame)
        return frame if sim.first_day is None else self._dated(frame, sim.first_day)

    def _places(self, person: Array, layer: Array) -> pl.Series:
        """Return the number of the place where persons were infected; null where contacts have none."""
        population = self.simulation.population
        number = np.zeros(len(person), np.int64)
        at_home, at_site = layer == HOUSEHOLD, np.isin(layer, (SCHOOL, WORK, CARE_HOME))
        number[at_home] = HOME_NUMBER + population.home_of(person[at_home])
        number[at_site] = population.site_of(person[at_site]) + 1
        return pl.Series(number).set(pl.Series(number == 0), None)

    def _severe_left(self, person: Array, day: Array) -> Array:
        """Return the share of severe outcomes that vaccination and infections before leave of each infection."""
        sim = self.simulation
        age = sim.population.age[person].astype(np.int64)
        left = severe_left(sim.measures.vaccinations, sim.disease, (person, age, day), sim.seed)
        order = np.lexsort((day, person))
        again = np.append(False, np.diff(person[order]) == 0) if len(person) else np.zeros(0, bool)
        left[order[again]] *= sim.disease.severity_again
        return left

    def _with_reports(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Add how each case was found; where orders act day by day, the day of report is theirs."""
        orders = self.simulation.orders
        if not orders.acts_daily:
            how = pl.when(pl.col("report_on").is_not_null()).then(pl.lit(FOUND_BY[0]))
            return frame.with_columns(how.alias("found_by"))
        columns = [np.concatenate(part) for part in zip(*_repeat_days(orders.reports), strict=True)]
        if not columns:
            columns = [np.zeros(0, np.int64)] * 3
        reports = pl.DataFrame(
            {
                "person": columns[1],
                "report_on": columns[0],
                "found_by": np.asarray(FOUND_BY)[columns[2]].tolist(),
            },
            schema={"person": pl.Int64, "report_on": pl.Int64, "found_by": pl.String},
        )
        # A report speaks of the last infection of the person up to its day.
        found = reports.sort("report_on").join_asof(
            frame.select("person", "infected_on", "infected_at").sort("infected_on"),
            left_on="report_on", right_on="infected_on", by="person", check_sortedness=False,
        ).unique(["person", "infected_at"], keep="first")  # fmt: skip
        found = found.select("person", "infected_at", "report_on", "found_by")
        return (
            frame.drop("report_on")
            .join(found, on=["person", "infected_at"], how="left")
            .sort("infected_at", "person")
        )

    @staticmethod
    def _days(values: Array) -> pl.Series:
        """Return days as whole numbers, null for never."""
        known = values < NEVER
        return pl.Series(np.where(known, values, 0).astype(np.int64)).set(pl.Series(~known), None)

    @staticmethod
    def _dated(frame: pl.DataFrame, first_day: date) -> pl.DataFrame:
        """Turn day numbers into dates."""
        names = ["infected_on", *_COURSE]
        origin = pl.lit(first_day - timedelta(days=0))
        return frame.with_columns(
            [(origin + pl.duration(days=pl.col(n))).cast(pl.Date).alias(n) for n in names]
        )

    def summary(self) -> dict[str, Any]:
        """Return totals, peaks and what fell short."""
        daily = self.daily.group_by("day").sum().sort("day")
        total = {k: int(daily[k].sum()) for k in SERIES[:-2]}
        n = self.simulation.population.n_persons
        resources = self.resources
        peaks = {
            f"peak_{k}": int(daily[k].max() or 0) if len(daily) else 0  # type: ignore[arg-type]
            for k in ("infections", "beds", "icu_beds")
        }
        return {
            "n_persons": n,
            "n_days": self.n_days,
            **total,
            "share_infected": total["infections"] / n,
            **peaks,
            "tests": float(resources["tests"].sum()),
            "quarantine_person_days": float(resources["in_quarantine"].sum()),
            "isolation_person_days": float(resources["in_isolation"].sum()),
            "restricted_person_days": float(resources["restricted"].sum()),
            "untraced_cases": float(resources["untraced_cases"].sum()),
            "cost": float(self.costs_by_area["cost"].sum()),
            "shortfalls": self.shortfalls(),
            "inputs_digest": self.provenance.inputs_digest,
        }

    @property
    def costs_by_area(self) -> pl.DataFrame:
        """Cost of the whole run by area: area, tests, quarantine (and isolation), beds, icu_beds, restricted, cost."""
        unit = self.simulation.measures.costs
        sums: dict[str, pl.Series] = {}
        for frame in (self.daily, self.resources_by_area):
            whole = frame.group_by("area").sum().sort("area")
            sums |= {name: whole[name].cast(pl.Float64) for name in whole.columns}
        parts = {
            "tests": unit.test * sums["tests"],
            "quarantine": unit.quarantine_day * (sums["in_quarantine"] + sums["in_isolation"]),
            "beds": unit.bed_day * sums["beds"],
            "icu_beds": unit.icu_day * sums["icu_beds"],
            "restricted": unit.restricted_day * sums["restricted"],
        }
        areas = self.simulation.population.area_code
        if self.n_days == 0:
            parts = dict.fromkeys(parts, pl.Series(np.zeros(len(areas))))
        return pl.DataFrame({"area": np.sort(areas), **parts}).with_columns(cost=pl.sum_horizontal(*parts))

    def shortfalls(self) -> dict[str, dict[str, float]]:
        """Return, for each known capacity that falls short, the first day and the largest gap (readiness)."""
        capacities = self.simulation.measures.capacities
        daily = self.daily.group_by("day").sum().sort("day")
        need = {
            "beds": daily["beds"].to_numpy(),
            "icu_beds": daily["icu_beds"].to_numpy(),
            "tests_per_day": self.resources["tests"].to_numpy(),
            "quarantine_rooms": self.resources["in_quarantine"].to_numpy(),
        }
        found = {}
        for name, series in need.items():
            gap = series - getattr(capacities, name)
            if getattr(capacities, name) and (gap > 0).any():
                found[name] = {"first_day": int(np.argmax(gap > 0)), "largest_gap": float(gap.max())}
        untraced = self.resources["untraced_cases"].to_numpy()
        if capacities.tracers and untraced.any():
            found["tracers"] = {
                "first_day": int(np.argmax(untraced > 0)),
                "largest_gap": float(untraced.max()),
            }
        return found


def _repeat_days(reports: list[tuple[int, Array, Array]]) -> list[tuple[Array, Array, Array]]:
    """Return reports with the day of each."""
    return [(np.full(len(person), day), person, how) for day, person, how in reports]
