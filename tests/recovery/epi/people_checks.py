"""Checks of estimators on persons: delays, chains, attack rates, pooled tests."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from tests.epi.chain.simulation import SI, K, R, SimulatedOutbreak
from tests.recovery.epi.simulations import Floats
from tongzhou.core.estimates import Estimate
from tongzhou.epi.chain import (
    Chain,
    ChainModel,
    IntervalOptions,
    chain_of_pairs,
    fit_offspring,
    generation_interval,
    infer_chain,
    offspring,
    serial_interval,
    superspreading_share,
)
from tongzhou.epi.contact import secondary_attack_rates
from tongzhou.epi.delays import Delay, DelayFit, fit_delay
from tongzhou.epi.screening import prevalence_from_pools

Check = Callable[[np.random.Generator], Floats]
FAMILIES = ("gamma", "lognormal", "weibull")
GENERATION = Delay.from_moments("gamma", mean=5.0, sd=2.0)
INCUBATION = Delay.from_moments("gamma", mean=4.0, sd=1.0)


def holds(found: Estimate, truth: float) -> float:
    return float(found.low <= truth <= found.high)


def holds_delay(found: DelayFit, truth: Delay) -> Floats:
    at = found.estimates()
    truths = {"mean": truth.mean, "sd": truth.sd, "q95": float(truth.quantile(0.95))}
    return np.array([holds(at[name], value) for name, value in truths.items()])


def exposure_windows(rng: np.random.Generator, n: int) -> tuple[Delay, dict[str, Floats]]:
    """Incubation periods of people exposed somewhere in up to a week, whose onset day is known."""
    truth = Delay.from_moments(str(rng.choice(FAMILIES)), mean=6.0, sd=3.0)  # type: ignore[arg-type]
    start, width = rng.integers(0, 20, n).astype(float), rng.integers(1, 8, n).astype(float)
    onset = start + rng.random(n) * width + truth.sample(n, rng)
    first = np.floor(onset)
    return truth, {"EL": start, "ER": np.minimum(start + width, first + 1), "SL": first, "SR": first + 1}


def delay_of_windows(rng: np.random.Generator) -> Floats:
    truth, records = exposure_windows(rng, 150)
    return holds_delay(fit_delay(records, truth.family, n_draws=300, level=0.9), truth)


def delay_by_bootstrap(rng: np.random.Generator) -> Floats:
    truth, records = exposure_windows(rng, 100)
    found = fit_delay(records, truth.family, uncertainty="bootstrap", n_draws=60, level=0.9, rng=rng)
    return holds_delay(found, truth)


def known_pairs(rng: np.random.Generator) -> Chain:
    """A certain chain of 200 pairs: infection days a generation apart, onsets an incubation period later."""
    n = 201
    infected, source = np.zeros(n), np.full(n, -1)
    for case in range(1, n):
        source[case] = rng.integers(max(0, case - 12), case)
        infected[case] = infected[source[case]] + GENERATION.sample(1, rng)[0]
    onset = np.floor(infected + INCUBATION.sample(n, rng)).astype(int)
    cases = pl.DataFrame(
        {
            "case_id": [f"c{i}" for i in range(n)],
            "onset": onset,
            "exposure_start": np.floor(infected).astype(int),
            "exposure_end": np.floor(infected).astype(int),
            "infector": [f"c{i}" if i >= 0 else None for i in source],
        }
    )
    return chain_of_pairs(cases)


def chain_serial(rng: np.random.Generator) -> Floats:
    """A serial interval has the generation's mean, and spreads by both incubation periods."""
    found = serial_interval(known_pairs(rng), IntervalOptions("gamma", shift=-10.0, level=0.9)).estimates()
    spread = np.sqrt(GENERATION.sd**2 + 2 * INCUBATION.sd**2)
    return np.array([holds(found["mean"], GENERATION.mean), holds(found["sd"], float(spread))])


def chain_generation(rng: np.random.Generator) -> Floats:
    return holds_delay(generation_interval(known_pairs(rng), IntervalOptions("gamma", level=0.9)), GENERATION)


def offspring_fit(rng: np.random.Generator) -> Floats:
    r, k, n = [(1.0, 0.3, 200), (0.4, 0.5, 300), (1.5, 1.0, 120)][rng.integers(3)]
    fit = fit_offspring(rng.negative_binomial(k, k / (k + r), n), level=0.9)
    share = fit.superspreading_share()
    return np.array(
        [holds(fit.mean, r), holds(fit.dispersion, k), holds(share, float(superspreading_share(r, k)))]
    )


