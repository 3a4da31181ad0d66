"""Fitting incubation periods, serial intervals and reporting delays from censored and truncated records.

Owns maximum likelihood, its bootstrap, and the posterior on a grid (no sampler). Reads no files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import optimize, special

from tongzhou.core.errors import EstimationFailed, InputError
from tongzhou.core.estimates import Estimate, Provenance, digest_arrays
from tongzhou.epi.delays.delay import Delay, Scheme, discretise
from tongzhou.epi.delays.families import FAMILY_NAMES, Family, FamilyName, Floats, find_family
from tongzhou.epi.delays.likelihood import DelayModel, log_likelihood
from tongzhou.epi.delays.records import CensoredRecords, read_records
from tongzhou.epi.results import Band, Chart, Language, Result, Trace, choose_text

Uncertainty = Literal["posterior", "bootstrap", "none"]
QUANTILES = (0.05, 0.5, 0.95, 0.99)
GRID = 41
GRID_REACH = 5.0


@dataclass(frozen=True, kw_only=True)
class DelayFit(Result):
    """A fitted delay.

    delay : the maximum likelihood delay
    draws : float64, shape (B, 2) — parameters from the posterior or the bootstrap; empty without uncertainty
    level : float — of the intervals
    """

    delay: Delay
    draws: Floats
    level: float
    log_likelihood: float
    n_records: int

    @property
    def aic(self) -> float:
        """Akaike's information criterion, two parameters."""
        return 4.0 - 2.0 * self.log_likelihood

    def estimates(self) -> dict[str, Estimate]:
        """Return both parameters, mean, sd and quantiles in days, each with its interval."""
        family = find_family(self.delay.family)
        a, b = self.delay.parameters
        point = _describe(family, np.array([a]), np.array([b]), self.delay.shift)
        spread = _describe(family, self.draws[:, 0], self.draws[:, 1], self.delay.shift)
        tail = (1 - self.level) / 2
        result = {}
        for name, value in point.items():
            bounds = [np.nan, np.nan]
            if self.draws.size:  # ranks over n + 1, so that few draws do not make an interval short
                bounds = np.quantile(spread[name], [tail, 1 - tail], method="weibull").tolist()
            result[name] = Estimate(
                float(value[0]), float(bounds[0]), float(bounds[1]), self.level, self.provenance.method
            )
        return result

    def to_frame(self) -> pl.DataFrame:
        """Return columns ``quantity, estimate, low, high``."""
        rows = [(name, item.value, item.low, item.high) for name, item in self.estimates().items()]
        frame = pl.DataFrame(rows, schema=["quantity", "estimate", "low", "high"], orient="row")
        return frame.with_columns(pl.col(pl.Float64).fill_nan(None))

    def pmfs(self, n_lags: int | None = None, *, scheme: Scheme = "rounded") -> Floats:
        """Return draws of the delay as probabilities of whole days, shape (n_lags, B), for `estimate_rt`.

        Lag 0 gets nothing and the rest is rescaled, as EpiEstim does with a fitted serial interval.
        """
        family = find_family(self.delay.family)
        pairs = self.draws if self.draws.size else np.array([self.delay.parameters])
        tail = family.quantile(np.asarray(0.999), pairs[:, 0], pairs[:, 1]) + self.delay.shift
        n = n_lags if n_lags is not None else int(np.ceil(tail.max())) + 1
        p = discretise(
            self.delay.family, pairs[:, 0], pairs[:, 1], n, shift=self.delay.shift, scheme=scheme
        ).T
        p[0] = 0.0
        return p / p.sum(axis=0)

    def chart(self, series: str | None = None, language: Language = "en") -> Chart:
        """Draw the distribution function with its band."""
        x = np.linspace(0, float(self.delay.quantile(0.995)), 121)
        low = high = np.full(x.size, np.nan)
        if self.draws.size:
            family = find_family(self.delay.family)
            shifted = np.maximum(x - self.delay.shift, 0.0)[None]
            curves = family.cdf(shifted, self.draws[:, :1], self.draws[:, 1:])
            tail = (1 - self.level) / 2
            low, high = np.quantile(curves, [tail, 1 - tail], axis=0)
        interval = f"{100 * self.level:.0f} %" + choose_text(language, " interval", "区间")
        return Chart(
            self.delay.name or choose_text(language, "Delay", "时间间隔"),
            x.round(3).tolist(),
            choose_text(language, "days", "天"),
            choose_text(language, "share", "比例"),
            (Trace(choose_text(language, "distribution function", "分布函数"), self.delay.cdf(x)),),
            (Band(interval, low, high),) if self.draws.size else (),
        )


