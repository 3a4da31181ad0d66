"""Every estimator with an interval, and how often its 90 % interval holds the simulated truth.

Each check returns one row of 0 and 1 per simulation, so that simulations, not days, are the unit. More checks stand in
`series_checks` and `people_checks`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from tests.recovery.epi import people_checks, series_checks
from tests.recovery.epi.simulations import (
    REPORTING,
    SEED_DAYS,
    SI,
    SI_PMF,
    Floats,
    random_walk_r,
    report,
    simulate_renewal,
    simulate_reports,
    simulate_tree,
)
from tongzhou.epi.delays import Delay, fit_delay
from tongzhou.epi.forecast import CareLevel, Forecast, LastWeek, Renewal, forecast_beds, forecast_cases
from tongzhou.epi.nowcast import NowcastOptions, estimate_nowcast
from tongzhou.epi.reproduction import WindowEstimate, case_reproduction, estimate_rt, growth_rate, smooth_rt

LEVELS = (0.05, 0.5, 0.95)
DAY = dt.date(2022, 1, 1)
GIVEN = ("lawless", "bayes.notrunc", "bayes.notrunc.bnb")
Check = Callable[[np.random.Generator], Floats]


@dataclass(frozen=True)
class Coverage:
    """What one estimator achieved."""

    name: str
    n_simulations: int
    n_intervals: int
    share: float
    standard_error: float


def within(found: WindowEstimate, truth: Floats, used: slice = slice(None)) -> Floats:
    inside = (found.quantiles[0.05][0] <= truth) & (truth <= found.quantiles[0.95][0])
    return np.asarray(inside[used], dtype=float)


def cori(rng: np.random.Generator) -> Floats:
    r = float(rng.uniform(0.8, 1.6))
    cases = simulate_renewal(np.full(30, r), rng).infections[SEED_DAYS - 25 :]
    found = estimate_rt(cases, SI_PMF, window=7, quantiles=LEVELS)
    return within(found, np.full(found.windows.start.size, r), slice(-14, None, 7))


def cori_uncertain_interval(rng: np.random.Generator) -> Floats:
    r = float(rng.uniform(0.8, 1.6))
    pairs = SI.sample(60, rng)
    zero = np.zeros(60)
    draws = fit_delay({"EL": zero, "ER": zero, "SL": pairs, "SR": pairs}, "gamma", shift=1.0, n_draws=60)
    pmfs = draws.pmfs(25, scheme="double")
    cases = simulate_renewal(np.full(30, r), rng).infections[SEED_DAYS - 25 :]
    found = estimate_rt(cases, pmfs, window=7, quantiles=LEVELS)
    return within(found, np.full(found.windows.start.size, r), slice(-1, None))


def wallinga_teunis(rng: np.random.Generator) -> Floats:
    cases, infected = simulate_tree(float(rng.uniform(1.1, 1.4)), 60, rng, seeds=60)
    found = case_reproduction(cases, SI_PMF, window=7, quantiles=LEVELS)
    windows = found.windows
    realised = windows.total(infected[None])[0] / np.maximum(windows.total(cases[None])[0], 1)
    return within(found, realised, slice(10, 31, 7))


def growth(rng: np.random.Generator) -> Floats:
    rate, size = float(rng.uniform(-0.05, 0.12)), 10.0
    mean = 60 * np.exp(rate * np.arange(14))
    cases = rng.negative_binomial(size, size / (size + mean))
    return within(growth_rate(cases, window=14, quantiles=LEVELS), np.array([rate]))


def smooth(rng: np.random.Generator) -> Floats:
    n = 90
    phase, period = rng.uniform(0, 40), rng.uniform(35, 60)
    r = 1.08 + 0.35 * np.cos(2 * np.pi * (np.arange(n) + phase) / period)
    outbreak = simulate_renewal(r, rng, seeds=30)
    weekly = bool(rng.random() < 0.5)
    reports = report(outbreak, rng, size=20.0, weekly=weekly)
    if reports[-30:].sum() < 100:
        return np.zeros(0)
    found = smooth_rt(reports, SI_PMF, delay=REPORTING, day_of_week=weekly, quantiles=LEVELS)
    return within(found, r, slice(10, None))


def delay_fit(rng: np.random.Generator) -> Floats:
    family = str(rng.choice(["gamma", "lognormal", "weibull"]))
    truth = Delay.from_moments(family, mean=5.0, sd=2.5)  # type: ignore[arg-type]
    growth_per_day, n = 0.1, 250
    first = np.log1p(rng.random(n) * np.expm1(growth_per_day * 30)) / growth_per_day
    second = first + truth.sample(n, rng)
    seen = second < 30
    low, high = np.floor(first[seen]), np.floor(second[seen])
    data = {"EL": low, "ER": low + 1, "SL": high, "SR": high + 1}
    fit = fit_delay(data, family, observed_until=30.0, growth=growth_per_day, n_draws=300, level=0.9)  # type: ignore[arg-type]
    found = fit.estimates()
    truths = {"mean": 5.0, "sd": 2.5, "q95": float(truth.quantile(0.95))}
    return np.array([float(found[k].low <= v <= found[k].high) for k, v in truths.items()])


def nowcast(method: str) -> Check:
    def check(rng: np.random.Generator) -> Floats:
        event, reported = simulate_reports(rng, 100, 40.0, 30.0)
        now = 80
        frame = pl.DataFrame(
            {
                "date_onset": [DAY + dt.timedelta(days=int(d)) for d in event],
                "date_reporting": [DAY + dt.timedelta(days=int(d)) for d in reported],
            }
        )
        options = NowcastOptions(alpha=0.1, n_samples=1024)
        today = DAY + dt.timedelta(days=now)
        found = estimate_nowcast(frame, now=today, method=method, D=15, options=options)  # type: ignore[arg-type]
        truth = np.array([(event == now - x).sum() for x in range(15, -1, -1)])
        low, high = found.quantile(0.05), found.quantile(0.95)
        return randomised(found.pmf, truth, low, high, rng)[5:]

    return check


def randomised(pmf: Floats, truth: Floats, low: Floats, high: Floats, rng: np.random.Generator) -> Floats:
    """Cover with exactly the level: counts make intervals wider than asked, so use the randomised transform."""
    cumulative = np.cumsum(pmf, axis=1)
    total = cumulative[:, -1]
    rows = np.arange(truth.size)
    at = np.minimum(truth, pmf.shape[1] - 1)
    transform = (cumulative[rows, at] - rng.random(truth.size) * pmf[rows, at]) / total
    assert low.shape == high.shape == transform.shape
    return ((transform > 0.05) & (transform < 0.95)).astype(float)


def given_interval(method: str) -> Check:
    """The interval as users get it, of the laws that are the peer's."""

    def check(rng: np.random.Generator) -> Floats:
        event, reported = simulate_reports(rng, 100, 40.0, 30.0)
        days = {"date_onset": event, "date_reporting": reported}
        frame = pl.DataFrame(
            {name: [DAY + dt.timedelta(days=int(d)) for d in column] for name, column in days.items()}
        )
        options = NowcastOptions(alpha=0.1, n_samples=1024)
        today = DAY + dt.timedelta(days=80)
        found = estimate_nowcast(frame, now=today, method=method, D=15, options=options).to_frame()  # type: ignore[arg-type]
        truth = np.array([(event == 80 - x).sum() for x in range(15, -1, -1)])
        inside = (found["low"].to_numpy() <= truth) & (truth <= found["high"].to_numpy())
        return np.asarray(inside[5:], dtype=float)

    return check


