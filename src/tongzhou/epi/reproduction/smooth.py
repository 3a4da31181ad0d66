"""A smooth reproduction number from delayed reports by penalised regression, without a sampler.

Owns `smooth_rt`: log infections are a penalised spline, reports are infections seen through a delay and a
day-of-week effect, and the smoothness is chosen by the marginal likelihood. Never uses windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import interpolate, optimize, special

from tongzhou.core.errors import EstimationFailed
from tongzhou.core.estimates import Provenance, digest_arrays
from tongzhou.epi.delays.delay import Delay, as_pmf
from tongzhou.epi.reproduction.estimate import DEFAULT_QUANTILES, WindowEstimate
from tongzhou.epi.reproduction.serial import draw_serial_intervals, require_days_of
from tongzhou.epi.reproduction.windows import Windows
from tongzhou.epi.series import SeriesMatrix, SeriesRules, as_series_matrix

Floats = npt.NDArray[np.float64]
TAIL = 1e-3
DAYS_PER_KNOT = 3.0
MAX_STEPS = 60
MAX_SEARCHES = 70
WEEKDAY_SD = 0.5
MIN_DAYS = 14


@dataclass(frozen=True, slots=True)
class _Model:
    """Reports = seen @ exp(basis @ theta), times exp(weekday @ gamma)."""

    basis: Floats
    seen: Floats
    weekday: Floats
    penalty: Floats
    n_padding: int

    @property
    def n_spline(self) -> int:
        return int(self.basis.shape[1])


@dataclass(frozen=True, slots=True)
class _Fit:
    coefficients: Floats
    information: Floats
    evidence: float


def smooth_rt(
    reports: object,
    si: npt.ArrayLike | Delay,
    *,
    delay: npt.ArrayLike | Delay | None = None,
    day_of_week: bool = False,
    dates: object = None,
    quantiles: Sequence[float] = DEFAULT_QUANTILES,
) -> WindowEstimate:
    """Estimate the reproduction number per day of infection from delayed, noisy reports.

    Parameters
    ----------
    reports : cases per day of report, one series or many (see `series.as_series_matrix`), 14 days or more
    si : generation or serial interval: probabilities from lag 0 (lag 0 must be 0), or a `Delay`
    delay : from infection to report: probabilities from lag 0, or a `Delay`; none puts reports on the day itself
    day_of_week : bool — whether reporting has a weekly rhythm
    dates : sequence of T dates, optional
    quantiles : probabilities to give

    Returns
    -------
    WindowEstimate
        One row per day (``t_start == t_end``), with ``infections`` and ``growth_rate`` per day. The last days, whose
        infections are still to be reported, widen by themselves.

    Raises
    ------
    InputError
        ``series.*``, ``delay.*``
    EstimationFailed
        ``smooth.diverged`` — for one series; in a batch the series is left null

    Notes
    -----
    Reports are negative binomial. Log infections are a cubic B-spline with a second-order difference penalty, so
    that R is drawn towards constancy; penalty and dispersion maximise the Laplace approximation of the marginal
    likelihood. Intervals are log-normal by the delta method.

    References
    ----------
    Eilers 2007, Stat Model 7:239 (penalised composite link); Wood 2011, J R Stat Soc B 73:3; Gressani et al. 2022,
    PLoS Comput Biol 18:e1010618 (Rt by Laplacian P-splines).
    """
    rules = SeriesRules(min_length=MIN_DAYS)
    series = as_series_matrix(reports, name="reports", dates=dates, rules=rules)
    require_days_of(series, si)
    weights = _trim(draw_serial_intervals(si, series.n_times).pmfs[:, 0])
    seen = np.ones(1) if delay is None else _trim(as_pmf(delay, name="delay"))
    model = _build(series, weights, seen, day_of_week)
    shape = (series.n_series, series.n_times)
    log_r, error, infections, growth = np.full((4, *shape), np.nan)
    for row in np.flatnonzero(series.is_good):
        try:
            fit = _search(model, series.values[row])
        except EstimationFailed:
            if series.was_single:
                raise
            continue
        log_r[row], error[row], infections[row], growth[row] = _read_fit(model, fit, weights, series.n_times)
    days = np.arange(1, series.n_times + 1, dtype=np.int64)
    z = {p: special.ndtri(p) for p in quantiles}
    mean = np.exp(log_r + error**2 / 2)
    return WindowEstimate(
        series=series,
        windows=Windows(days, days),
        mean=mean,
        std=mean * np.sqrt(np.expm1(error**2)),
        quantiles={p: np.exp(log_r + z[p] * error) for p in quantiles},
        extra={"infections": infections, "growth_rate": growth},
        label=("reproduction number", "再生数"),
        provenance=Provenance(
            "reproduction.smooth_rt",
            {"day_of_week": day_of_week},
            digest_arrays(series.values, weights, seen),
            "Eilers 2007; Gressani et al. 2022",
        ),
    )


def _trim(pmf: Floats) -> Floats:
    """Cut the tail beyond 1 - 1e-3 and rescale."""
    last = int(np.searchsorted(np.cumsum(pmf) / pmf.sum(), 1 - TAIL)) + 1
    return pmf[:last] / pmf[:last].sum()


def _build(series: SeriesMatrix, weights: Floats, seen: Floats, day_of_week: bool) -> _Model:
    n_times = series.n_times
    padding = weights.size + seen.size - 2
    n = n_times + padding
    n_segments = max(4, int(np.ceil(n / DAYS_PER_KNOT)))
    step = (n - 1) / n_segments
    knots = np.arange(-3, n_segments + 4) * step
    basis = interpolate.BSpline.design_matrix(
        np.clip(np.arange(n, dtype=np.float64), knots[3], knots[-4] - 1e-9), knots, 3
    ).toarray()
    mixing = np.zeros((n_times, n))
    for lag, share in enumerate(seen):
        mixing[np.arange(n_times), np.arange(n_times) + padding - lag] = share
    differences = np.diff(np.eye(basis.shape[1]), n=2, axis=0)
    n_weekday = 6 if day_of_week else 0
    start = 0 if series.dates is None else int(series.dates[0].astype(np.int64))
    contrasts = np.vstack([np.eye(6), -np.ones(6)])
    weekday = contrasts[(start + np.arange(n_times)) % 7][:, :n_weekday]
    return _Model(basis, mixing, weekday, differences.T @ differences, padding)


def _search(model: _Model, counts: Floats) -> _Fit:
    """Maximise the evidence over the logs of smoothness and of dispersion."""
    best: _Fit | None = None

    def loss(logs: Floats) -> float:
        nonlocal best
        bounded = np.clip(logs, [-4, -3], [14, 12])
        fit = _fit(model, counts, float(np.exp(bounded[0])), float(np.exp(bounded[1])), best)
        if best is None or fit.evidence > best.evidence:
            best = fit
        return -fit.evidence + float(((logs - bounded) ** 2).sum())

    simplex = np.array([[4.0, 3.0], [7.0, 3.0], [4.0, 6.0]])
    options = {"initial_simplex": simplex, "maxfev": MAX_SEARCHES, "xatol": 0.05, "fatol": 0.01}
    optimize.minimize(loss, simplex[0], method="Nelder-Mead", options=options)
    if best is None or not np.isfinite(best.evidence):
        raise EstimationFailed(
            "smooth.diverged", "No smooth curve fits these reports.", "Use estimate_rt, or a longer series."
        )
    return best


@dataclass(frozen=True, slots=True)
class _Target:
    """Log posterior of the coefficients, up to a constant."""

    model: _Model
    counts: Floats
    size: float
    prior: Floats
    centre: Floats

    @classmethod
    def build(cls, model: _Model, counts: Floats, smoothness: float, size: float) -> _Target:
        n_spline, n_weekday = model.n_spline, model.weekday.shape[1]
        prior = np.zeros((n_spline + n_weekday,) * 2)
        prior[:n_spline, :n_spline] = smoothness * model.penalty + 1e-6 * np.eye(n_spline)
        prior[n_spline:, n_spline:] = np.eye(n_weekday) / WEEKDAY_SD**2
        centre = np.concatenate([np.full(n_spline, np.log(counts.mean() + 0.1)), np.zeros(n_weekday)])
        return cls(model, counts, size, prior, centre)

    def value(self, theta: Floats) -> float:
        n_spline, size = self.model.n_spline, self.size
        infections = np.exp(np.clip(self.model.basis @ theta[:n_spline], -30, 30))
        effect = np.exp(self.model.weekday @ theta[n_spline:])
        mu = np.maximum(effect * (self.model.seen @ infections), 1e-10)
        log_density = (
            special.gammaln(self.counts + size)
            - special.gammaln(size)
            - special.gammaln(self.counts + 1)
            + special.xlogy(self.counts, mu / (mu + size))
            - size * np.log1p(mu / size)
        )
        offset = theta - self.centre
        return float(log_density.sum() - 0.5 * offset @ self.prior @ offset)

    def climb(self, theta: Floats, step: Floats, value: float) -> tuple[Floats, float]:
        """Take the step, halved until it no longer leads down."""
        step = step * min(1.0, 3.0 / max(float(np.abs(step).max()), 1e-12))
        for _ in range(12):
            trial = theta + step
            new = self.value(trial)
            if new >= value - 1e-9:
                return trial, new
            step = step / 2
        return theta, value


def _fit(model: _Model, counts: Floats, smoothness: float, size: float, start: _Fit | None) -> _Fit:
    target = _Target.build(model, counts, smoothness, size)
    theta = target.centre.copy() if start is None else start.coefficients.copy()
    value = -np.inf
    information = np.eye(theta.size)
    for _ in range(MAX_STEPS):
        mu, jacobian = _predict(model, theta)
        weight = 1 / (mu * (1 + mu / size))
        information = (jacobian.T * weight) @ jacobian + target.prior
        gradient = jacobian.T @ (weight * (counts - mu)) - target.prior @ (theta - target.centre)
        step = np.asarray(np.linalg.solve(information, gradient), dtype=np.float64)
        theta, new = target.climb(theta, step, value)
        has_settled = abs(new - value) < 1e-6 * (abs(value) if np.isfinite(value) else 1.0)
        value = new
        if has_settled:
            break
    _, log_determinant = np.linalg.slogdet(information)
    rank = model.n_spline - 2
    evidence = value + 0.5 * rank * np.log(smoothness) - 0.5 * log_determinant
    return _Fit(theta, information, float(evidence))


def _predict(model: _Model, theta: Floats) -> tuple[Floats, Floats]:
    infections = np.exp(np.clip(model.basis @ theta[: model.n_spline], -30, 30))
    effect = np.exp(model.weekday @ theta[model.n_spline :])
    mu = np.maximum(effect * (model.seen @ infections), 1e-10)
    spline = effect[:, None] * (model.seen @ (infections[:, None] * model.basis))
    return mu, np.hstack([spline, mu[:, None] * model.weekday])


def _read_fit(
    model: _Model, fit: _Fit, weights: Floats, n_times: int
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return log R, its standard error, infections and growth rate for the days of the series."""
    n_spline = model.n_spline
    log_infections = model.basis @ fit.coefficients[:n_spline]
    infections = np.exp(np.clip(log_infections, -30, 30))
    at = np.arange(n_times) + model.n_padding
    earlier = infections[at[:, None] - np.arange(weights.size)] * weights
    pressure = np.maximum(earlier.sum(axis=1), 1e-300)
    gradient = model.basis[at] - np.einsum(
        "tk,tkj->tj", earlier / pressure[:, None], model.basis[at[:, None] - np.arange(weights.size)]
    )
    covariance = np.linalg.inv(fit.information)[:n_spline, :n_spline]
    variance = np.einsum("tj,jk,tk->t", gradient, covariance, gradient)
    log_r = log_infections[at] - np.log(pressure)
    return log_r, np.sqrt(np.maximum(variance, 0)), infections[at], np.gradient(log_infections)[at]
