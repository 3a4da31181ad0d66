"""Renewal forecasts by particle filter: reproduction number, infections, delay and weekly rhythm of reports.

Owns the state-space model and its filter. One pass over a series gives the forecast of every origin.

Model, per day: log R takes a random step (now and then a large one); infections are Poisson with mean R times the
infectivity of earlier infections, plus imports; reports are negative binomial around infections seen through the
delay and the day of the week. The size of the step and the dispersion are learnt along the way.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from numba import njit

from tongzhou.epi.delays.delay import Delay, as_pmf
from tongzhou.epi.reproduction.serial import draw_serial_intervals

Floats = npt.NDArray[np.float64]
Origins = npt.NDArray[np.int64]
TAIL = 1e-3
MAX_LAGS = 60
MIN_RHYTHM_DAYS = 20


@dataclass(frozen=True, slots=True)
class RenewalOptions:
    """Priors of the renewal filter.

    n_particles : int
    step_sd : (median, log sd) of the daily sd of log R
    dispersion : (median, log sd) of the size of the negative binomial of reports
    jump : (probability per day, factor) of a large step
    imports : float, infections per day from elsewhere
    initial_sd : float — sd of log R on the first day, around 1
    reversion : float per day — share of log R lost towards 0
    """

    n_particles: int = 2000
    step_sd: tuple[float, float] = (0.06, 0.6)
    dispersion: tuple[float, float] = (15.0, 1.0)
    jump: tuple[float, float] = (0.02, 4.0)
    imports: float = 0.02
    initial_sd: float = 0.5
    reversion: float = 0.02


@dataclass(frozen=True, slots=True)
class Renewal:
    """Forecaster from a generation (or serial) interval and a reporting delay.

    si : probabilities from lag 0 (lag 0 must be 0), or a `Delay`
    delay : from infection to report: probabilities from lag 0, or a `Delay`; None reports at once
    day_of_week : bool — whether reporting has a weekly rhythm, estimated from the days before each origin
    """

    si: npt.ArrayLike | Delay
    delay: npt.ArrayLike | Delay | None = None
    day_of_week: bool = True
    options: RenewalOptions = field(default_factory=RenewalOptions)
    name: str = "renewal"

    @property
    def min_history(self) -> int:
        """Days needed."""
        return 14

    def draw(
        self, counts: Floats, origins: Origins, horizon: int, n_samples: int, rng: np.random.Generator
    ) -> Floats:
        """See `models.Forecaster.draw`."""
        weights = _trim(draw_serial_intervals(self.si, MAX_LAGS).pmfs[:, 0])
        seen = np.ones(1) if self.delay is None else _trim(as_pmf(self.delay, name="delay"))
        rhythm = weekday_rhythm(counts, self.day_of_week)
        o = self.options
        priors = np.array(
            [*o.step_sd, *o.dispersion, *o.jump, o.imports, o.initial_sd, o.reversion], dtype=np.float64
        )
        return np.asarray(
            _filter(
                counts.astype(np.float64),
                weights,
                seen,
                rhythm,
                np.asarray(origins, dtype=np.int64),
                np.array([horizon, n_samples, o.n_particles, int(rng.integers(2**31))], dtype=np.int64),
                priors,
            )
        )


def _trim(pmf: Floats) -> Floats:
    last = int(np.searchsorted(np.cumsum(pmf) / pmf.sum(), 1 - TAIL)) + 1
    return pmf[:last] / pmf[:last].sum()


def weekday_rhythm(counts: Floats, is_used: bool, n_weeks: int = 6) -> Floats:
    """Return the factor of each weekday as known before each day, shape (T + 1, 7); column t % 7 belongs to day t.

    Row t uses counts[:t] only: per weekday the reports of the last `n_weeks` weeks over their centred seven-day
    means, so that growth does not pass for rhythm, drawn towards 1 by the noise of counts.
    """
    n_times = counts.size
    result = np.ones((n_times + 1, 7))
    if not is_used or n_times < MIN_RHYTHM_DAYS:
        return result
    mean = np.convolve(counts, np.ones(7) / 7, mode="valid")
    for t in range(MIN_RHYTHM_DAYS, n_times + 1):
        last = t - 6
        days = np.arange(max(0, last - 7 * n_weeks), last)
        weekday = (days + 3) % 7
        seen = np.bincount(weekday, counts[days + 3], minlength=7)
        expected = np.bincount(weekday, mean[days], minlength=7)
        ratio = (seen + 1) / (expected + 1)
        noise = (1 / (expected + 1)).mean() + 0.05 * 7 / days.size
        kept = 1 / (1 + noise / max(float(((ratio - 1) ** 2).mean()), 1e-6))
        factor = 1 + kept * (ratio - 1)
        result[t] = np.maximum(factor / factor.mean(), 0.05)
    return result


@njit(cache=True, nogil=True)
def _filter(counts, weights, seen, rhythm, origins, sizes, priors):  # type: ignore[no-untyped-def]
    """Run the filter over `counts` and forecast at each origin; returns (O, n_samples, horizon).

    sizes : horizon, n_samples, n_particles, seed
    priors : step median, step log sd, size median, size log sd, jump probability, jump factor, imports, initial sd,
        reversion
    """
    horizon, n_samples, n = sizes[0], sizes[1], sizes[2]
    np.random.seed(sizes[3])
    n_lags = max(weights.size, seen.size)
    state = np.empty((n, 3))
    past = np.empty((n, n_lags))
    _start(state, past, counts, priors)
    log_weight = np.zeros(n)
    result = np.empty((origins.size, n_samples, horizon))
    last = origins.max()
    for t in range(last + 1):
        for i in range(origins.size):
            if origins[i] == t:
                _forecast(state, past, log_weight, weights, seen, rhythm[t], t, priors, result[i])
        if t == last:
            break
        for p in range(n):
            mean = _advance(state[p], past[p], weights, seen, priors, True)
            log_weight[p] += _log_reports(counts[t], mean * rhythm[t, t % 7], np.exp(state[p, 2]))
        if _effective(log_weight) < 0.5 * n:
            _resample(state, past, log_weight)
    return result


@njit(cache=True, nogil=True)
def _start(state, past, counts, priors):  # type: ignore[no-untyped-def]
    level = np.log(counts[:7].mean() + 0.5)
    for p in range(state.shape[0]):
        state[p, 0] = np.random.normal(0.0, priors[7])
        state[p, 1] = np.log(priors[0]) + priors[1] * np.random.normal()
        state[p, 2] = np.log(priors[2]) + priors[3] * np.random.normal()
        height = level + 0.5 * np.random.normal()
        growth = 0.08 * np.random.normal()
        for k in range(past.shape[1]):
            past[p, k] = np.exp(height - growth * k)


@njit(cache=True, nogil=True)
def _advance(particle, past, weights, seen, priors, is_learning):  # type: ignore[no-untyped-def]
    """Move one particle to the next day; `past[0]` is the latest day's infections. Returns mean reports."""
    if is_learning:
        particle[1] = min(max(particle[1] + 0.03 * np.random.normal(), -5.0), -0.9)
        particle[2] = min(max(particle[2] + 0.03 * np.random.normal(), -1.0), 9.0)
    step = np.exp(particle[1]) * np.random.normal()
    if np.random.random() < priors[4]:
        step *= priors[5]
    particle[0] = min(max((1 - priors[8]) * particle[0] + step, -4.0), 3.0)
    pressure = 0.0
    for k in range(1, weights.size):
        pressure += weights[k] * past[k - 1]
    mean = min(np.exp(particle[0]) * pressure + priors[6], 1e9)
    for k in range(past.size - 1, 0, -1):
        past[k] = past[k - 1]
    past[0] = np.random.poisson(mean) if mean < 1e6 else mean + np.sqrt(mean) * np.random.normal()
    reports = 0.0
    for k in range(seen.size):
        reports += seen[k] * past[k]
    return reports


