"""Screening: prevalence from pooled results, and who has been tested out of how many.

Owns the estimates. Chooses no pools; that is `tongzhou.plan.pooling`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import optimize, stats

from tongzhou.core.errors import InputError, list_offenders
from tongzhou.core.estimates import Estimate, Provenance, digest_arrays
from tongzhou.epi.frames import as_frame, find_column, refuse_rows, to_texts
from tongzhou.epi.results import Chart, Language, Result, Trace, choose_text

Floats = npt.NDArray[np.float64]
Correction = Literal["firth", "burrows", "none"]
CORRECTIONS = ("firth", "burrows", "none")
FLOOR = 1e-12
LEAST = 1e-9
LARGEST_POOL = 10_000
__all__ = [
    "Coverage",
    "coverage",
    "prevalence_from_pools",
]


@dataclass(frozen=True, slots=True)
class PoolResults:
    """Pools by size: float64, shape (G,) each."""

    size: Floats
    tested: Floats
    positive: Floats


def prevalence_from_pools(
    size: npt.ArrayLike,
    tested: npt.ArrayLike,
    positive: npt.ArrayLike,
    *,
    sensitivity: float = 1.0,
    specificity: float = 1.0,
    correction: Correction = "firth",
    level: float = 0.95,
) -> Estimate:
    """Estimate the share of people infected from positive pools.

    Parameters
    ----------
    size, tested, positive : whole numbers, scalars or shape (G,) — people per pool, pools of that size, and how
        many of them were positive
    sensitivity, specificity : float — of a pool
    correction : ``firth`` (any mix of sizes, errors of the test), ``burrows`` (one size, perfect test) or
        ``none`` (maximum likelihood, biased upward with few pools)
    level : float

    Returns
    -------
    Estimate — share of people; the interval is the score interval, which for one size is Wilson's

    Raises
    ------
    InputError
        ``screening.pools`` with rows, ``screening.test``, ``screening.level``, ``screening.correction``

    References
    ----------
    Burrows 1987, Phytopathology 77:363; Hepworth & Biggerstaff 2017, J Agric Biol Environ Stat 22:602 (Firth's
    correction); Hepworth 2005, Commun Stat Theory Methods 34:2221 (score intervals); Tu, Litvak & Pagano
    1995, Biometrika 82:287 (errors of the test).

    Examples
    --------
    >>> found = prevalence_from_pools(10, 200, 9)
    >>> round(found.value, 5), round(found.low, 5), round(found.high, 5)
    (0.00458, 0.00241, 0.00866)
    """
    pools = _read_pools(size, tested, positive)
    if not (0 < sensitivity <= 1 and 0 < specificity <= 1 and sensitivity + specificity > 1):
        raise InputError(
            "screening.test",
            f"Sensitivity {sensitivity} and specificity {specificity} tell nothing.",
            "Both lie in (0, 1] and add up to more than 1.",
        )
    if not 0 < level < 1:
        raise InputError(
            "screening.level", f"The level is {level}.", "Give a share between 0 and 1, as 0.95."
        )
    if correction not in CORRECTIONS:
        raise InputError(
            "screening.correction", f"{correction!r} is unknown.", f"Use {', '.join(CORRECTIONS)}."
        )
    test = (sensitivity, specificity)
    value = _burrows(pools, test) if correction == "burrows" else _maximum(pools, test, correction == "firth")
    low, high = _score_interval(pools, test, level)
    method = f"screening.prevalence_from_pools, {correction}"
    digest = digest_arrays(pools.size, pools.tested, pools.positive, test)
    return Estimate(value, min(low, value), max(high, value), level, method, digest)


def _read_pools(size: npt.ArrayLike, tested: npt.ArrayLike, positive: npt.ArrayLike) -> PoolResults:
    try:
        columns = np.broadcast_arrays(
            *(np.atleast_1d(np.asarray(c, dtype=np.float64)) for c in (size, tested, positive))
        )
    except (ValueError, TypeError) as error:
        raise InputError(
            "screening.pools", f"The pools cannot be read: {error}.", "Give numbers, as many of each."
        ) from error
    if not columns[0].size:
        raise InputError("screening.pools", "There are no pools.", "Give at least one.")
    n, m, x = (np.asarray(column) for column in columns)
    whole = (n == np.round(n)) & (m == np.round(m)) & (x == np.round(x))
    wrong = ~(whole & (n >= 1) & (n <= LARGEST_POOL) & (m >= 1) & (x >= 0) & (x <= m))
    refuse_rows(
        wrong,
        "screening.pools",
        f"Pools are no whole numbers, larger than {LARGEST_POOL:,}, or more positive than tested,",
        "Check them.",
    )
    return PoolResults(n, m, x)


def _positive_share(p: float, pools: PoolResults, test: tuple[float, float]) -> tuple[Floats, Floats]:
    """Probability that a pool is positive, and its slope in p."""
    se, sp = test
    clear = (1 - p) ** pools.size
    slope = (se + sp - 1) * pools.size * (1 - p) ** (pools.size - 1)
    return np.clip(se - (se + sp - 1) * clear, FLOOR, 1 - FLOOR), slope


def _score(p: float, pools: PoolResults, test: tuple[float, float]) -> tuple[float, float]:
    """Slope of the log-likelihood and Fisher information at p."""
    share, slope = _positive_share(p, pools, test)
    spread = share * (1 - share)
    gain = float((slope * (pools.positive - pools.tested * share) / spread).sum())
    return gain, float((pools.tested * slope**2 / spread).sum())


def _corrected_score(p: float, pools: PoolResults, test: tuple[float, float]) -> float:
    """The score plus half the sum of w t' t'' over the information, which removes the first-order bias of p
    (t: share of positive pools; w: m / t(1 - t))."""
    share, slope = _positive_share(p, pools, test)
    bend = -(sum(test) - 1) * pools.size * (pools.size - 1) * (1 - p) ** (pools.size - 2)
    gain, information = _score(p, pools, test)
    return gain + 0.5 * float((pools.tested * slope * bend / (share * (1 - share))).sum()) / information


def _maximum(pools: PoolResults, test: tuple[float, float], is_corrected: bool) -> float:
    """Where the (corrected) score is zero; 0 or 1 where it keeps its sign."""

    def slope(p: float) -> float:
        return _corrected_score(p, pools, test) if is_corrected else _score(p, pools, test)[0]

    most = _most(pools)
    if slope(LEAST) <= 0:
        return 0.0
    if slope(most) >= 0:
        return 1.0
    return float(optimize.brentq(slope, LEAST, most, xtol=1e-14))


def _most(pools: PoolResults) -> float:
    """The share of infected above which even the largest pool is always positive, as far as floats can tell."""
    return float(1 - LEAST ** (1 / pools.size.max()))


def _burrows(pools: PoolResults, test: tuple[float, float]) -> float:
    if pools.size.size > 1 or test != (1.0, 1.0):
        raise InputError(
            "screening.correction",
            "Burrows' estimate is for one pool size and a perfect test.",
            "Use 'firth'.",
        )
    n, m, x = float(pools.size[0]), float(pools.tested[0]), float(pools.positive[0])
    shift = (n - 1) / (2 * n)
    return 1 - ((m - x + shift) / (m + shift)) ** (1 / n)


def _score_interval(pools: PoolResults, test: tuple[float, float], level: float) -> tuple[float, float]:
    bound = stats.chi2.ppf(level, 1)
    middle = _maximum(pools, test, is_corrected=False)

    def excess(p: float) -> float:
        gain, information = _score(p, pools, test)
        return gain**2 / information - bound

    least, most = LEAST, _most(pools)
    start = min(max(middle, least), most)
    low = optimize.brentq(excess, least, start) if excess(least) > 0 > excess(start) else 0.0
    high = optimize.brentq(excess, start, most) if excess(most) > 0 > excess(start) else 1.0
    return float(low), float(high)


@dataclass(frozen=True, kw_only=True)
class Coverage(Result):
    """How many of a group have been tested, a row per group.

    frame : columns of `by`, then ``population, tested, untested, share`` and ``is_over`` (more tested than live
        there: the denominator is wrong)
    """

    frame: pl.DataFrame
    by: tuple[str, ...]

    def to_frame(self) -> pl.DataFrame:
        """Return the groups, least covered first."""
        return self.frame

    def chart(self, series: str | None = None, language: Language = "en") -> Chart:
        """Draw the share tested, least covered first."""
        return Chart(
            choose_text(language, "Share tested", "检测覆盖率"),
            [float(i + 1) for i in range(self.frame.height)],
            " × ".join(self.by),
            choose_text(language, "share", "比例"),
            (
                Trace(
                    choose_text(language, "share tested", "已检比例"), self.frame["share"].to_numpy(), "bars"
                ),
            ),
            reference=1.0,
        )


def coverage(tested: object, population: object, by: Sequence[str]) -> Coverage:
    """Count who has been tested against a denominator.

    Parameters
    ----------
    tested : frame with ``person`` and the columns of `by`; a person counts once per group
    population : frame with the columns of `by` and ``population``; every group appears, tested or not
    by : columns, as ``area`` and ``age_group``

    Raises
    ------
    InputError
        ``frame.column``; ``screening.population`` with rows; ``screening.group`` — tested people of groups
        without a denominator

    Examples
    --------
    >>> done = coverage({"person": [1, 1, 2], "area": ["a", "a", "a"]}, {"area": ["a"], "population": [4]}, ["area"])
    >>> done.to_frame()["share"].to_list()
    [0.5]
    """
    people, totals = as_frame(tested, "tested"), as_frame(population, "population")
    keys = [to_texts(find_column(people, (name,), "tested")).alias(name) for name in by]
    persons = to_texts(find_column(people, ("person",), "tested")).alias("person")
    refuse_rows(
        persons.is_null().to_numpy(), "screening.person", "tested lack a person", "Number the people."
    )
    groups = [to_texts(find_column(totals, (name,), "population")).alias(name) for name in by]
    if not by:
        raise InputError(
            "screening.by", "No column says what the groups are.", "Name one or more, as ['area']."
        )
    size = find_column(totals, ("population",), "population").cast(pl.Float64, strict=False)
    wrong = (
        (size.is_null() | size.is_nan() | (size <= 0) | (size != size.round(0))).fill_null(True).to_numpy()
    )
    refuse_rows(
        wrong,
        "screening.population",
        "population is missing or no whole number above 0",
        "Give people per group.",
    )
    base = pl.DataFrame([*groups, size.cast(pl.Int64).alias("population")])
    refuse_rows(
        base.select(by).is_duplicated().to_numpy(), "screening.population", "A group stands twice", "Add up."
    )
    counted = (
        pl.DataFrame([persons, *keys]).unique().group_by(by).agg(pl.len().cast(pl.Int64).alias("tested"))
    )
    strangers = counted.join(base, on=list(by), how="anti", nulls_equal=True).select(by).sort(by).rows()
    if strangers:
        named = list_offenders([" / ".join(str(part) for part in row) for row in strangers])
        raise InputError("screening.group", f"Groups without a population: {named}.", "Add their population.")
    joined = base.join(counted, on=list(by), how="left").with_columns(pl.col("tested").fill_null(0))
    frame = joined.with_columns(
        untested=pl.max_horizontal(pl.col("population") - pl.col("tested"), pl.lit(0)),
        share=pl.col("tested") / pl.col("population"),
        is_over=pl.col("tested") > pl.col("population"),
    ).sort("share", *by)
    digest = digest_arrays(frame["population"].to_numpy(), frame["tested"].to_numpy())
    return Coverage(
        provenance=Provenance("screening.coverage", {"by": tuple(by)}, digest), frame=frame, by=tuple(by)
    )
