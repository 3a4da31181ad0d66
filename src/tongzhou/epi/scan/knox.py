"""Knox's test: do cases close in space stand close in time more often than chance?

Owns the count of close pairs and its p-values. Never asks where the pairs are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from numba import njit
from scipy.special import gammainc
from scipy.stats import hypergeom

from tongzhou.core.errors import InputError, list_offenders
from tongzhou.core.estimates import Provenance, digest_arrays
from tongzhou.epi.results import Chart, Language, Result, Trace, choose_text
from tongzhou.epi.scan.zones import pairwise_distance

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

REFERENCE = "Knox (1964), Applied Statistics 13: 25-29."


@dataclass(frozen=True, kw_only=True)
class KnoxTest(Result):
    """Pairs close in both, expected under independence, and p-values.

    p_value : times permuted among pairs, as the peer has it (exact, hypergeometric); p_cases : times permuted among
    cases, None without replicates; p_poisson : P(X > observed) at the expected number
    """

    observed: int
    expected: float
    table: npt.NDArray[np.int64]
    p_poisson: float
    p_value: float
    p_cases: float | None
    permuted: Ints

    def to_frame(self) -> pl.DataFrame:
        """Return one row: ``observed, expected, ratio, p_value, p_cases, p_poisson``."""
        ratio = self.observed / self.expected if self.expected > 0 else None
        return pl.DataFrame(
            {
                "observed": [self.observed],
                "expected": [self.expected],
                "ratio": [ratio],
                "p_value": [self.p_value],
                "p_cases": [self.p_cases],
                "p_poisson": [self.p_poisson],
            },
            schema_overrides={"ratio": pl.Float64, "p_cases": pl.Float64},
        )

    def chart(self, series: str | None = None, language: Language = "en") -> Chart:
        """Draw how many pairs the permuted cases have, and the pairs seen."""
        counts = np.append(self.permuted, self.observed)
        x = np.arange(counts.min(), counts.max() + 1)
        worlds = np.bincount(self.permuted - x[0], minlength=x.size).astype(np.float64)
        seen = np.where(x == self.observed, max(worlds.max(), 1.0), np.nan)
        return Chart(
            choose_text(language, "Pairs close in space and time", "时空相近的病例对"),
            x.astype(np.float64).tolist(),
            choose_text(language, "pairs", "对数"),
            choose_text(language, "permutations", "置换次数"),
            (
                Trace(choose_text(language, "by chance", "随机置换"), worlds, "bars"),
                Trace(choose_text(language, "observed", "观察值"), seen, "alarm"),
            ),
        )


def knox(
    times: npt.ArrayLike,
    coordinates: npt.ArrayLike,
    *,
    eps_t: float,
    eps_s: float,
    n_replicates: int = 999,
    seed: int = 0,
    metric: str = "euclidean",
) -> KnoxTest:
    """Count pairs of cases close in time and space and compare with independence.

    Parameters
    ----------
    times : float64 (N,) — time of each case, any unit
    coordinates : float64 (N, 2) — place of each case
    eps_t, eps_s : float — a pair is close when its distance is at most this
    n_replicates : int — permutations of the times among the cases; 0 for none
    seed : int — of the permutations
    metric : {"euclidean", "greatcircle"} — unit of the coordinates, or kilometres from longitude and latitude

    Returns
    -------
    KnoxTest
        `table` has close and not close in time (rows) and space (columns).

    Raises
    ------
    InputError
        ``knox.shape``, ``knox.missing``, ``knox.option``

    Notes
    -----
    Pairs that share a case are not independent: `p_cases` moves whole cases (Mantel 1967) and is the one to trust;
    `p_value` permutes pairs as ``surveillance::knox`` does and is often too small.

    Examples
    --------
    >>> knox([0, 1, 50, 51], [[0, 0], [0, 1], [9, 9], [9, 8]], eps_t=2, eps_s=2, n_replicates=0).observed
    2
    """
    when, where = read_events(times, coordinates)
    if eps_t < 0 or eps_s < 0 or n_replicates < 0:
        raise InputError(
            "knox.option",
            f"eps_t {eps_t}, eps_s {eps_s} or n_replicates {n_replicates} is negative.",
            "Give 0 or more.",
        )
    is_near = pairwise_distance(where, metric) <= eps_s
    is_soon = np.abs(when[:, None] - when[None, :]) <= eps_t
    upper = np.triu_indices(when.size, 1)
    near, soon = is_near[upper], is_soon[upper]
    table = np.array(
        [[np.sum(soon & near), np.sum(soon & ~near)], [np.sum(~soon & near), np.sum(~soon & ~near)]],
        dtype=np.int64,
    )
    observed, n_pairs = int(table[0, 0]), near.size
    expected = float(table[0].sum() / n_pairs * table[:, 0].sum()) if n_pairs else 0.0
    permuted = np.zeros(0, dtype=np.int64)
    if n_replicates:
        orders = np.random.default_rng(seed).permuted(
            np.tile(np.arange(when.size), (n_replicates, 1)), axis=1
        )
        permuted = count_close(is_soon, *(index[near].astype(np.int64) for index in upper), orders)
    options = {"eps_t": eps_t, "eps_s": eps_s, "n_replicates": n_replicates, "seed": seed, "metric": metric}
    return KnoxTest(
        observed=observed,
        expected=expected,
        table=table,
        p_poisson=float(gammainc(observed + 1, expected)) if expected > 0 else 0.0,
        p_value=float(hypergeom.sf(observed - 1, n_pairs, table[:, 0].sum(), table[0].sum())),
        p_cases=(1 + int(np.sum(permuted >= observed))) / (1 + n_replicates) if n_replicates else None,
        permuted=permuted,
        provenance=Provenance("Knox test", options, digest_arrays(when, where), REFERENCE),
    )


def read_events(times: npt.ArrayLike, coordinates: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return times (N,) and places (N, 2) of events after checking them."""
    when, where = np.asarray(times, dtype=np.float64), np.asarray(coordinates, dtype=np.float64)
    if when.ndim != 1 or where.shape != (when.size, 2) or when.size < 2:
        raise InputError(
            "knox.shape",
            f"times have the shape {when.shape}, coordinates {where.shape}.",
            "Give one time and one point for each of two or more cases.",
        )
    bad = np.flatnonzero(~(np.isfinite(when) & np.isfinite(where).all(axis=1))) + 1
    if bad.size:
        raise InputError(
            "knox.missing",
            f"Time or place is missing at rows {list_offenders(bad.tolist())}.",
            "Leave these cases out, or complete them.",
        )
    return when, where


@njit(cache=True)
def count_close(is_soon: Flags, one: Ints, other: Ints, orders: Ints) -> Ints:
    """Return, for each order of the times, how many of the near pairs (one, other) are close in time."""
    out = np.zeros(orders.shape[0], dtype=np.int64)
    for r in range(orders.shape[0]):
        for k in range(one.size):
            out[r] += is_soon[orders[r, one[k]], orders[r, other[k]]]
    return out