def fit_delay(
    records: object,
    family: FamilyName = "gamma",
    *,
    shift: float = 0.0,
    observed_until: object = None,
    growth: float = 0.0,
    uncertainty: Uncertainty = "posterior",
    n_draws: int = 500,
    level: float = 0.95,
    rng: np.random.Generator | None = None,
    name: str = "",
) -> DelayFit:
    """Fit a delay to pairs of events known to within windows.

    Parameters
    ----------
    records, observed_until : see `records.read_records`; `observed_until` corrects for pairs not yet seen
    family : ``gamma``, ``lognormal`` or ``weibull``
    shift : float, days — the delay is at least this long
    growth : float, per day — growth rate of first events within their windows
    uncertainty : ``posterior`` (grid, deterministic), ``bootstrap`` (needs `rng`) or ``none``
    n_draws : int
    level : float — of the intervals
    name : str — which delay it is

    Raises
    ------
    InputError
        ``records.*``, ``delay.family``, ``fit.rng``
    EstimationFailed
        ``fit.diverged`` — the records do not determine the delay

    Notes
    -----
    Priors of the posterior are those of coarseDataTools: Jeffreys' for gamma, flat in log shape and
    Gamma(0.001, 0.001) in scale for Weibull, flat in (meanlog, log sdlog) for lognormal.

    References
    ----------
    Reich et al. 2009, Stat Med 28:2769; Park et al. 2024, medRxiv 2024.01.12.24301247.

    Examples
    --------
    >>> pairs = {"EL": [0, 0, 0, 0], "ER": [1, 1, 1, 1], "SL": [2, 3, 5, 4], "SR": [3, 4, 6, 5]}
    >>> round(fit_delay(pairs, uncertainty="none").delay.mean, 1)
    3.5
    """
    law = find_family(family)
    model = DelayModel(law, shift, growth)
    data = read_records(records, observed_until)
    best, value = _maximise(model, data, _start(law, data, shift))
    a, b = _natural(law, best[None])
    if uncertainty == "none":
        draws = np.zeros((0, 2))
    elif uncertainty == "posterior":
        draws = _draw_posterior(model, data, best, n_draws)
    else:
        if rng is None:
            raise InputError("fit.rng", "A bootstrap needs randomness.", "Give rng=np.random.default_rng(1).")
        draws = _bootstrap(model, data, best, n_draws, rng)
    digest = digest_arrays(
        data.primary_low, data.primary_high, data.secondary_low, data.secondary_high, data.weight
    )
    options = {"family": family, "shift": shift, "growth": growth, "uncertainty": uncertainty, "n": data.n}
    return DelayFit(
        delay=Delay(family, (float(a[0]), float(b[0])), shift, name),
        draws=draws,
        level=level,
        log_likelihood=value,
        n_records=data.n,
        provenance=Provenance("delays.fit_delay", options, digest, "Reich et al. 2009; Park et al. 2024"),
    )


def compare_families(
    records: object, families: Sequence[FamilyName] = FAMILY_NAMES, **options: object
) -> list[DelayFit]:
    """Fit several families and return them best first by AIC; `options` as in `fit_delay`."""
    fits = [fit_delay(records, family, **options) for family in families]  # type: ignore[arg-type]
    return sorted(fits, key=lambda fit: fit.aic)


def _natural(law: Family, free: Floats) -> tuple[Floats, Floats]:
    """From unbounded coordinates, shape (K, 2), to the two parameters."""
    u, v = free[:, 0], np.clip(free[:, 1], -12, 12)
    if law.name == "lognormal":
        return u, np.exp(v)
    u = np.clip(u, -30, 30)
    if law.name == "gamma":
        return np.exp(v), np.exp(u - v)
    return np.exp(v), np.exp(u)


def _start(law: Family, data: CensoredRecords, shift: float) -> Floats:
    middle = (data.secondary_low + data.secondary_high - data.primary_low - data.primary_high) / 2 - shift
    middle = np.maximum(middle, 0.1)
    mean = float(np.average(middle, weights=data.weight))
    sd = float(np.sqrt(np.average((middle - mean) ** 2, weights=data.weight)))
    a, b = law.from_moments(np.asarray(mean), np.asarray(max(sd, 0.2 * mean)))
    if law.name == "lognormal":
        return np.array([float(a), np.log(float(b))])
    scale = np.log(mean) if law.name == "gamma" else np.log(float(b))
    return np.array([scale, np.log(float(a))])


