"""Guangdong, May to June 2021: Delta from one infection in Guangzhou, as a prediction.

Measures are those of the pack in force, `routine` until the first case is known; then tests and tracing are those of
the intensity `high`, and rounds of testing and limits of contact follow in the cities with cases, some days later,
until 14 days without one. Nothing is fitted. `docs/studies/guangdong_2021.ipynb` records a run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl
from scipy.optimize import brentq

from tongzhou.core.measures import Span
from tongzhou.epi.simulate import Population, Run, Simulation, outcome_of
from tongzhou.epi.simulate.disease import Disease, load_disease
from tongzhou.policy import load_pack
from tongzhou.scenario import compile_measures, load_intensity

N_DAYS = 90
ROUNDS_AFTER = 5
"""Days from the first case (21 May) to the first rounds of testing of a district (26 May; Li et al. 2022)."""
CLEAR_DAYS = 14
PAIRS = 30
"""Pairs in each of the two periods of Li et al.: their 95 % intervals reach 0.9 and 1.0 d to each side, and the serial
intervals of a run have a standard deviation of 2.2 to 2.7 d."""
OUTBREAK = 20
"""Cases from which a run is an outbreak that would have been studied."""


def delta(incubation: float | None = None) -> Disease:
    """Return Delta as shipped, or with another mean incubation: as variable, and the generation time kept."""
    disease = load_disease("sars-cov-2/delta")
    if incubation is None:
        return disease
    longer = replace(disease, incubation=disease.incubation * incubation / disease.incubation.mean())

    def shifted(days: float) -> Disease:
        return replace(longer, transmission=longer.transmission + days)

    known = disease.generation_intervals().mean()
    return shifted(
        brentq(lambda days: shifted(days).generation_intervals().mean() - known, -5.0, 5.0, xtol=1e-3)
    )


def one_outbreak(population: Population, disease: Disease, seed: int) -> Run:
    """Return one run from one infection."""
    pack = load_pack("cn-2021-05")
    routine = compile_measures(pack, load_intensity("routine"))
    simulation = Simulation(population, disease, routine, n_days=N_DAYS, seed=seed, introductions={"4401": 1})
    simulation.advance(progress=lambda _day: simulation.n_cases > 0)
    if simulation.n_cases:
        local = Span(simulation.day + ROUNDS_AFTER, from_cases=1, by_area=True, clear_days=CLEAR_DAYS)
        simulation = simulation.branch(compile_measures(pack, load_intensity("high"), span=local))
        simulation.advance()
    return outcome_of(simulation)


def outbreaks(population: Population, disease: Disease, n_runs: int) -> Iterator[dict[str, float]]:
    """Yield the figures of the runs that became an outbreak."""
    for seed in range(n_runs):
        outcome = one_outbreak(population, disease, seed)
        if outcome.summary()["cases"] >= OUTBREAK:
            yield figures(outcome)


def figures(outcome: Run) -> dict[str, float]:
    """Return what Kang et al. and Li et al. measured, among reported cases.

    `..._earlier` and `..._later` are means of `PAIRS` pairs drawn from either half, by the onset of the infector.
    """
    known = outcome.line_list.filter(pl.col("report_on").is_not_null())
    infector = known.select(infector="person", onset="onset_at", ill="is_symptomatic", reported="report_on")
    pairs = known.join(infector, on="infector")
    ill = pairs.filter("ill")
    both = ill.filter("is_symptomatic").with_columns(serial=pl.col("onset_at") - pl.col("onset"))
    halves = both.sort("onset", "person")["serial"]
    first_week = known["report_on"].min() + 7  # type: ignore[operator]
    contacts = float(outcome.resources["contacts_found"].sum())
    traced = outcome.simulation.orders.quarantined_on(known["person"].to_numpy())
    among_contacts = (traced >= 0) & (traced <= known["report_on"].to_numpy())
    return {
        "infected_when_first_known": float(
            (outcome.line_list["infected_on"] < known["report_on"].min()).sum()
        ),
        "cases": float(len(known)),
        "contacts_of_a_case": contacts / len(known),
        "secondary_attack_rate_of_contacts": float(among_contacts.sum()) / max(contacts, 1),
        "share_before_onset": float((ill["infected_at"] < ill["onset"]).mean() or np.nan),
        "serial_interval": _mean(both["serial"]),
        "pairs": float(len(both)),
        "serial_interval_earlier": _mean_of_some(halves.head(len(halves) // 2), outcome.simulation.seed),
        "serial_interval_later": _mean_of_some(halves.tail(len(halves) // 2), outcome.simulation.seed),
        "serial_interval_of_the_first_week": _mean(both.filter(pl.col("reported") < first_week)["serial"]),
        "serial_interval_of_cases_ill_before": _mean(both.filter(pl.col("onset") < first_week - 7)["serial"]),
        "found_before_onset": float((known["report_on"] < known["onset_at"]).mean() or np.nan),
    }


def _mean_of_some(values: pl.Series, seed: int) -> float:
    """Return the mean of `PAIRS` values drawn at random, of all where there are fewer."""
    return _mean(values.sample(min(PAIRS, len(values)), seed=seed))


def _mean(values: pl.Series) -> float:
    """Return the mean, not a number when there is none."""
    found = values.mean()
    return float(found) if isinstance(found, float) else float("nan")
