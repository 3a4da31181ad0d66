"""From infections to reports and back: convolution, Richardson-Lucy, and Becker's back-projection.

Owns the linear algebra of a delay on count series. Never estimates the delay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import linalg, special

from tongzhou.core.errors import InputError
from tongzhou.core.estimates import Provenance, digest_arrays
from tongzhou.epi.delays.delay import Delay, as_pmf
from tongzhou.epi.delays.families import Floats
from tongzhou.epi.results import Band, Chart, Language, Result, Trace, choose_text, find_series, repeat_texts
from tongzhou.epi.series import SeriesMatrix, SeriesRules, as_series_matrix, require_daily

Start = Literal["uniform", "shifted"]


def delay_matrix(pmf: Floats, n_times: int) -> Floats:
    """Return the lower triangular matrix M, shape (T, T), with M[t, s] = P(delay = t - s)."""
    column = np.zeros(n_times)
    used = min(n_times, pmf.size)
    column[:used] = pmf[:used]
    return linalg.toeplitz(column, np.zeros(n_times))


def convolve(counts: npt.ArrayLike, delay: Delay | npt.ArrayLike) -> Floats:
    """Return the expected later events of earlier ones, same shape as `counts` ((T,) or (S, T)).

    Events that would fall after the last day are not in the result.

    >>> convolve([10, 0, 0], [0.5, 0.3, 0.2]).tolist()
    [5.0, 3.0, 2.0]
    """
    series = as_series_matrix(counts, name="counts", rules=SeriesRules(min_length=1, allow_all_zero=True))
    if any(series.problems):
        raise InputError(
            "series.bad", next(filter(None, series.problems)), "Correct or leave out the series."
        )
    values = series.values[0] if series.was_single else series.values
    pmf = as_pmf(delay, name="delay")
    return values @ delay_matrix(pmf, values.shape[-1]).T


@dataclass(frozen=True, kw_only=True)
class Deconvolution(Result):
    """Events that preceded the observed ones.

    values : float64, shape (S, T) — expected earlier events per day
    low, high : float64, shape (S, T), or None — bootstrap interval at `level`
    n_iterations : int, shape (S,)
    """

    series: SeriesMatrix
    values: Floats
    fitted: Floats
    n_iterations: npt.NDArray[np.int64]
    low: Floats | None = None
    high: Floats | None = None

    def to_frame(self) -> pl.DataFrame:
        """Return columns ``t, observed, estimate, fitted`` (``low, high``; ``series``; ``date``; ``problem``)."""
        n_series, n_times = self.values.shape
        columns: dict[str, object] = {}
        if not self.series.was_single:
            columns["series"] = repeat_texts(self.series.names, n_times)
        columns["t"] = np.tile(np.arange(1, n_times + 1), n_series)
        if self.series.dates is not None:
            columns["date"] = np.tile(self.series.dates.astype("datetime64[ms]"), n_series)
        columns |= {
            "observed": self.series.values.ravel(),
            "estimate": self.values.ravel(),
            "fitted": self.fitted.ravel(),
        }
        if self.low is not None and self.high is not None:
            columns |= {"low": self.low.ravel(), "high": self.high.ravel()}
        if any(self.series.problems):
            columns["problem"] = repeat_texts(self.series.problems, n_times)
        frame = pl.DataFrame(columns).with_columns(pl.col(pl.Float64).fill_nan(None))
        return frame.with_columns(pl.col("date").cast(pl.Date)) if "date" in columns else frame

    def chart(self, series: str | None = None, language: Language = "en") -> Chart:
        """Draw observed events as bars and the earlier events as a line."""
        row = find_series(self.series.names, series)
        days = self.series.dates
        x = list(range(1, self.values.shape[1] + 1)) if days is None else days.astype(object).tolist()
        bands: tuple[Band, ...] = ()
        if self.low is not None and self.high is not None:
            bands = (Band(choose_text(language, "interval", "区间"), self.low[row], self.high[row]),)
        return Chart(
            choose_text(language, "Events before the observed ones", "回推的早期事件"),
            x,
            choose_text(language, "day", "日期"),
            choose_text(language, "per day", "每日例数"),
            (
                Trace(choose_text(language, "observed", "观察值"), self.series.values[row], "bars"),
                Trace(choose_text(language, "back-projected", "回推值"), self.values[row]),
            ),
            bands,
        )


def deconvolve(
    counts: object,
    delay: Delay | npt.ArrayLike,
    *,
    max_iterations: int = 200,
    target: float = 1.0,
    dates: object = None,
) -> Deconvolution:
    """Recover earlier events by Richardson-Lucy iteration with correction for the right edge.

    Parameters
    ----------
    counts : one or many series of observed events per day (see `series.as_series_matrix`)
    delay : Delay, or probabilities from lag 0
    max_iterations : int
    target : float — stop when Pearson's chi-square per day falls below this, so as not to fit noise

    References
    ----------
    Goldstein et al. 2009, PNAS 106:21825, equations 1-3; Richardson 1972; Lucy 1974.
    """
    series = as_series_matrix(counts, name="counts", dates=dates)
    if isinstance(delay, Delay):
        require_daily(series, "the delay")
    pmf = as_pmf(delay, name="delay")
    observed = np.nan_to_num(series.values)
    mixing = delay_matrix(pmf, series.n_times)
    reach = mixing.sum(axis=0)
    peak = min(int(np.argmax(pmf)), series.n_times - 1)
    estimate = np.concatenate([observed[:, peak:], np.repeat(observed[:, -1:], peak, axis=1)], axis=1)
    estimate = np.maximum(estimate, observed.mean(axis=1, keepdims=True) * 0.01)
    active = np.ones(series.n_series, dtype=np.bool_)
    n_iterations = np.zeros(series.n_series, dtype=np.int64)
    for _ in range(max_iterations):
        fitted = estimate[active] @ mixing.T
        chi_square = _chi_square(observed[active], fitted)
        keep = chi_square >= target
        rows = np.flatnonzero(active)
        active[rows[~keep]] = False
        if not keep.any():
            break
        rows, fitted = rows[keep], fitted[keep]
        ratio = _divide(observed[rows], fitted)
        estimate[rows] *= _divide(ratio @ mixing, np.broadcast_to(reach, (rows.size, reach.size)))
        n_iterations[rows] += 1
    estimate[~series.is_good] = np.nan
    return Deconvolution(
        series=series,
        values=estimate,
        fitted=estimate @ mixing.T,
        n_iterations=n_iterations,
        provenance=Provenance(
            "delays.deconvolve",
            {"max_iterations": max_iterations, "target": target},
            digest_arrays(series.values, pmf),
            "Goldstein et al. 2009",
        ),
    )


@dataclass(frozen=True, slots=True)
class BackProjectionOptions:
    """How `back_project` iterates; names as in R's ``backprojNP``.

    k : even int — width of the smoothing step (0: none)
    eps : float — stop when the relative change of the estimate falls below
    iter_max : int
    n_bootstrap : int — 0 gives no interval
    level : float — of the bootstrap interval
    """

    k: int = 2
    eps: float = 0.005
    iter_max: int = 250
    n_bootstrap: int = 0
    level: float = 0.95


def back_project(
    counts: object,
    delay: Delay | npt.ArrayLike,
    *,
    options: BackProjectionOptions = BackProjectionOptions(),
    rng: np.random.Generator | None = None,
    dates: object = None,
) -> Deconvolution:
    """Back-project onsets to exposures by the EMS algorithm of Becker.

    Parameters
    ----------
    counts : one or many series of onsets per day
    delay : Delay, or incubation probabilities from lag 0
    options : BackProjectionOptions
    rng : numpy Generator — needed for a bootstrap interval

    Raises
    ------
    InputError
        ``backproject.k`` k is odd or negative; ``backproject.rng`` bootstrap without `rng`

    Notes
    -----
    An exposure on the very day of the onset enters the fitted mean, as in ``backprojNP(eq3a.method="R")``, that
    function's default; its ``"C"`` leaves it out, which matters for delays with mass on lag 0 alone.

    References
    ----------
    Becker, Watson & Carlin 1991, Stat Med 10:1527, equations 3a-3b; Yip et al. 2008 for the bootstrap.
    """
    if options.k < 0 or options.k % 2:
        raise InputError("backproject.k", f"k is {options.k}; it must be even.", "Use 0, 2, 4, ...")
    if options.n_bootstrap and rng is None:
        raise InputError(
            "backproject.rng", "A bootstrap needs randomness.", "Give rng=np.random.default_rng(seed)."
        )
    series = as_series_matrix(counts, name="counts", dates=dates)
    if isinstance(delay, Delay):
        require_daily(series, "the delay")
    pmf = as_pmf(delay, name="delay")
    observed = np.nan_to_num(series.values)
    start = np.repeat(observed.mean(axis=1, keepdims=True), series.n_times, axis=1)
    values, n_iterations = _ems(observed, start, pmf, options)
    low = high = None
    if options.n_bootstrap and rng is not None:
        low, high = _bootstrap(observed, start, values, pmf, options, rng)
    values[~series.is_good] = np.nan
    return Deconvolution(
        series=series,
        values=values,
        fitted=values @ delay_matrix(pmf, series.n_times).T,
        n_iterations=n_iterations,
        low=low,
        high=high,
        provenance=Provenance(
            "delays.back_project",
            {"k": options.k, "eps": options.eps, "iter_max": options.iter_max, "B": options.n_bootstrap},
            digest_arrays(series.values, pmf),
            "Becker, Watson & Carlin 1991",
        ),
    )


def _ems(
    observed: Floats, start: Floats, pmf: Floats, options: BackProjectionOptions
) -> tuple[Floats, npt.NDArray[np.int64]]:
    n_times = observed.shape[1]
    spread = delay_matrix(pmf, n_times)
    reach = np.ones(n_times)
    cumulative = np.cumsum(pmf)[:n_times]
    reach[: cumulative.size] = cumulative
    reach = reach[::-1]
    smoother = _smoother(options.k, n_times)
    estimate = start.copy()
    n_iterations = np.zeros(observed.shape[0], dtype=np.int64)
    active = observed.sum(axis=1) > 0
    while active.any():
        rows = np.flatnonzero(active)
        old = estimate[rows]
        ratio = _divide(observed[rows], old @ spread.T)
        new = _divide(old, np.broadcast_to(reach, old.shape)) * (ratio @ spread)
        new = new if smoother is None else new @ smoother.T
        estimate[rows] = new
        n_iterations[rows] += 1
        change = np.linalg.norm(new - old, axis=1) / np.linalg.norm(old, axis=1)
        active[rows] = ~((change < options.eps) | (n_iterations[rows] > options.iter_max))
    return estimate, n_iterations


def _smoother(k: int, n_times: int) -> Floats | None:
    if k == 0:
        return None
    weights = special.comb(k, np.arange(k + 1)) / 2.0**k
    matrix = np.zeros((n_times, n_times))
    for offset, weight in zip(range(-k // 2, k // 2 + 1), weights, strict=True):
        matrix += weight * np.eye(n_times, k=offset)
    return matrix / matrix.sum(axis=1, keepdims=True)


def _bootstrap(
    observed: Floats,
    start: Floats,
    smoothed: Floats,
    pmf: Floats,
    options: BackProjectionOptions,
    rng: np.random.Generator,
) -> tuple[Floats, Floats]:
    rough, _ = _ems(observed, start, pmf, BackProjectionOptions(0, options.eps, options.iter_max))
    mean = rough @ delay_matrix(pmf, observed.shape[1]).T
    draws = np.stack(
        [
            _ems(rng.poisson(mean).astype(np.float64), smoothed, pmf, options)[0]
            for _ in range(options.n_bootstrap)
        ]
    )
    tail = (1 - options.level) / 2
    low, high = np.quantile(draws, [tail, 1 - tail], axis=0, method="weibull")
    return low, high


def _chi_square(observed: Floats, fitted: Floats) -> Floats:
    """Return Pearson's chi-square per day over the days that have or expect a case."""
    counts = (observed > 0) | (fitted >= 1)
    terms = np.where(counts, _divide((fitted - observed) ** 2, fitted), 0.0)
    return terms.sum(axis=1) / np.maximum(counts.sum(axis=1), 1)


def _divide(numerator: Floats, denominator: Floats) -> Floats:
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0)
