"""Scenarios side by side: ensembles with common random numbers, fans, shortfalls, and a digest of the inputs.

Owns the comparison (policy difference, B02; need of capacities, R34). The same question gives the same answer bit for
bit, on any number of threads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import polars as pl

from tongzhou.core.errors import InputError
from tongzhou.core.estimates import digest_arrays
from tongzhou.core.measures import Measures
from tongzhou.epi.simulate import EngineOptions, Population, Simulation, synthesize
from tongzhou.epi.simulate.disease import Disease
from tongzhou.epi.simulate.introductions import Introductions
from tongzhou.epi.simulate.outcome import digest_inputs, outcome_of
from tongzhou.scenario.needs import CAPACITIES
from tongzhou.scenario.outcomes import KeptRuns, Outcome, outcome_from
from tongzhou.scenario.question import Question, check_question, measures_of, source_of

_SERIES = ("infections", "cases", "admissions", "icu", "deaths", "beds", "icu_beds")
_NEEDS = ("tests", "traced_cases", "contacts_found", "in_quarantine", "in_isolation", "restricted")
_TOTALS = (
    "infections", "cases", "admissions", "deaths", "peak_beds", "peak_icu_beds", "tests", "quarantine_person_days",
    "isolation_person_days", "restricted_person_days", "cost",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scenario:
    """One column of the comparison.

    source : str — what the measures follow (pack, version, digest), for the record
    """

    name: str
    measures: Measures | None
    source: str = ""


@dataclass(frozen=True, slots=True)
class WhatIfOptions:
    """How scenarios are compared.

    n_runs : int — runs a scenario; each has its seed, shared by all scenarios
    level : float in (0, 1) — of the central intervals
    disease : Disease or name
    """

    disease: Disease | str = "sars-cov-2/wild-type"
    days: int = 60
    n_runs: int = 20
    seed: int = 0
    level: float = 0.9
    n_threads: int = 2


@dataclass(frozen=True)
class WhatIf:
    """Outcomes of scenarios, side by side.

    totals : scenario, measure, low, median, high — over the runs
    fans : scenario, day, series, low, median, high
    shortfalls : scenario, capacity, share_of_runs, first_day (median), largest_gap (median)
    needs : scenario, area, capacity, day, low, median, high — of each capacity in each area, and in all together
        (area ``""``)
    """

    totals: pl.DataFrame
    fans: pl.DataFrame
    shortfalls: pl.DataFrame
    needs: pl.DataFrame
    inputs_digest: str
    n_runs: int
    sources: dict[str, str] = field(default_factory=dict)

    def result_digest(self) -> str:
        """Return the SHA-256 of every number and name: equal for equal answers, and for no others."""
        frames = (self.totals, self.fans, self.shortfalls, self.needs)
        return digest_arrays(*(_as_numbers(column) for frame in frames for column in frame.get_columns()))


def _as_numbers(column: pl.Series) -> np.ndarray[Any, np.dtype[Any]]:
    """Return a column as an array whose bytes stand for its content."""
    if column.dtype == pl.String:
        return np.frombuffer("\n".join(column.to_list()).encode(), np.uint8)
    return column.to_numpy()


def make_population(question: Question, *, n_threads: int = 2) -> Population:
    """Return the population a question is about; the same one for the same `population_key`."""
    return synthesize(question.areas(), question.n_persons, question.population_seed, n_threads=n_threads)


def answer(
    question: Question,
    population: Population | None = None,
    *,
    n_threads: int = 2,
    progress: Callable[[int, int], bool] | None = None,
    heartbeat: Callable[[], object] | None = None,
    kept: KeptRuns | None = None,
) -> WhatIf:
    """Answer a question: make its population where none is given, run every scenario, compare.

    Parameters
    ----------
    population : as `make_population` makes it, for example mapped into memory
    progress : called after each run with (done, of); a true answer stops
    heartbeat : called after each simulated day; what it raises stops the comparison
    kept : where each finished run is kept, and taken up when the comparison was interrupted

    Raises
    ------
    InputError
        as `check_question` and `compare_scenarios`
    """
    check_question(question)
    population = make_population(question, n_threads=n_threads) if population is None else population
    scenarios = [
        Scenario(spec.name, measures_of(spec, question.ready), source_of(spec)) for spec in question.scenarios
    ]
    options = WhatIfOptions(
        question.disease, question.days, question.n_runs, question.seed, question.level, n_threads
    )
    return compare_scenarios(
        population, scenarios, dict(question.introductions), options, progress=progress, heartbeat=heartbeat, kept=kept,
    )  # fmt: skip


def compare_scenarios(
    population: Population,
    scenarios: Sequence[Scenario],
    introductions: Introductions,
    options: WhatIfOptions | None = None,
    *,
    progress: Callable[[int, int], bool] | None = None,
    heartbeat: Callable[[], object] | None = None,
    kept: KeptRuns | None = None,
) -> WhatIf:
    """Run each scenario `n_runs` times and put the outcomes side by side.

    Parameters
    ----------
    introductions : infections on the first day by area, for example today's cases
    progress : called after each run with (done, of); a true answer stops the comparison
    heartbeat : called after each simulated day
    kept : finished runs on disk; a run that is there is not computed again

    Raises
    ------
    InputError
        ``scenario.none``, ``scenario.twice``, ``scenario.cancelled``, and those of `simulate.run`.
    """
    options = options or WhatIfOptions()
    _check(scenarios, options)
    runs: dict[str, list[Outcome]] = {scenario.name: [] for scenario in scenarios}
    total = len(scenarios) * options.n_runs
    prepare = partial(_simulation, population, introductions, options)
    each = product(range(options.n_runs), scenarios)
    for done, (k, scenario) in enumerate(each, start=1):
        runs[scenario.name].append(_run_or_take(prepare(k, scenario), kept, _each_day(heartbeat)))
        if progress is not None and progress(done, total):
            raise InputError(
                "scenario.cancelled", f"Stopped after {done} of {total} runs.", "Start it again to go on."
            )
    sources = {scenario.name: scenario.source for scenario in scenarios}
    return _collect(runs, options, [str(code) for code in population.area_code], sources)


def _simulation(
    population: Population, introductions: Introductions, options: WhatIfOptions, k: int, scenario: Scenario
) -> Simulation:
    """Return the simulation of run k of a scenario, at its first day."""
    engine = EngineOptions(n_threads=options.n_threads, keeps_line_list=False)
    return Simulation(
        population, options.disease, scenario.measures, n_days=options.days, seed=options.seed + k,
        introductions=introductions, options=engine,
    )  # fmt: skip


def _run_or_take(
    simulation: Simulation, kept: KeptRuns | None, beat: Callable[[int], bool] | None
) -> Outcome:
    """Return what a simulation comes to: from the disk where it ran before, else run, and kept there."""
    digest = digest_inputs(simulation) if kept is not None else ""
    found = kept.get(digest) if kept is not None else None
    if found is not None:
        return found
    simulation.advance(progress=beat)
    outcome = outcome_from(outcome_of(simulation))
    if kept is not None:
        kept.put(digest, outcome)
    return outcome


def _each_day(heartbeat: Callable[[], object] | None) -> Callable[[int], bool] | None:
    """Return what a run calls after each day; it never stops the run by its answer."""
    if heartbeat is None:
        return None

    def beat(_day: int) -> bool:
        heartbeat()
        return False

    return beat


def _check(scenarios: Sequence[Scenario], options: WhatIfOptions) -> None:
    names = [scenario.name for scenario in scenarios]
    if not names or options.n_runs < 1:
        raise InputError(
            "scenario.none", f"{len(names)} scenarios, {options.n_runs} runs.", "Give at least one of each."
        )
    if len(set(names)) < len(names):
        raise InputError("scenario.twice", f"Scenarios {names} share a name.", "Name each differently.")
    if not 0 < options.level < 1:
        raise InputError("scenario.bad_level", f"The level is {options.level}.", "Choose between 0 and 1.")


def _collect(
    runs: dict[str, list[Outcome]], options: WhatIfOptions, areas: list[str], sources: dict[str, str]
) -> WhatIf:
    """Summarise the runs of each scenario."""
    tail = (1 - options.level) / 2
    cuts = [tail, 0.5, 1 - tail]
    totals, fans, gaps, needs = [], [], [], []
    digest = hashlib.sha256()
    for name, outcomes in runs.items():
        summaries = [outcome.summary for outcome in outcomes]
        for summary in summaries:
            digest.update(summary["inputs_digest"].encode())
        table = np.quantile([[float(s[k]) for k in _TOTALS] for s in summaries], cuts, axis=0)
        totals += [(name, key, *table[:, k].tolist()) for k, key in enumerate(_TOTALS)]
        fans += _fan_rows(name, outcomes, cuts, options.days)
        gaps += _gap_rows(name, summaries)
        needs.append(_need_frame(name, outcomes, cuts, areas))
    quantile = ["low", "median", "high"]
    return WhatIf(
        totals=pl.DataFrame(totals, ["scenario", "measure", *quantile], orient="row"),
        fans=pl.DataFrame(fans, ["scenario", "series", "day", *quantile], orient="row"),
        shortfalls=pl.DataFrame(gaps, _GAP_SCHEMA, orient="row"),
        needs=pl.concat(needs),
        inputs_digest=digest.hexdigest(),
        n_runs=options.n_runs,
        sources=sources,
    )


_GAP_SCHEMA = {
    "scenario": pl.String, "capacity": pl.String, "share_of_runs": pl.Float64, "first_day": pl.Float64,
    "largest_gap": pl.Float64,
}  # fmt: skip


def _fan_rows(name: str, outcomes: list[Outcome], cuts: list[float], n_days: int) -> list[tuple[Any, ...]]:
    """Return quantiles of each series by day."""
    rows = []
    frames = [outcome.daily for outcome in outcomes]
    needs = [outcome.resources for outcome in outcomes]
    for series, tables in [(s, frames) for s in _SERIES] + [(s, needs) for s in _NEEDS]:
        values = np.stack([table[series].to_numpy().astype(float) for table in tables])
        table = np.quantile(values, cuts, axis=0)
        rows += [(name, series, day, *table[:, day].tolist()) for day in range(n_days)]
    return rows


def _gap_rows(name: str, summaries: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Return which capacity falls short, in how many runs, when and by how much."""
    rows = []
    for capacity in sorted({key for summary in summaries for key in summary["shortfalls"]}):
        found = [s["shortfalls"][capacity] for s in summaries if capacity in s["shortfalls"]]
        rows.append(
            (
                name,
                capacity,
                len(found) / len(summaries),
                float(np.median([f["first_day"] for f in found])),
                float(np.median([f["largest_gap"] for f in found])),
            )
        )
    return rows


def _need_frame(name: str, outcomes: list[Outcome], cuts: list[float], areas: list[str]) -> pl.DataFrame:
    """Return quantiles of the need of each capacity by area and day, and of all areas together."""
    runs = np.stack([outcome.needs for outcome in outcomes])
    values = np.quantile(np.concatenate([runs, runs.sum(axis=1, keepdims=True)], axis=1), cuts, axis=0)
    n_areas, n_kinds, n_days = values.shape[1:]
    return pl.DataFrame(
        {
            "scenario": pl.repeat(name, n_areas * n_kinds * n_days, eager=True),
            "area": np.repeat([*areas, ""], n_kinds * n_days),
            "capacity": np.tile(np.repeat(CAPACITIES, n_days), n_areas),
            "day": np.tile(np.arange(n_days), n_areas * n_kinds),
            **{key: values[k].ravel() for k, key in enumerate(("low", "median", "high"))},
        }
    )