def _maximise(model: DelayModel, data: CensoredRecords, start: Floats) -> tuple[Floats, float]:
    law = model.family

    def loss(free: Floats) -> float:
        a, b = _natural(law, free[None])
        return -float(log_likelihood(model, a, b, data)[0])

    options = {"xatol": 1e-7, "fatol": 1e-9, "maxiter": 2000}
    found = optimize.minimize(loss, start, method="Nelder-Mead", options=options)
    at_edge = abs(found.x[1]) > 11 or abs(found.x[0]) > 25
    if not found.success or not np.isfinite(found.fun) or at_edge:
        raise EstimationFailed(
            "fit.diverged",
            f"The {data.n} records do not determine a {law.name} delay.",
            "Give more records, narrower windows, or another family.",
        )
    return np.asarray(found.x, dtype=np.float64), -float(found.fun)


def _log_prior(law: Family, free: Floats) -> Floats:
    a, b = _natural(law, free)
    if law.name == "gamma":
        return 0.5 * np.log(np.maximum(a * special.polygamma(1, a) - 1, 1e-300)) - np.log(b)
    if law.name == "weibull":
        return (0.001 - 1) * np.log(b) - 0.001 * b
    return np.zeros(free.shape[0])


def _draw_posterior(model: DelayModel, data: CensoredRecords, best: Floats, n_draws: int) -> Floats:
    """Weigh a whitened grid around the maximum and take equally spaced ranks of it."""
    law = model.family

    def target(free: Floats) -> Floats:
        parts = []
        for chunk in np.array_split(free, max(1, free.shape[0] * data.weight.size // 400_000)):
            a, b = _natural(law, chunk)
            parts.append(log_likelihood(model, a, b, data) + _log_prior(law, chunk))
        return np.concatenate(parts)

    axes = _whiten(target, best)
    steps = np.linspace(-GRID_REACH, GRID_REACH, GRID)
    z = np.array(np.meshgrid(steps, steps, indexing="ij")).reshape(2, -1).T
    logs = target(best + z @ axes.T)
    weight = np.exp(logs - logs.max())
    ranks = (np.arange(n_draws) + 0.5) / n_draws * weight.sum()
    cells = np.searchsorted(np.cumsum(weight), ranks).clip(0, weight.size - 1)
    golden = (np.arange(n_draws) * np.array([[0.7548776662466927], [0.5698402909980532]])) % 1 - 0.5
    free = best + (z[cells] + golden.T * (steps[1] - steps[0])) @ axes.T
    return np.column_stack(_natural(law, free))


def _whiten(target: Callable[[Floats], Floats], best: Floats) -> npt.NDArray[np.float64]:
    """Return the square root of the inverse curvature of a log density at its top, shape (2, 2)."""
    h = 1e-3
    offsets = h * np.array([[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1], [1, 1], [-1, -1], [1, -1], [-1, 1]])
    f = target(best + offsets)
    curve = -np.array(
        [
            [f[1] + f[2] - 2 * f[0], (f[5] + f[6] - f[7] - f[8]) / 4],
            [(f[5] + f[6] - f[7] - f[8]) / 4, f[3] + f[4] - 2 * f[0]],
        ]
    )
    values, vectors = np.linalg.eigh(curve / h**2)
    return np.asarray(vectors / np.sqrt(np.maximum(values, 0.05)))


def _bootstrap(
    model: DelayModel, data: CensoredRecords, best: Floats, n_draws: int, rng: np.random.Generator
) -> Floats:
    share = data.weight / data.weight.sum()
    draws = []
    for weight in rng.multinomial(data.n, share, size=n_draws).astype(np.float64):
        kept = data.reweighted(weight)
        try:
            free, _ = _maximise(model, kept, best)
        except EstimationFailed:
            continue
        draws.append(np.column_stack(_natural(model.family, free[None]))[0])
    if len(draws) < n_draws / 2:
        raise EstimationFailed(
            "fit.bootstrap",
            f"Only {len(draws)} of {n_draws} bootstrap fits converged.",
            "Use uncertainty='posterior' or give more records.",
        )
    return np.array(draws)


def _describe(family: Family, a: Floats, b: Floats, shift: float) -> dict[str, Floats]:
    mean, sd = family.moments(a, b)
    found = {family.parameter_names[0]: a, family.parameter_names[1]: b, "mean": mean + shift, "sd": sd}
    names = {0.5: "median"}
    for p in QUANTILES:
        found[names.get(p, f"q{round(100 * p):02d}")] = family.quantile(np.asarray(p), a, b) + shift
    return found