@njit(cache=True, nogil=True)
def _log_reports(count, mean, size):  # type: ignore[no-untyped-def]
    mu = max(mean, 1e-3)
    log_pmf = -size * np.log1p(mu / size)
    if count > 0:
        log_pmf += count * np.log(mu / (mu + size)) + _log_gamma(count + size) - _log_gamma(size)
    return log_pmf


@njit(cache=True, nogil=True)
def _log_gamma(x):  # type: ignore[no-untyped-def]
    """Stirling's series after shifting x above 10; relative error below 1e-13 for x > 0.01."""
    shift = 0.0
    while x < 10.0:
        shift -= np.log(x)
        x += 1.0
    inverse = 1.0 / (x * x)
    series = (1 / 12.0 - inverse * (1 / 360.0 - inverse * (1 / 1260.0 - inverse / 1680.0))) / x
    return shift + (x - 0.5) * np.log(x) - x + 0.9189385332046727 + series


@njit(cache=True, nogil=True)
def _effective(log_weight):  # type: ignore[no-untyped-def]
    top = log_weight.max()
    first = 0.0
    second = 0.0
    for value in log_weight:
        w = np.exp(value - top)
        first += w
        second += w * w
    return first * first / second


@njit(cache=True, nogil=True)
def _pick(log_weight, n):  # type: ignore[no-untyped-def]
    """Systematic choice of n particles in proportion to their weights."""
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    chosen = np.empty(n, dtype=np.int64)
    offset = np.random.random()
    total = weight[0]
    j = 0
    for i in range(n):
        while (i + offset) / n > total and j < weight.size - 1:
            j += 1
            total += weight[j]
        chosen[i] = j
    return chosen


@njit(cache=True, nogil=True)
def _resample(state, past, log_weight):  # type: ignore[no-untyped-def]
    chosen = _pick(log_weight, state.shape[0])
    state[:] = state[chosen]
    past[:] = past[chosen]
    log_weight[:] = 0.0


@njit(cache=True, nogil=True)
def _forecast(state, past, log_weight, weights, seen, rhythm, t, priors, result):  # type: ignore[no-untyped-def]
    chosen = _pick(log_weight, result.shape[0])
    for i in range(result.shape[0]):
        particle = state[chosen[i]].copy()
        history = past[chosen[i]].copy()
        size = np.exp(particle[2])
        for h in range(result.shape[1]):
            mean = _advance(particle, history, weights, seen, priors, False)
            mu = max(mean * rhythm[(t + h) % 7], 1e-9)
            result[i, h] = np.random.poisson(min(np.random.gamma(size, mu / size), 1e12))
