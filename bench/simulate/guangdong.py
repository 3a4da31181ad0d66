"""Guangdong, January to February 2020 and May to June 2021, by simulation: fit, check, predict.

Run as ``python -m bench.simulate.guangdong SERIES`` with the daily series of cities (columns date, city, confirmed,
cumulative). The fit uses the province's weekly reported cases; everything about Shenzhen and about 2021 is a
prediction.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from tongzhou.core.measures import (
    CaseIsolation,
    ContactLayer,
    ContactLimit,
    ContactTracing,
    Measures,
    Span,
    SymptomaticTesting,
)
from tongzhou.epi.simulate import EngineOptions, Population, Run, Simulation, outcome_of, run, synthesize
from tongzhou.epi.simulate.calibrate import Fit, Prior, fit_by_rejection
from tongzhou.epi.simulate.disease import load_disease
from tongzhou.policy import load_pack
from tongzhou.scenario import compile_measures, load_intensity

FIRST_DAY = date(2020, 1, 1)
FIRST_WEEK, N_WEEKS = date(2020, 1, 19), 6
N_DAYS = 66
LOCKDOWN, KNOWN = 23, 18
"""Days of January 2020: first-level response of the province; first reported case."""
GROWTH = 0.15
"""Growth a day of infections brought in until the lockdown of Wuhan (Li et al. 2020: doubling in 5 to 7 days)."""
PRIORS = {
    "imports": Prior(300, 1800, is_log=True),
    "r0": Prior(1.2, 3.5),
    "kept": Prior(0.02, 0.6),
    "delay": Prior(3.0, 12.0),
    "share": Prior(0.4, 1.0),
}
TRACED = {
    "household": 0.95,
    "school": 0.8,
    "work": 0.6,
    "care_home": 0.9,
    "neighbourhood": 0.3,
    "city": 0.2,
    "travel": 0.3,
}


def read_series(path: str) -> tuple[np.ndarray, dict[str, float]]:
    """Return weekly new cases of the province, and each city's share of cases up to 31 January."""
    text = {"cityCode": pl.String, "provinceCode": pl.String}
    frame = pl.read_csv(path, schema_overrides=text).with_columns(pl.col("date").str.to_date())
    frame = frame.filter(pl.col("city").is_not_null() & pl.col("cityCode").str.contains(r"^44\d\d00$"))
    total = frame.group_by("date").agg(pl.col("confirmed").sum()).sort("date")
    known = dict(total.iter_rows())
    weeks = []
    for k in range(N_WEEKS):
        last = FIRST_WEEK + timedelta(days=7 * k + 6)
        weeks.append(known[last] - (known.get(last - timedelta(days=7), 0) if k else 0))
    early = frame.filter(pl.col("date") == date(2020, 1, 31))
    shares = {str(code)[:4]: n for code, n in early.select("cityCode", "confirmed").iter_rows() if n}
    return np.asarray(weeks, float), {code: n / sum(shares.values()) for code, n in shares.items()}


def measures_of(draw: dict[str, float]) -> Measures:
    """Return the measures of early 2020 for one draw."""
    kept = dict.fromkeys(
        (ContactLayer.WORK, ContactLayer.NEIGHBOURHOOD, ContactLayer.CITY, ContactLayer.TRAVEL), draw["kept"]
    )
    tracing = ContactTracing(
        {ContactLayer(k): v for k, v in TRACED.items()}, 1.0, 14, is_backward=True, span=Span(KNOWN + 2)
    )
    return Measures(
        limits=(
            ContactLimit("winter holiday", {ContactLayer.SCHOOL: 0.0}, span=Span(14)),
            ContactLimit("first-level response", kept, span=Span(LOCKDOWN)),
        ),
        testing=SymptomaticTesting(draw["share"], draw["delay"], 0.7 * draw["delay"], Span(KNOWN)),
        isolation=CaseIsolation(1.0, 0.0, days=14),
        tracing=tracing,
    )


def imports_of(draw: dict[str, float], shares: dict[str, float], seed: int) -> dict[str, list[int]]:
    """Return infections brought in by city and day: growing until the lockdown of Wuhan, then ending."""
    days = np.arange(N_DAYS)
    weight = np.where(days <= LOCKDOWN, np.exp(GROWTH * (days - LOCKDOWN)), np.exp(-0.5 * (days - LOCKDOWN)))
    rng = np.random.default_rng([seed, 1])
    weight = draw["imports"] * weight / weight.sum()
    return {code: rng.poisson(weight * share).tolist() for code, share in shares.items()}


def simulate(
    population: Population, draw: dict[str, float], shares: dict[str, float], seed: int, lines: bool
) -> Run:
    """Return one epidemic."""
    disease = replace(load_disease("sars-cov-2/wild-type"), r0=draw["r0"])
    options = EngineOptions(keeps_line_list=lines)
    return run(
        population, disease, measures_of(draw), N_DAYS, seed, imports_of(draw, shares, seed), options=options
    )


def weekly_cases(outcome: Run) -> np.ndarray:
    """Return reported cases by week from the first week."""
    cases = outcome.daily.group_by("day").agg(pl.col("cases").sum()).sort("day")["cases"].to_numpy()
    cases = np.append(cases, np.zeros(N_DAYS - len(cases)))
    begin = (FIRST_WEEK - FIRST_DAY).days
    return cases[begin : begin + 7 * N_WEEKS].reshape(N_WEEKS, 7).sum(axis=1)


