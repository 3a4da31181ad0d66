"""Guangdong, May to June 2021: Delta from one infection in Guangzhou, as a prediction.

Measures are those of the pack in force, `routine` until the first case is known; then tests and tracing are those of
the intensity `high`, and rounds of testing and limits of contact follow in the cities with cases, some days later,
until 14 days without one. Nothing is fitted. `docs/studies/guangdong_2021.ipynb` records a run.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from tongzhou.core.measures import Span
from tongzhou.epi.simulate import Population, Run, Simulation, outcome_of
from tongzhou.policy import load_pack
from tongzhou.scenario import compile_measures, load_intensity

N_DAYS = 90
ROUNDS_AFTER = 5
"""Days from the first case (21 May) to the first rounds of testing of a district (26 May; Li et al. 2022)."""
CLEAR_DAYS = 14
OUTBREAK = 20
"""Cases from which a run is an outbreak that would have been studied."""


def one_outbreak(population: Population, seed: int) -> Run:
    """Return one run from one infection."""
    pack = load_pack("cn-2021-05")
    routine = compile_measures(pack, load_intensity("routine"))
    simulation = Simulation(
        population, "sars-cov-2/delta", routine, n_days=N_DAYS, seed=seed, introductions={"4401": 1}
    )
    simulation.advance(progress=lambda _day: simulation.n_cases > 0)
    if simulation.n_cases:
        local = Span(simulation.day + ROUNDS_AFTER, from_cases=1, by_area=True, clear_days=CLEAR_DAYS)
        simulation = simulation.branch(compile_measures(pack, load_intensity("high"), span=local))
        simulation.advance()
    return outcome_of(simulation)


def outbreaks(population: Population, n_runs: int) -> Iterator[dict[str, float]]:
    """Yield the figures of the runs that became an outbreak."""
    for seed in range(n_runs):
        outcome = one_outbreak(population, seed)
        if outcome.summary()["cases"] >= OUTBREAK:
            yield figures(outcome)


def figures(outcome: Run) -> dict[str, float]:
    """Return what Kang et al. and Li et al. measured, among reported cases."""
    known = outcome.line_list.filter(pl.col("report_on").is_not_null())
    infector = known.select(infector="person", onset="onset_at", ill="is_symptomatic", reported="report_on")
    pairs = known.join(infector, on="infector")
    ill = pairs.filter("ill")
    both = ill.filter("is_symptomatic").with_columns(serial=pl.col("onset_at") - pl.col("onset"))
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
        "serial_interval_of_the_first_week": _mean(both.filter(pl.col("reported") < first_week)["serial"]),
        "serial_interval_of_cases_ill_before": _mean(both.filter(pl.col("onset") < first_week - 7)["serial"]),
        "found_before_onset": float((known["report_on"] < known["onset_at"]).mean() or np.nan),
    }


def _mean(values: pl.Series) -> float:
    """Return the mean, not a number when there is none."""
    found = values.mean()
    return float(found) if isinstance(found, float) else float("nan")
