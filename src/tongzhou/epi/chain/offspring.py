"""Offspring: how many each case infects, how unevenly, and which share of cases does most of the infecting.

Owns the negative binomial fit and the superspreading share. Never counts offspring of cases not yet followed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import special, stats

from tongzhou.core.errors import EstimationFailed, InputError
from tongzhou.core.estimates import Estimate, Provenance, digest_arrays
from tongzhou.epi.chain.chain import Chain
from tongzhou.epi.chain.trees import offspring_of
from tongzhou.epi.frames import day_number, refuse_rows
from tongzhou.epi.results import Chart, Language, Result, Trace, choose_text

Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
GRID_MEAN, GRID_SHAPE = 101, 240
REACH = 6.0
N_DRAWS = 400
TAIL = 1e-12
METHOD = "chain.fit_offspring"
REFERENCE = "Lloyd-Smith et al. 2005; Endo et al. 2020"


@dataclass(frozen=True, kw_only=True)
class OffspringFit(Result):
    """A negative binomial of offspring per case.

    counts : int64, shape (B, N) — offspring per case, a row per tree
    mean : Estimate — offspring per case, the reproduction number of these cases
    dispersion : Estimate — k; inf is Poisson, small is uneven
    draws : float64, shape (D, 2) — mean and k from their posterior, for what is computed from them
    """

    counts: Int64s
    mean: Estimate
    dispersion: Estimate
    draws: Floats

    def superspreading_share(self, of_transmission: float = 0.8) -> Estimate:
        """Return the share of cases behind a share of transmission, by the fit, with its interval."""
        level = self.mean.level
        value = float(superspreading_share(self.mean.value, self.dispersion.value, of_transmission))
        drawn = superspreading_share(self.draws[:, 0], self.draws[:, 1], of_transmission)
        low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
        return Estimate(value, float(min(low, value)), float(max(high, value)), level, "Endo et al. 2020")

    def share_without_offspring(self) -> float:
        """Return the observed share of cases that infected nobody."""
        return float((self.counts == 0).mean())

    def to_frame(self) -> pl.DataFrame:
        """Return columns ``quantity, estimate, low, high``: mean, dispersion, share of cases behind 80 %."""
        items = {
            "mean": self.mean,
            "dispersion": self.dispersion,
            "share_for_80": self.superspreading_share(),
        }
        rows = [(name, item.value, item.low, item.high) for name, item in items.items()]
        return pl.DataFrame(rows, schema=["quantity", "estimate", "low", "high"], orient="row")

    def chart(self, series: str | None = None, language: Language = "en") -> Chart:
        """Draw observed and fitted shares of cases by offspring."""
        most = int(self.counts.max())
        observed = np.bincount(self.counts.ravel(), minlength=most + 1) / self.counts.size
        fitted = offspring_pmf(self.mean.value, self.dispersion.value, most + 1)
        return Chart(
            choose_text(language, "Offspring per case", "每例传染的人数"),
            [float(value) for value in range(most + 1)],
            choose_text(language, "offspring", "传染人数"),
            choose_text(language, "share of cases", "病例比例"),
            (
                Trace(choose_text(language, "observed", "观察"), observed, "bars"),
                Trace(choose_text(language, "negative binomial", "负二项"), fitted, "points"),
            ),
        )


def fit_offspring(counts: npt.ArrayLike, *, level: float = 0.95) -> OffspringFit:
    """Fit a negative binomial to offspring counts.

    Parameters
    ----------
    counts : whole numbers, shape (N,) for one known tree or (B, N) for sampled trees
    level : float — of the intervals

    Raises
    ------
    InputError
        ``chain.offspring`` — negative or fractional counts, with the rows
    EstimationFailed
        ``chain.no_offspring`` — nobody infected anybody; fewer than five cases

    Notes
    -----
    One tree: maximum likelihood with profile likelihood intervals. Several: the mixture over trees of the
    posteriors under priors flat in log mean and in k / (1 + k), with the median and central interval. Trees
    drawn from weak evidence spread offspring evenly, which raises k; the documentation shows by how much.

    References
    ----------
    Lloyd-Smith, Schreiber, Kopp & Getz 2005, Nature 438:355; Lloyd-Smith 2007, PLoS ONE 2:e180.

    Examples
    --------
    >>> fit = fit_offspring([0] * 70 + [1] * 12 + [2] * 8 + [5] * 6 + [10] * 4)
    >>> round(fit.mean.value, 2), round(fit.dispersion.value, 2)
    (0.98, 0.2)
    """
    whole = _check(counts)
    mean, shape, log_l = _likelihood(whole)
    if whole.shape[0] == 1:
        estimates = _profile(whole[0], mean, shape, log_l[0], level)
    else:
        estimates = _mixture(mean, shape, log_l, level)
    options = {"n_cases": whole.shape[1], "n_trees": whole.shape[0], "level": level}
    return OffspringFit(
        provenance=Provenance(METHOD, options, digest_arrays(whole), REFERENCE),
        counts=whole,
        mean=estimates[0],
        dispersion=estimates[1],
        draws=_draw(mean, shape, log_l),
    )


def offspring(
    chain: Chain,
    *,
    followed_until: int | str | np.datetime64 | None = None,
    n_trees: int = 100,
    rng: np.random.Generator | None = None,
    level: float = 0.95,
) -> OffspringFit:
    """Fit the offspring of a chain's cases.

    Parameters
    ----------
    followed_until : day, optional — cases with onset after it are left out, since those they infected need
        not have fallen ill yet; give the last onset less a long serial interval
    n_trees, rng : sampled trees for an uncertain chain; a certain one needs neither

    Raises
    ------
    InputError
        ``chain.rng`` — the chain is uncertain and no `rng` is given
    """
    if chain.is_certain:
        trees = chain.tree[None]
    elif rng is None:
        raise InputError("chain.rng", "An uncertain chain needs trees.", "Give rng=np.random.default_rng(1).")
    else:
        trees = chain.trees(n_trees, rng)
    counts = offspring_of(trees)
    if followed_until is None:
        return fit_offspring(counts, level=level)
    return fit_offspring(counts[:, chain.cases.onset <= day_number(followed_until)], level=level)


def offspring_pmf(mean: float, dispersion: float, n: int) -> Floats:
    """Return the probabilities of 0 .. n - 1 offspring; `dispersion` inf is Poisson."""
    x = np.arange(n)
    if np.isinf(dispersion):
        return np.asarray(stats.poisson.pmf(x, mean))
    return np.asarray(stats.nbinom.pmf(x, dispersion, dispersion / (dispersion + mean)))


def superspreading_share(
    mean: npt.ArrayLike, dispersion: npt.ArrayLike, of_transmission: float = 0.8
) -> Floats:
    """Return the share of cases that infects a share of all infected, most infectious first.

    Parameters
    ----------
    mean, dispersion : float or arrays — of the negative binomial of offspring
    of_transmission : float in (0, 1)

    References
    ----------
    Endo et al. 2020, Wellcome Open Res 5:67, equations for the proportion responsible for 80 %.

    Examples
    --------
    >>> float(superspreading_share(2.5, 0.1).round(3))
    0.093
    """
    if not 0 < of_transmission < 1:
        raise InputError(
            "chain.share", f"of_transmission is {of_transmission}.", "Give a share between 0 and 1."
        )
    pairs = np.broadcast_arrays(np.asarray(mean, dtype=np.float64), np.asarray(dispersion, dtype=np.float64))
    found = [
        _share_of(float(m), float(k), of_transmission)
        for m, k in zip(*(p.ravel() for p in pairs), strict=True)
    ]
    return np.array(found).reshape(pairs[0].shape)


def _share_of(mean: float, dispersion: float, of_transmission: float) -> float:
    if np.isinf(dispersion):
        top = int(stats.poisson.isf(TAIL, mean)) + 2
    else:
        top = int(stats.nbinom.isf(TAIL, dispersion, dispersion / (dispersion + mean))) + 2
    p = offspring_pmf(mean, dispersion, top)
    caused = np.arange(top) * p
    reached = np.cumsum(caused) / caused.sum()
    at = int(np.searchsorted(reached, 1 - of_transmission))
    before = reached[at - 1] if at else 0.0
    part = (1 - of_transmission - before) / (reached[at] - before)
    return float(1 - (p[:at].sum() + part * p[at]))


def _check(counts: npt.ArrayLike) -> Int64s:
    values = np.atleast_2d(np.asarray(counts, dtype=np.float64))
    wrong = ~(np.isfinite(values) & (values >= 0) & (values == np.round(values)))
    refuse_rows(
        wrong.any(axis=0), "chain.offspring", "Offspring is not a whole number", "Count people, 0 or more."
    )
    if values.ndim != 2 or values.shape[1] < 5 or not values.any():
        raise EstimationFailed(
            "chain.no_offspring",
            f"{values.shape[-1]} cases with {int(values.sum())} offspring do not determine a distribution.",
            "Give at least five cases, of whom one infected somebody.",
        )
    return values.astype(np.int64)


def _likelihood(counts: Int64s) -> tuple[Floats, Floats, Floats]:
    """Log-likelihood of each tree on a grid of mean and of k / (1 + k): (M,), (K,), (B, M, K)."""
    n = counts.shape[1]
    total = counts.sum(axis=1).astype(np.float64)
    average = max(float(total.mean()) / n, 0.5 / n)
    spread = np.sqrt((1 / n) * (1 / average + max(counts.var() / average**2 - 1 / average, 0.0)))
    mean = average * np.exp(np.linspace(-1, 1, GRID_MEAN) * min(REACH * spread, 6.0))
    middle = (np.arange(GRID_SHAPE) + 0.5) / GRID_SHAPE
    k = middle / (1 - middle)
    sizes = np.stack([np.bincount(row, minlength=int(counts.max()) + 1) for row in counts])
    x = np.arange(sizes.shape[1])[:, None]
    risen = sizes @ (special.gammaln(x + k) - special.gammaln(k))
    m = mean[:, None]
    shared = n * k * (np.log(k) - np.log(m + k))
    return mean, k, risen[:, None, :] + total[:, None, None] * (np.log(m) - np.log(m + k)) + shared


def _profile(
    counts: Int64s, mean: Floats, shape: Floats, log_l: Floats, level: float
) -> tuple[Estimate, Estimate]:
    """Maximum likelihood and the values whose profile stands within the chi-square bound of the top."""
    bound = stats.chi2.ppf(level, 1) / 2
    average = float(counts.mean())
    over_mean = _at_mean(counts, average, shape)
    best = int(np.argmax(over_mean))
    poisson = float(counts.sum() * np.log(average) - counts.sum())
    top = max(over_mean[best], poisson)
    if poisson >= over_mean[best] - 1e-9 or counts.var() <= average:
        dispersion = np.inf
    else:
        low, high = shape[max(best - 1, 0)] / (2 if best == 0 else 1), shape[min(best + 1, shape.size - 1)]
        fine = np.geomspace(low, high, 200)
        dispersion = float(fine[np.argmax(_at_mean(counts, average, fine))])
    whole = np.concatenate(
        [np.geomspace(1e-4, shape[0], 60)[:-1], shape, np.geomspace(shape[-1], 1e5, 60)[1:]]
    )
    curve = _at_mean(counts, average, whole)
    inside = whole[curve >= top - bound]
    high = np.inf if poisson >= top - bound else float(inside[-1])
    low = float(inside[0]) if inside.size else dispersion
    k = Estimate(dispersion, low, high, level, METHOD)
    for_mean = np.maximum(log_l.max(axis=1), counts.sum() * np.log(mean) - counts.size * mean)
    within = mean[for_mean >= for_mean.max() - bound]
    return Estimate(average, float(within[0]), float(within[-1]), level, METHOD), k


def _at_mean(counts: Int64s, mean: float, k: Floats) -> Floats:
    """Log-likelihood of k at the mean's maximum, which is the average whatever k."""
    sizes = np.bincount(counts)
    x = np.arange(sizes.size)[:, None]
    risen = sizes @ (special.gammaln(x + k) - special.gammaln(k))
    free_of_x = counts.size * k * (np.log(k) - np.log(mean + k))
    return np.asarray(risen + counts.sum() * (np.log(mean) - np.log(mean + k)) + free_of_x)


