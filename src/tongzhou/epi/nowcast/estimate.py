"""Nowcasting: how many events happened each recent day, once all reports are in.

Owns the entry point, the result and its scores. The methods live beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import polars as pl

from tongzhou.core.errors import InputError, TongzhouError
from tongzhou.core.estimates import Provenance, digest_arrays
from tongzhou.epi.nowcast.bayes import bayes_pmf, beta_negative_binomial_pmf
from tongzhou.epi.nowcast.chain_ladder import chain_ladder_pmf
from tongzhou.epi.nowcast.lawless import lawless_pmf, reported_share
from tongzhou.epi.nowcast.options import METHODS, Method, NowcastOptions
from tongzhou.epi.nowcast.triangle import DateLike, ReportingTriangle, reporting_triangle
from tongzhou.epi.results import Band, Chart, Language, Result, Trace, choose_text
from tongzhou.epi.series import Days

Floats = npt.NDArray[np.float64]
DEFAULT_OPTIONS = NowcastOptions()
REFERENCES = {
    "lawless": "Lawless 1994, Can J Stat 22:15",
    "bayes": "Höhle & an der Heiden 2014, Biometrics 70:993",
    "chain": "Mack 1993; Wolffram et al. 2023",
}


@dataclass(frozen=True, kw_only=True)
class Nowcast(Result):
    """Predicted totals of recent days.

    triangle : ReportingTriangle — what was known
    dates : datetime64[D], shape (W,) — days predicted
    pmf : float64, shape (W, n_max + 1) — P(total = 0 .. n_max); NaN where the delay cannot be estimated
    delay_cdf : float64, shape (D + 1,) — share reported within x days
    alpha : float — 1 - level of the interval
    """

    triangle: ReportingTriangle
    dates: Days
    pmf: Floats
    delay_cdf: Floats
    alpha: float

    @property
    def observed(self) -> Floats:
        """Reports known so far per predicted day, shape (W,)."""
        return self.triangle.observed[self._rows()]

    @property
    def mean(self) -> Floats:
        """Sum of n P(n), shape (W,)."""
        return self.pmf @ np.arange(self.pmf.shape[1])

    @property
    def std(self) -> Floats:
        """Standard deviation, shape (W,); NaN where probabilities do not make one."""
        square = self.pmf @ np.arange(self.pmf.shape[1], dtype=np.float64) ** 2
        with np.errstate(invalid="ignore"):
            return np.sqrt(square - self.mean**2)

    def quantile(self, p: float) -> Floats:
        """Return the smallest total whose cumulative probability exceeds `p`, shape (W,), as the peer does."""
        cumulative = np.cumsum(self.pmf, axis=1)
        found = np.argmax(cumulative > p, axis=1).astype(np.float64)
        is_known = np.isfinite(cumulative[:, -1]) & (cumulative[:, -1] > p)
        return np.where(is_known, found, np.nan)

    def to_frame(self) -> pl.DataFrame:
        """Return ``t, date, observed, mean, std, low, median, high``, a row per day; `t` counts from 1."""
        frame = pl.DataFrame(
            {
                "t": self._rows() + 1,
                "date": pl.Series(self.dates.astype("datetime64[ms]")).cast(pl.Date),
                "observed": self.observed.astype(np.int64),
                "mean": self.mean,
                "std": self.std,
                "low": self.quantile(self.alpha / 2),
                "median": self.quantile(0.5),
                "high": self.quantile(1 - self.alpha / 2),
            }
        )
        return frame.with_columns(pl.col(pl.Float64).fill_nan(None))

    def score(self, truth: npt.ArrayLike) -> pl.DataFrame:
        """Return ``date, truth, logs, rps, dist_median, outside_ci`` against final totals, shape (W,).

        References
        ----------
        Höhle & an der Heiden 2014, section 4; names as in ``surveillance``.
        """
        final = np.asarray(truth, dtype=np.int64)
        if final.shape != self.dates.shape:
            raise InputError(
                "nowcast.truth",
                f"There are {self.dates.size} days but {final.size} truths.",
                "Give one per day.",
            )
        inside = (final >= 0) & (final < self.pmf.shape[1])
        chance = self.pmf[np.arange(final.size), np.where(inside, final, 0)]
        with np.errstate(divide="ignore"):
            logs = np.where(inside, -np.log(chance), np.inf)
        steps = final[:, None] <= np.arange(self.pmf.shape[1])
        rps = ((np.cumsum(self.pmf, axis=1) - steps) ** 2).sum(axis=1)
        low, high = self.quantile(self.alpha / 2), self.quantile(1 - self.alpha / 2)
        return pl.DataFrame(
            {
                "date": pl.Series(self.dates.astype("datetime64[ms]")).cast(pl.Date),
                "truth": final,
                "logs": logs,
                "rps": rps,
                "dist_median": np.abs(self.quantile(0.5) - final),
                "outside_ci": ((final < low) | (final > high)).astype(np.int64),
            }
        )

    def chart(self, series: str | None = None, language: Language = "en") -> Chart:
        """Draw what is known as bars and the nowcast with its interval."""
        level = f"{100 * (1 - self.alpha):.0f} %"
        return Chart(
            choose_text(language, "Nowcast", "实时补报估计"),
            self.dates.astype(object).tolist(),
            choose_text(language, "day of event", "发生日期"),
            choose_text(language, "cases", "病例数"),
            (
                Trace(choose_text(language, "reported so far", "已报告"), self.observed, "bars"),
                Trace(choose_text(language, "median", "中位数"), self.quantile(0.5)),
            ),
            (
                Band(
                    level + choose_text(language, " interval", "区间"),
                    self.quantile(self.alpha / 2),
                    self.quantile(1 - self.alpha / 2),
                ),
            ),
        )

    def _rows(self) -> npt.NDArray[np.int64]:
        return (self.dates - self.triangle.dates[0]).astype(np.int64)


def estimate_nowcast(
    linelist: object,
    *,
    now: DateLike | None = None,
    when: Sequence[DateLike] | None = None,
    method: Method = "bayes.trunc",
    D: int = 15,  # noqa: N803 - the letter of the literature and of the peer
    event: str = "date_onset",
    report: str = "date_reporting",
    options: NowcastOptions = DEFAULT_OPTIONS,
) -> Nowcast:
    """Predict the final counts of recent days from what has been reported so far.

    Parameters
    ----------
    linelist : a frame with event and report dates (see `triangle.reporting_triangle`), or a `ReportingTriangle`
    now : date — the day of the nowcast; needed with a line list
    when : dates to predict, at most D days back — all of them when None
    method : ``lawless``, ``lawless.complete``, ``bayes.trunc``, ``bayes.notrunc``, ``bayes.notrunc.bnb`` or
        ``chain.ladder``
    D : int — longest delay in days
    event, report : str — columns of the line list
    options : NowcastOptions

    Raises
    ------
    InputError
        ``triangle.*``, ``nowcast.method``, ``nowcast.options``, ``nowcast.when``

    Notes
    -----
    ``lawless`` equals R's ``surveillance``, whose variance has one of two terms and whose probabilities exceed 1 in
    sum; ``lawless.complete`` has both terms and a proper law. ``bayes.notrunc*`` ignore right truncation and are
    there to compare.
    """
    if isinstance(linelist, ReportingTriangle):
        triangle = linelist
    else:
        if now is None:
            raise InputError("nowcast.now", "A line list needs the day of the nowcast.", "Give now=.")
        triangle = reporting_triangle(linelist, now=now, D=D, event=event, report=report)
    if method not in METHODS:
        raise InputError(
            "nowcast.method", f"Method {method!r} is unknown.", f"Use one of {', '.join(METHODS)}."
        )
    options.check(triangle.max_delay)
    share, _ = reported_share(triangle, options.m)
    n_max = options.N_tInf_max if options.N_tInf_max is not None else _largest_total(triangle, share)
    largest = int(triangle.observed[triangle.last - triangle.max_delay :].max())
    if n_max < largest:
        raise InputError(
            "nowcast.options",
            f"N_tInf_max is {n_max} but {largest} are reported.",
            f"Use {3 * largest} or more.",
        )
    pmf, delay_cdf = _predict(triangle, method, options, n_max, share)
    first = triangle.last - triangle.max_delay
    rows = _choose_rows(triangle, when)
    used = replace(options, N_tInf_max=n_max)
    return Nowcast(
        triangle=triangle,
        dates=triangle.dates[rows],
        pmf=_predict_rows(triangle, pmf, rows - first),
        delay_cdf=delay_cdf,
        alpha=options.alpha,
        provenance=Provenance(
            f"nowcast.{method}",
            {"D": triangle.max_delay, **{name: getattr(used, name) for name in used.__slots__}},
            digest_arrays(triangle.counts),
            REFERENCES[method.split(".")[0]],
        ),
    )


def _predict(
    triangle: ReportingTriangle, method: str, options: NowcastOptions, n_max: int, share: Floats
) -> tuple[Floats, Floats]:
    if method.startswith("lawless"):
        complete = method == "lawless.complete"
        return lawless_pmf(triangle, options.m, n_max, is_complete=complete), share
    if method == "chain.ladder":
        return chain_ladder_pmf(triangle, options.m, n_max)
    if method == "bayes.notrunc.bnb":
        return beta_negative_binomial_pmf(triangle, options, n_max)
    return bayes_pmf(triangle, options, n_max, is_truncated=method == "bayes.trunc")


def _predict_rows(triangle: ReportingTriangle, pmf: Floats, rows: npt.NDArray[np.int64]) -> Floats:
    """Pick predicted days; a day further back than D is what was observed."""
    result = np.zeros((rows.size, pmf.shape[1]))
    for i, row in enumerate(rows):
        if row >= 0:
            result[i] = pmf[row]
        else:
            total = int(triangle.observed[triangle.last - triangle.max_delay + row])
            result[i, min(total, pmf.shape[1] - 1)] = 1.0
    return result


def _choose_rows(triangle: ReportingTriangle, when: Sequence[DateLike] | None) -> npt.NDArray[np.int64]:
    if when is None:
        return np.arange(triangle.last - triangle.max_delay, triangle.last + 1)
    days = np.array([np.datetime64(cast(Any, day), "D") for day in when])
    rows = (np.sort(days) - triangle.dates[0]).astype(np.int64)
    if rows.size == 0 or rows.min() < 0 or rows.max() > triangle.last:
        raise InputError(
            "nowcast.when",
            f"`when` must lie between {triangle.dates[0]} and {triangle.dates[-1]}.",
            "Leave it out for all recent days.",
        )
    return rows


def _largest_total(triangle: ReportingTriangle, share: Floats) -> int:
    """Enough room for the predictive tail: several times the largest expected total."""
    recent = triangle.observed[triangle.last - triangle.max_delay :][::-1]
    expected = (recent + 3 * np.sqrt(recent + 1)) / np.maximum(share, 0.02)
    return int(np.clip(3 * max(expected.max(), triangle.observed.max()), 300, 50_000))


def nowcast_groups(
    linelist: pl.DataFrame, by: str, *, now: DateLike, **options: Any
) -> tuple[dict[str, Nowcast], pl.DataFrame]:
    """Nowcast every group of a line list; a group that cannot be nowcast flags only its own row.

    Returns
    -------
    results by group, and one frame with ``series`` first and ``problem`` last
    """
    results: dict[str, Nowcast] = {}
    frames = []
    for key, rows in linelist.sort(by).group_by(by, maintain_order=True):
        name = str(key[0])
        try:
            results[name] = estimate_nowcast(rows, now=now, **options)
            part = results[name].to_frame().with_columns(problem=pl.lit(None, pl.String))
        except TongzhouError as error:
            part = pl.DataFrame({"problem": [str(error)]})
        frames.append(part.select(pl.lit(name).alias("series"), pl.all()))
    table = pl.concat(frames, how="diagonal")
    return results, table.select([c for c in table.columns if c != "problem"] + ["problem"])