def shenzhen(outcome: Run) -> dict[str, float]:
    """Return what Bi et al. (2020) measured, for cases of Shenzhen reported from 14 January to 12 February."""
    population, lines = outcome.simulation.population, outcome.line_list
    cases = lines.filter((pl.col("area") == 4403) & pl.col("report_on").is_between(13, 42))
    home = population.home_of(cases["person"].to_numpy())
    size = population.home[cases["person"].to_numpy()] >> 4
    cases = cases.with_columns(home=pl.Series(home), others=pl.Series(size.astype(np.int64) - 1))
    first = cases.sort("infected_at").unique("home", keep="first")
    infected = set(lines.filter(pl.col("report_on").is_not_null())["person"].to_list())
    hits = sum(
        len(infected & (set(population.household_of(p).tolist()) - {p})) for p in first["person"].to_list()
    )
    pairs = lines.filter(pl.col("report_on").is_not_null()).join(
        cases.select(infector="person", infector_onset="onset_at", infector_ill="is_symptomatic"),
        on="infector",
    )
    ill = pairs.filter(pl.col("is_symptomatic") & pl.col("infector_ill"))
    waits = cases.filter("is_symptomatic").with_columns(wait=pl.col("report_on") + 0.5 - pl.col("onset_at"))
    by = dict(waits.group_by("found_by").agg(pl.col("wait").mean()).iter_rows())
    return {
        "cases": float(len(cases)),
        "household_secondary_attack_rate": hits / max(int(first["others"].sum()), 1),
        "observed_r": len(pairs) / max(len(cases), 1),
        "serial_interval": float((ill["onset_at"] - ill["infector_onset"]).mean() or np.nan),
        "isolation_after_onset_by_symptoms": float(by.get("symptoms", np.nan)),
        "isolation_after_onset_by_contact": float(by.get("contact", np.nan)),
    }


def delta_outbreaks(population: Population, n_runs: int) -> Iterator[dict[str, float]]:
    """Yield outbreaks of Delta from one infection in Guangzhou: routine until the first case, then strict measures."""
    pack = load_pack("cn-2021-05")
    routine, strict = (compile_measures(pack, load_intensity(name)) for name in ("routine", "high"))
    for seed in range(n_runs):
        simulation = Simulation(
            population, "sars-cov-2/delta", routine, n_days=90, seed=seed, introductions={"4401": 1}
        )
        while simulation.day < 90 and simulation.n_cases == 0:
            before = simulation.day
            simulation.advance(1)
            if simulation.day == before or simulation.day >= 90:
                break
        simulation = simulation.branch(strict)
        simulation.advance()
        outcome = outcome_of(simulation)
        lines = outcome.line_list
        if outcome.summary()["cases"] >= 20:
            yield _delta_figures(outcome, lines)


def _delta_figures(outcome: Run, lines: pl.DataFrame) -> dict[str, float]:
    known = lines.filter(pl.col("report_on").is_not_null())
    pairs = known.join(known.select(infector="person", onset="onset_at", ill="is_symptomatic"), on="infector")
    ill = pairs.filter("ill")
    contacts = float(outcome.resources["contacts_found"].sum())
    by_contact = known.filter(pl.col("found_by") == "contact").height
    both = ill.filter("is_symptomatic")
    return {
        "cases": float(len(known)),
        "secondary_attack_rate_of_contacts": by_contact / max(contacts, 1),
        "share_before_onset": float((ill["infected_at"] < ill["onset"]).mean() or np.nan),
        "serial_interval": float((both["onset_at"] - both["onset"]).mean() or np.nan),
    }


def quantiles_of(rows: list[dict[str, float]]) -> dict[str, list[float]]:
    """Return the 5 %, 50 % and 95 % quantiles of each figure."""
    return {
        key: [round(float(q), 3) for q in np.nanquantile([r[key] for r in rows], [0.05, 0.5, 0.95])]
        for key in rows[0]
    }


def main(path: str, n_runs: int = 1000, n_kept: int = 50, scale: int = 100) -> dict[str, Any]:
    """Fit, check and predict; `scale` is the number of residents that one simulated person stands for."""
    weeks, shares = read_series(path)
    population = synthesize(["44"], 126_012_510 // scale, seed=1)

    def summaries(draw: dict[str, float], number: int) -> np.ndarray:
        return np.sqrt(weekly_cases(simulate(population, draw, shares, number, False)))

    def show(done: int) -> bool:
        if done % 100 == 0:
            print(f"{done} of {n_runs} runs", file=sys.stderr)
        return False

    fit: Fit = fit_by_rejection(
        summaries, PRIORS, np.sqrt(weeks), n_runs=n_runs, n_kept=n_kept, seed=1, progress=show
    )
    figures = []
    for row in fit.draws.iter_rows(named=True):
        draw = {name: row[name] for name in PRIORS}
        figures.append(shenzhen(simulate(population, draw, shares, 50_000 + row["run"], True)))
    return {
        "weekly_cases": weeks.tolist(),
        "weekly_cases_fitted": np.quantile(fit.summaries**2, [0.05, 0.5, 0.95], axis=0).round(0).tolist(),
        "weeks_covered": int(fit.coverage(0.9).sum()),
        "posterior": {name: [round(x, 3) for x in fit.interval(name)] for name in PRIORS},
        "shenzhen_2020": quantiles_of(figures),
        "delta_2021": quantiles_of(list(delta_outbreaks(population, 60))),
    }


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:2], *(int(word) for word in sys.argv[2:])), indent=1))
