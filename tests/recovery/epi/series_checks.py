"""Checks of further estimators on count series: imported cases, uncertain intervals, back-projection, forecasts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.recovery.epi.simulations import (
    REPORTING,
    SEED_DAYS,
    SI_PMF,
    Floats,
    random_walk_r,
    report,
    simulate_renewal,
)
from tongzhou.epi.delays import BackProjectionOptions, Delay, back_project
from tongzhou.epi.detect import hhh4
from tongzhou.epi.forecast import Drift, Ensemble, Forecaster, LastWeek, forecast_cases
from tongzhou.epi.reproduction import UncertainSerialInterval, estimate_rt

Check = Callable[[np.random.Generator], Floats]
LEVELS = (0.05, 0.5, 0.95)
HORIZON = 14


def cori_imported(rng: np.random.Generator) -> Floats:
    """Cases that arrive every day, below a threshold that local spread alone would not hold."""
    r, n = float(rng.uniform(0.6, 1.2)), 60
    arrived = rng.poisson(8, n).astype(float)
    cases = arrived.copy()
    for t in range(1, n):
        reach = min(t, SI_PMF.size - 1)
        cases[t] += rng.poisson(r * (SI_PMF[1 : reach + 1] @ cases[t - reach : t][::-1]))
    found = estimate_rt(cases, SI_PMF, window=7, imported=arrived, quantiles=LEVELS)
    inside = (found.quantiles[0.05][0] <= r) & (r <= found.quantiles[0.95][0])
    return inside[-28::7].astype(float)


def draw_within(rng: np.random.Generator, middle: float, sd: float, reach: float) -> float:
    """A normal number no farther than `reach` from its middle."""
    while True:
        drawn = float(rng.normal(middle, sd))
        if abs(drawn - middle) <= reach:
            return drawn


def cori_prior_of_interval(rng: np.random.Generator) -> Floats:
    """The serial interval of each world is drawn from what `UncertainSerialInterval` says."""
    said = UncertainSerialInterval(5.0, 0.5, (4.0, 6.0), 2.5, 0.3, (2.0, 3.0))
    r = float(rng.uniform(0.8, 1.6))
    mean, sd = draw_within(rng, 5.0, 0.5, 1.0), draw_within(rng, 2.5, 0.3, 0.5)
    pmf = Delay.serial_interval(mean, sd).pmf(SI_PMF.size, normalise=True)
    cases = simulate_renewal(np.full(30, r), rng, pmf=pmf).infections[SEED_DAYS - 25 :]
    found = estimate_rt(cases, said, window=7, quantiles=LEVELS)
    return np.array([float(found.quantiles[0.05][0, -1] <= r <= found.quantiles[0.95][0, -1])])


def back_projection(rng: np.random.Generator) -> Floats:
    """Exposures per day rise and fall smoothly; onsets follow after the incubation period."""
    n = 70
    centre, width, height = rng.uniform(25, 40), rng.uniform(6, 10), rng.uniform(40, 120)
    truth = 3 + height * np.exp(-0.5 * ((np.arange(n) - centre) / width) ** 2)
    onsets = rng.poisson(np.convolve(truth, REPORTING.pmf())[:n]).astype(float)
    options = BackProjectionOptions(k=2, n_bootstrap=60, level=0.9)
    found = back_project(onsets, REPORTING, options=options, rng=rng)
    assert found.low is not None
    assert found.high is not None
    return ((found.low[0] <= truth) & (truth <= found.high[0]))[12:55].astype(float)


def baseline(model: Forecaster) -> Check:
    def check(rng: np.random.Generator) -> Floats:
        n = 100
        outbreak = simulate_renewal(random_walk_r(n + HORIZON, rng), rng)
        reports = report(outbreak, rng, size=20.0, weekly=True)
        known, future = reports[:n], reports[n:]
        if not 100 < known[-30:].sum() < 1e6:
            return np.zeros(0)
        found = forecast_cases(known, model, horizon=HORIZON, n_samples=1000, rng=rng)
        low, high = found.quantile((0.05, 0.95))[0].T
        return ((low <= future) & (future <= high)).astype(float)

    return check


def endemic_epidemic(rng: np.random.Generator) -> Floats:
    order = np.abs(np.subtract.outer(np.arange(5), np.arange(5)))
    truth, y = {"ar.1": -0.9, "ne.1": -1.8, "end.1": 1.0}, np.full((5, 260), 4.0)
    for t in range(1, y.shape[1]):
        season = np.exp(1 + 0.5 * np.sin(2 * np.pi * t / 52))
        mean = np.exp(-0.9) * y[:, t - 1] + np.exp(-1.8) * (order == 1).T @ y[:, t - 1] + season
        y[:, t] = rng.negative_binomial(5, 5 / (5 + mean))
    rows = {row["param"]: row for row in hhh4(y, neighbourhood=order).to_frame().iter_rows(named=True)}
    inside = [
        abs(rows[name]["estimate"] - value) <= 1.645 * rows[name]["se"] for name, value in truth.items()
    ]
    return np.array(inside, dtype=float)


CHECKS: dict[str, tuple[Check, int]] = {
    "reproduction.estimate_rt, imported cases": (cori_imported, 1000),
    "reproduction.estimate_rt, uncertain serial interval": (cori_prior_of_interval, 300),
    "delays.back_project": (back_projection, 200),
    "forecast.LastWeek": (baseline(LastWeek()), 400),
    "forecast.Drift": (baseline(Drift()), 400),
    "forecast.Ensemble": (baseline(Ensemble((LastWeek(), Drift()))), 400),
    "detect.hhh4": (endemic_epidemic, 150),
}