def outbreak_until(rng: np.random.Generator, n_seeds: int, until: int) -> SimulatedOutbreak:
    """A branching outbreak seen until a day fixed beforehand, so that its size chooses nothing."""
    onset, source, row = list(rng.integers(0, 5, n_seeds)), [-1] * n_seeds, 0
    pmf = SI.pmf()
    pmf[0] = 0
    while row < len(onset):
        n = int(rng.negative_binomial(K, K / (K + R)))
        days = onset[row] + rng.choice(pmf.size, n, p=pmf / pmf.sum())
        seen = days[days <= until]
        onset += list(seen)
        source += [row] * seen.size
        row += 1
    return SimulatedOutbreak(np.array(onset), np.array(source), np.zeros(0), until)


def offspring_of_chain(*, is_known: bool) -> Check:
    """Offspring of an outbreak cut by time: its pairs known, or inferred from onsets and traced contacts.

    The source of 5 in 100 cases is not among the contacts, and contacts name 60 pairs who did not infect each other.
    """

    def check(rng: np.random.Generator) -> Floats:
        outbreak = outbreak_until(rng, n_seeds=80, until=25)
        if is_known:
            source = [f"c{i}" if i >= 0 else None for i in outbreak.infector]
            chain = chain_of_pairs(outbreak.cases.with_columns(infector=pl.Series(source, dtype=pl.String)))
        else:
            cases = outbreak.cases.with_columns(is_imported=pl.Series(outbreak.infector < 0))
            chain = infer_chain(cases, outbreak.contacts(rng, 0.95, 60), model=ChainModel(SI))
        fit = offspring(chain, followed_until=outbreak.until - 14, n_trees=60, rng=rng, level=0.9)
        return np.array([holds(fit.mean, R), holds(fit.dispersion, K)])

    return check


def pools(sizes: tuple[int, ...], test: tuple[float, float]) -> Check:
    def check(rng: np.random.Generator) -> Floats:
        p, (sensitivity, specificity) = float(rng.uniform(0.005, 0.03)), test
        size = np.array(sizes) if len(sizes) > 1 else rng.choice([5, 10, 20], 1)
        share = sensitivity - (sensitivity + specificity - 1) * (1 - p) ** size
        positive = rng.binomial(300, share)
        found = prevalence_from_pools(
            size, 300, positive, sensitivity=sensitivity, specificity=specificity, level=0.9
        )
        return np.array([holds(found, p)])

    return check


def attack_rate(method: str) -> Check:
    def check(rng: np.random.Generator) -> Floats:
        n, p = int(rng.integers(40, 800)), float(rng.uniform(0.02, 0.4))
        people = {"infected": (rng.random(n) < p).astype(int)}
        row = secondary_attack_rates(people, method=method, level=0.9).to_frame().row(0, named=True)  # type: ignore[arg-type]
        return np.array([float(row["low"] <= p <= row["high"])])

    return check


def attack_rate_of_clusters(rng: np.random.Generator) -> Floats:
    """People exposed to one case share its infectiousness: a beta-binomial per case."""
    p, spread, n_cases = float(rng.uniform(0.05, 0.3)), 4.0, 120
    own = rng.beta(p * spread, (1 - p) * spread, n_cases)
    size = rng.poisson(6, n_cases) + 1
    case = np.repeat(np.arange(n_cases), size)
    people = {"infected": (rng.random(case.size) < own[case]).astype(int), "case_id": case}
    found = secondary_attack_rates(people, method="cluster-bootstrap", level=0.9, rng=rng).to_frame()
    return np.array([float(found["low"][0] <= p <= found["high"][0])])


CHECKS: dict[str, tuple[Check, int]] = {
    "delays.fit_delay (exposure windows)": (delay_of_windows, 300),
    "delays.fit_delay (bootstrap)": (delay_by_bootstrap, 100),
    "chain.fit_offspring": (offspring_fit, 600),
    "chain.offspring (known pairs)": (offspring_of_chain(is_known=True), 300),
    "chain.offspring (inferred pairs)": (offspring_of_chain(is_known=False), 100),
    "chain.serial_interval": (chain_serial, 150),
    "chain.generation_interval": (chain_generation, 200),
    "contact.secondary_attack_rates (wilson)": (attack_rate("wilson"), 4000),
    "contact.secondary_attack_rates (jeffreys)": (attack_rate("jeffreys"), 4000),
    "contact.secondary_attack_rates (clopper-pearson)": (attack_rate("clopper-pearson"), 4000),
    "contact.secondary_attack_rates (cluster-bootstrap)": (attack_rate_of_clusters, 1000),
    "screening.prevalence_from_pools": (pools((), (0.95, 0.99)), 3000),
    "screening.prevalence_from_pools (mixed sizes)": (pools((3, 5, 10, 20), (1.0, 1.0)), 3000),
}