def renewal(rng: np.random.Generator) -> Floats:
    n, horizon = 100, 14
    outbreak = simulate_renewal(random_walk_r(n + horizon, rng), rng)
    reports = report(outbreak, rng, size=20.0, weekly=True)
    known, future = reports[:n], reports[n:]
    if not 100 < known[-30:].sum() < 1e6:
        return np.zeros(0)
    found = forecast_cases(known, Renewal(SI_PMF, REPORTING), horizon=horizon, n_samples=1000, rng=rng)
    low, high = found.quantile((0.05, 0.95))[0].T
    return ((low <= future) & (future <= high)).astype(float)


def beds(rng: np.random.Generator) -> Floats:
    stay = Delay.from_moments("gamma", mean=9.0, sd=4.0)
    to_ward = Delay.from_moments("gamma", mean=4.0, sd=2.0)
    n, horizon, share = 60, 14, 0.2
    cases = rng.poisson(80, n + horizon)
    base = forecast_cases(cases[:n], LastWeek(), horizon=horizon, n_samples=400, rng=rng)
    future = rng.poisson(80, base.samples.shape).astype(float)
    forecast = Forecast(samples=future, series=base.series, provenance=base.provenance)
    found = forecast_beds(forecast, [CareLevel("ward", share, to_ward, stay)], rng=rng)
    truth = np.zeros(n + horizon)
    for day, count in enumerate(cases):
        admitted = rng.binomial(count, share)
        start = day + rng.choice(to_ward.pmf().size, admitted, p=to_ward.pmf())
        nights = rng.choice(stay.pmf().size, admitted, p=stay.pmf())
        for a, b in zip(start, nights, strict=True):
            truth[a : a + b] += 1
    low, high = np.quantile(found.occupancy[0], [0.05, 0.95], axis=0)
    return ((low <= truth[n:]) & (truth[n:] <= high)).astype(float)


CHECKS: dict[str, tuple[Check, int]] = {
    "reproduction.estimate_rt": (cori, 1500),
    "reproduction.estimate_rt, fitted serial interval": (cori_uncertain_interval, 600),
    "reproduction.case_reproduction": (wallinga_teunis, 1000),
    "reproduction.growth_rate": (growth, 3000),
    "reproduction.smooth_rt": (smooth, 300),
    "delays.fit_delay (truncated)": (delay_fit, 400),
    "nowcast lawless.complete": (nowcast("lawless.complete"), 300),
    "nowcast bayes.trunc": (nowcast("bayes.trunc"), 300),
    **{f"nowcast {name}": (given_interval(name), 300) for name in GIVEN},
    "nowcast chain.ladder": (nowcast("chain.ladder"), 300),
    "forecast.Renewal": (renewal, 400),
    "forecast.forecast_beds": (beds, 300),
    **series_checks.CHECKS,
    **people_checks.CHECKS,
}


def measure(name: str, share_of_full: float = 1.0, seed: int = 20260101) -> Coverage:
    """Run one estimator's simulations."""
    check, full = CHECKS[name]
    n = max(10, int(full * share_of_full))
    rows = [check(np.random.default_rng([seed, i])) for i in range(n)]
    rows = [row for row in rows if row.size]
    means = np.array([row.mean() for row in rows])
    return Coverage(
        name,
        len(rows),
        int(sum(row.size for row in rows)),
        float(np.average(means, weights=[row.size for row in rows])),
        float(means.std(ddof=1) / np.sqrt(means.size)),
    )
