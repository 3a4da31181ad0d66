"""Epidemics with known truth, for checking estimators."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tongzhou.epi.delays import Delay

Floats = npt.NDArray[np.float64]
SI = Delay.serial_interval(5.0, 2.5)
SI_PMF = SI.pmf(25, normalise=True)
REPORTING = Delay.from_moments("gamma", mean=6.0, sd=3.0)
WEEK = np.array([1.2, 1.1, 1.0, 1.0, 1.1, 0.8, 0.8])
SEED_DAYS = 30


@dataclass(frozen=True)
class Outbreak:
    """Infections per day (with SEED_DAYS before day 1 in front) and the reproduction number per day."""

    infections: Floats
    r: Floats


def simulate_renewal(
    r: Floats, rng: np.random.Generator, seeds: float = 20.0, pmf: Floats = SI_PMF
) -> Outbreak:
    """Poisson renewal epidemic with a given reproduction number per day."""
    infections = np.concatenate([rng.poisson(seeds, SEED_DAYS).astype(float), np.zeros(r.size)])
    for t in range(SEED_DAYS, infections.size):
        pressure = pmf[1:] @ infections[t - 1 : t - pmf.size : -1]
        infections[t] = rng.poisson(r[t - SEED_DAYS] * pressure)
    return Outbreak(infections, r)


def random_walk_r(n: int, rng: np.random.Generator, sd: float = 0.05, pull: float = 0.02) -> Floats:
    """Log R as a random walk drawn towards 0."""
    log_r = np.zeros(n)
    value = rng.normal(0, 0.2)
    for t in range(n):
        value = (1 - pull) * value + sd * rng.normal()
        log_r[t] = value
    return np.exp(log_r)


def report(outbreak: Outbreak, rng: np.random.Generator, *, size: float, weekly: bool) -> Floats:
    """Negative binomial reports of infections through the delay, for the days of `outbreak.r`."""
    n = outbreak.r.size
    mean = np.convolve(outbreak.infections, REPORTING.pmf())[SEED_DAYS : SEED_DAYS + n]
    mean = np.maximum(mean * (WEEK[np.arange(n) % 7] if weekly else 1.0), 1e-9)
    return rng.negative_binomial(size, size / (size + mean)).astype(float)


def simulate_tree(r: float, n_days: int, rng: np.random.Generator, seeds: int = 30) -> tuple[Floats, Floats]:
    """Branching process: cases per onset day, and how many the cases of each day infected in the end."""
    cases, infected = np.zeros(n_days + SI_PMF.size), np.zeros(n_days)
    cases[0] = seeds
    for t in range(n_days):
        offspring = int(rng.poisson(r * cases[t])) if cases[t] else 0
        infected[t] = offspring
        lags = rng.choice(SI_PMF.size, offspring, p=SI_PMF)
        np.add.at(cases, t + lags, 1)
    return cases[:n_days], infected


def simulate_reports(
    rng: np.random.Generator, n_days: int, rate: float, dispersion: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Event day and report day of cases whose daily mean drifts."""
    log_rate = np.log(rate) + np.cumsum(rng.normal(0, 0.05, n_days))
    mean = np.exp(log_rate)
    n = rng.negative_binomial(dispersion, dispersion / (dispersion + mean))
    event = np.repeat(np.arange(n_days), n)
    delay = np.minimum(rng.negative_binomial(3, 3 / (3 + 4.0), event.size), 15)
    return event, event + delay