def _weights(log_l: Floats) -> Floats:
    """Posterior of the grid, summed over trees, shape (M, K), summing to 1.

    The likelihood is that of a tree with its cases named, so that trees drawn from the evidence alone count by how well
    their offspring fit: drawn at random, offspring spread too evenly.
    """
    weight = np.exp(log_l - log_l.max()).sum(axis=0)
    return np.asarray(weight / weight.sum())


def _mixture(mean: Floats, shape: Floats, log_l: Floats, level: float) -> tuple[Estimate, Estimate]:
    weight = _weights(log_l)
    ranks = [(1 - level) / 2, 0.5, (1 + level) / 2]
    found = []
    for values, margin in ((mean, weight.sum(axis=1)), (shape, weight.sum(axis=0))):
        low, middle, high = np.interp(ranks, np.cumsum(margin), values)
        found.append(Estimate(float(middle), float(low), float(high), level, METHOD))
    return found[0], found[1]


def _draw(mean: Floats, shape: Floats, log_l: Floats) -> Floats:
    """Equally spaced ranks of the posterior, float64, shape (D, 2)."""
    weight = _weights(log_l).ravel()
    cells = np.searchsorted(np.cumsum(weight), (np.arange(N_DRAWS) + 0.5) / N_DRAWS).clip(0, weight.size - 1)
    return np.column_stack([mean[cells // shape.size], shape[cells % shape.size]])
