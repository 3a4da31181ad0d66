"""The scenario of a run that OpenABM-Covid19 records, by this engine: ``python -m bench.simulate.openabm``.

OpenABM-Covid19 is not in the package registry. Its repository holds the output of an epidemic without measures among
10,000 persons of the United Kingdom with 5 index cases (``tests/data/test_output.csv``, 22 April 2020), and its
parameters (``documentation/parameters``). R0 is not among them: it follows from growth and generation time.
"""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import polars as pl
from scipy import stats

from tongzhou.epi.simulate import EngineOptions, run, synthesize
from tongzhou.epi.simulate.disease import N_QUANTILES, Disease, load_disease

PUBLISHED = {
    "doubling_days": 3.33,
    "largest_daily_share": 0.0509,
    "days_from_1_percent_to_peak": 19.0,
    "share_infected": 0.8787,
}
"""Of `total_infected`: 80 on day 14, 1,199 on day 27; 113 on day 16, 509 more on day 35, the most; 8,787 in the end."""
GENERATION = {"mean": 5.5, "sd": 2.14}
ONSET_DAYS = 5.42
UNITED_KINGDOM = {
    "share_0_14": 0.178,
    "share_60_plus": 0.238,
    "household_size": 2.39,
    "collective_share": 0.0,
}
SUSCEPTIBLE = ((0, 0.35), (10, 0.69), (20, 1.03), (60, 1.27), (70, 1.52))
DAYS, PERSONS, INDEX, RUNS, TAKEN_OFF = 200, 10_000, 5, 40, 1000


def reproduction_number() -> float:
    """Return R0 from doubling time and gamma distributed generation time (Wallinga & Lipsitch 2007)."""
    shape = (GENERATION["mean"] / GENERATION["sd"]) ** 2
    growth = np.log(2) / PUBLISHED["doubling_days"]
    return float((1 + growth * GENERATION["mean"] / shape) ** shape)


def disease() -> Disease:
    """Return a disease with the parameters of that run; who infects when depends on the time since infection alone."""
    shape = (GENERATION["mean"] / GENERATION["sd"]) ** 2
    u = (np.arange(N_QUANTILES) + 0.5) / N_QUANTILES
    susceptible = np.zeros(101)
    for age, relative in SUSCEPTIBLE:
        susceptible[age:] = relative
    return replace(
        load_disease("sars-cov-2/wild-type"),
        name="openabm",
        r0=reproduction_number(),
        dispersion_k=0.0,
        place_k=0.0,
        min_latent=0.0,
        incubation=np.full(N_QUANTILES, ONSET_DAYS),
        transmission=stats.gamma.ppf(u, shape, scale=GENERATION["mean"] / shape) - ONSET_DAYS,
        symptomatic=np.full(101, 0.75),
        asymptomatic_relative=0.29,
        susceptibility=susceptible / susceptible.max(),
        admitted=np.zeros(101),
        icu=np.zeros(101),
        died=np.zeros(101),
        layers=np.asarray([4.0, 10.0, 7.0, 4.0]),
        own_team=1.0,
        near=0.0,
        same_city=1.0,
        immune_days=np.inf,
    )


def figures() -> list[dict[str, float]]:
    """Return the figures of `PUBLISHED` of each run that took off."""
    frame = pl.DataFrame(
        {"code": ["1"], "population": [PERSONS], **{k: [v] for k, v in UNITED_KINGDOM.items()}}
    )
    population, chosen, found = synthesize(frame, seed=1), disease(), []
    for seed in range(RUNS):
        options = EngineOptions(keeps_line_list=False)
        outcome = run(population, chosen, days=DAYS, seed=seed, introductions={"1": INDEX}, options=options)
        new = outcome.daily.sort("day")["infections"].to_numpy().astype(float)
        total = np.cumsum(new)
        if total[-1] < TAKEN_OFF:
            continue
        first, last = np.argmax(total >= 80), np.argmax(total >= 1199)
        found.append(
            {
                "doubling_days": float((last - first) / np.log2(total[last] / total[first])),
                "largest_daily_share": float(new.max() / PERSONS),
                "days_from_1_percent_to_peak": float(new.argmax() - np.argmax(total >= PERSONS / 100)),
                "share_infected": float(total[-1] / PERSONS),
            }
        )
    return found


def main() -> None:
    """Print the figures of this engine, 5, 50 and 95 % of the runs, beside those recorded."""
    found = figures()
    table = {
        name: np.quantile([row[name] for row in found], [0.05, 0.5, 0.95]).round(4).tolist()
        for name in PUBLISHED
    }
    print(
        json.dumps(
            {"r0": reproduction_number(), "runs": len(found), "this": table, "openabm": PUBLISHED}, indent=1
        )
    )


if __name__ == "__main__":
    main()
