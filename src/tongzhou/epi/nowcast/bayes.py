"""Bayesian nowcasts of Höhle and an der Heiden: a (generalised) Dirichlet delay and negative binomial totals.

Owns the posterior of the delay and the predictive probabilities, averaged over quasi-random points: same answer
on every call, no sampler.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from tongzhou.epi.nowcast.options import NowcastOptions
from tongzhou.epi.nowcast.triangle import ReportingTriangle

Floats = npt.NDArray[np.float64]
SEED = 20140812
WORK = 4096 * 301
SHORT_SUPPORT = 2000


@dataclass(frozen=True, slots=True)
class DelayPosterior:
    """Independent Beta(alpha, beta) shares of delay d among delays up to d, for d = D, D - 1, .., 1; shape (D,)."""

    alpha: Floats
    beta: Floats

    def expected_cdf(self) -> Floats:
        """Return the expected share reported within 0 .. D days, shape (D + 1,)."""
        remain = self.beta / (self.alpha + self.beta)
        return np.concatenate([np.cumprod(remain)[::-1], [1.0]])

    def draws(self, n: int) -> Floats:
        """Return n quasi-random draws of the share reported within 0 .. D days, shape (n, D + 1)."""
        points = stats.qmc.Sobol(self.alpha.size, seed=SEED).random(n)
        remain = special.betaincinv(self.beta, self.alpha, points)
        return np.concatenate([np.cumprod(remain, axis=1)[:, ::-1], np.ones((n, 1))], axis=1)


def delay_posterior(
    triangle: ReportingTriangle, options: NowcastOptions, *, is_truncated: bool
) -> DelayPosterior:
    """Return the posterior of the delay, corrected for right truncation or not.

    References
    ----------
    Höhle & an der Heiden 2014, Biometrics 70:993, sections 3.1-3.2; Wong 1998 (generalised Dirichlet).
    """
    exact, up_to = triangle.totals(options.m)
    kappa = options.gd_prior_kappa
    max_delay = triangle.max_delay
    longest_first = np.arange(max_delay, 0, -1)
    shorter = up_to - exact if is_truncated else np.concatenate([[0.0], np.cumsum(exact)[:-1]])
    alpha = kappa + exact[longest_first]
    beta = kappa * longest_first + shorter[longest_first]
    return DelayPosterior(alpha, beta)


def bayes_pmf(
    triangle: ReportingTriangle, options: NowcastOptions, n_max: int, *, is_truncated: bool
) -> tuple[Floats, Floats]:
    """Return predictive probabilities, shape (D + 1, n_max + 1), oldest day first, and the expected delay cdf."""
    posterior = delay_posterior(triangle, options, is_truncated=is_truncated)
    mean, size = _prior(triangle, options)
    n_draws = options.n_samples
    while n_draws > 256 and n_draws * (n_max + 1) > 2 * WORK:
        n_draws //= 2
    shares = posterior.draws(n_draws)
    observed = triangle.observed[triangle.last - triangle.max_delay :][::-1]
    rows = [
        _mixed_negative_binomial(n_max, seen, shares[:, x], mean, size) for x, seen in enumerate(observed)
    ]
    return np.array(rows)[::-1], posterior.expected_cdf()


def beta_negative_binomial_pmf(
    triangle: ReportingTriangle, options: NowcastOptions, n_max: int
) -> tuple[Floats, Floats]:
    """Return the closed form without truncation correction and with a flat prior of totals, as in `bayes_pmf`.

    References
    ----------
    Höhle & an der Heiden 2014, web appendix; Teerapabolarn 2008 (beta negative binomial).
    """
    exact, _ = triangle.totals(options.m)
    weight = exact + options.gd_prior_kappa
    within, total = np.cumsum(weight), weight.sum()
    observed = triangle.observed[triangle.last - triangle.max_delay :][::-1]
    support = np.arange(n_max + 1, dtype=np.float64)
    rows = []
    for x, seen in enumerate(observed):
        k = support - seen
        if x == triangle.max_delay:
            rows.append((k == 0).astype(np.float64))
            continue
        rows.append(_beta_negative_binomial(k, seen + 1, within[x], total - within[x]))
    return np.array(rows)[::-1], within / total


def _prior(triangle: ReportingTriangle, options: NowcastOptions) -> tuple[float, float]:
    """Mean and size of the negative binomial prior of a day's total."""
    complete = triangle.observed[: triangle.last - triangle.max_delay + 1]
    recent = complete[-4 * (triangle.max_delay + 1) :]
    mean = options.mean_lambda if options.mean_lambda is not None else max(float(recent.mean()), 1.0)
    variance = options.var_lambda if options.var_lambda is not None else mean + (2 * mean) ** 2
    return mean, mean**2 / (variance - mean)


def _mixed_negative_binomial(n_max: int, seen: float, share: Floats, mean: float, size: float) -> Floats:
    """Mean over draws of N given `seen` of N reported: N - seen is NB(size + seen), cut at n_max."""
    pmf = np.zeros(n_max + 1)
    k = np.arange(max(n_max - int(seen), -1) + 1, dtype=np.float64)
    if k.size == 0:
        return pmf
    unseen = (1 - share) * mean / (mean + size)
    if np.all(unseen <= 0):
        pmf[int(seen)] = 1.0
        return pmf
    k = k[: _reach(size + seen, unseen)]
    base = special.gammaln(size + seen + k) - special.gammaln(k + 1)
    total = np.zeros(k.size)
    for chunk in np.array_split(unseen, max(1, unseen.size * k.size // 2_000_000)):
        logs = base + special.xlogy(k, np.maximum(chunk, 0.0)[:, None])
        weight = np.exp(logs - logs.max(axis=1, keepdims=True))
        total += (weight / weight.sum(axis=1, keepdims=True)).sum(axis=0)
    pmf[int(seen) : int(seen) + k.size] = total / unseen.size
    return pmf


def _reach(size: float, unseen: Floats) -> int:
    """Return how many steps carry all but about 1e-9 of the widest negative binomial, at least `SHORT_SUPPORT`."""
    top = float(np.clip(unseen.max(), 0.0, 1 - 1e-9))
    mean = size * top / (1 - top)
    return max(SHORT_SUPPORT, int(mean + 20 * np.sqrt(mean / (1 - top))) + 1)


def _beta_negative_binomial(k: Floats, n: float, alpha: float, beta: float) -> Floats:
    j = np.maximum(k, 0.0)
    log_pmf = (
        special.gammaln(n + j)
        - special.gammaln(n)
        - special.gammaln(j + 1)
        + special.betaln(n + alpha, j + beta)
        - special.betaln(alpha, beta)
    )
    return np.where(k < 0, 0.0, np.exp(log_pmf))
