"""Secondary attack rates: of the people exposed, how many were infected, by setting, age, delay or anything.

Owns counting people once and intervals. Never decides who was exposed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt
import polars as pl

from tongzhou.core.errors import InputError
from tongzhou.core.estimates import Provenance, digest_arrays
from tongzhou.epi.frames import as_frame, find_column, refuse_rows
from tongzhou.epi.proportions import METHODS, Method, proportion_interval
from tongzhou.epi.results import Band, Chart, Language, Result, Trace, choose_text

Floats = npt.NDArray[np.float64]
INFECTED = ("infected", "is_infected")
MISSING = "unknown"
N_RESAMPLES = 2000


@dataclass(frozen=True, kw_only=True)
class AttackRates(Result):
    """Secondary attack rates, a row per group.

    frame : columns of `by`, then ``n_exposed, n_infected, rate, low, high``
    by : tuple of str
    """

    frame: pl.DataFrame
    by: tuple[str, ...]

    def to_frame(self) -> pl.DataFrame:
        """Return the groups and their rates."""
        return self.frame

    def chart(self, series: str | None = None, language: Language = "en") -> Chart:
        """Draw the rates with their intervals, group by group."""
        rate, low, high = (self.frame[name].to_numpy() for name in ("rate", "low", "high"))
        return Chart(
            choose_text(language, "Secondary attack rate", "续发率"),
            [float(i + 1) for i in range(self.frame.height)],
            " × ".join(self.by) or choose_text(language, "all", "全部"),
            choose_text(language, "share infected", "感染比例"),
            (Trace(choose_text(language, "rate", "续发率"), rate, "points"),),
            (Band(choose_text(language, "interval", "区间"), low, high),),
        )


def secondary_attack_rates(
    exposed: object,
    by: Sequence[str] = (),
    *,
    method: Method | Literal["cluster-bootstrap"] = "wilson",
    level: float = 0.95,
    cluster: str = "case_id",
    rng: np.random.Generator | None = None,
) -> AttackRates:
    """Estimate secondary attack rates.

    Parameters
    ----------
    exposed : frame or mapping, a row per exposed person (or person and index case), with ``infected`` (true,
        false, 1, 0) and the columns of `by`; ages and delays are grouped with `cut_into_bands` first
    by : columns to split by; a missing value is the group ``unknown``
    method : ``wilson``, ``clopper-pearson``, ``jeffreys``, or ``cluster-bootstrap``, which resamples index cases
        (column `cluster`) because people exposed to one case share its infectiousness
    level : float
    rng : for the bootstrap

    Raises
    ------
    InputError
        ``frame.column``; ``attack.infected`` — neither true nor false, with rows; ``attack.method``; ``attack.rng``

    References
    ----------
    Halloran, Longini & Struchiner 2010, Design and Analysis of Vaccine Studies, chapter 2; Davison & Hinkley
    1997, Bootstrap Methods, section 3.8 (clusters).

    Examples
    --------
    >>> people = {"setting": ["home"] * 10 + ["work"] * 40, "infected": [1, 1] + [0] * 8 + [1] + [0] * 39}
    >>> secondary_attack_rates(people, ["setting"]).to_frame()["rate"].to_list()
    [0.2, 0.025]
    """
    table = as_frame(exposed, "exposed")
    infected = _read_flags(find_column(table, INFECTED, "exposed"))
    groups = [_label(find_column(table, (name,), "exposed")).alias(name) for name in by]
    rows = pl.DataFrame([*groups, pl.Series("infected", infected.astype(np.int64))])
    counted = [pl.len().alias("n_exposed"), pl.col("infected").sum().alias("n_infected")]
    found = rows.group_by(by, maintain_order=True).agg(counted).sort(by) if by else rows.select(counted)
    if method == "cluster-bootstrap":
        if rng is None:
            raise InputError(
                "attack.rng", "A bootstrap needs randomness.", "Give rng=np.random.default_rng(1)."
            )
        owner = find_column(table, (cluster,), "exposed").rank("dense").fill_null(0).cast(pl.Int64)
        low, high = _bootstrap(rows.with_columns(owner=owner), found, by, level, rng)
    elif method in METHODS:
        low, high = proportion_interval(found["n_infected"], found["n_exposed"], level=level, method=method)
    else:
        raise InputError(
            "attack.method", f"{method!r} is unknown.", f"Use {', '.join(METHODS)} or cluster-bootstrap."
        )
    rate = found["n_infected"] / found["n_exposed"]
    frame = found.with_columns(rate=rate, low=pl.Series(low), high=pl.Series(high))
    source = Provenance(
        "contact.secondary_attack_rates",
        {"by": tuple(by), "method": method, "level": level},
        digest_arrays(found["n_exposed"].to_numpy(), found["n_infected"].to_numpy()),
    )
    return AttackRates(provenance=source, frame=frame, by=tuple(by))


def cut_into_bands(values: object, edges: Sequence[float]) -> pl.Series:
    """Return each number's band as text, ``10-19`` for edges 10 and 20, ``60+`` after the last; null stays null.

    Examples
    --------
    >>> cut_into_bands([5, 12, 80, None], [0, 10, 20]).to_list()
    ['0-9', '10-19', '20+', None]
    """
    numbers = pl.Series(cast(Any, values)).cast(pl.Float64)
    bounds = list(edges)
    if len(bounds) < 1 or any(b <= a for a, b in pairwise(bounds)):
        raise InputError("attack.edges", f"Edges {bounds} do not rise.", "Give rising edges, as 0, 10, 20.")
    below = (numbers < bounds[0]).fill_null(False).to_numpy()
    refuse_rows(below, "attack.edges", f"Values are below the first edge {bounds[0]:g}", "Lower the edge.")
    names = [f"{a:g}-{b - 1:g}" for a, b in pairwise(bounds)] + [f"{bounds[-1]:g}+"]
    at = np.searchsorted(bounds, np.nan_to_num(numbers.to_numpy(), nan=bounds[0]), side="right") - 1
    known = (numbers.is_not_null() & ~numbers.is_nan().fill_null(True)).to_list()
    return pl.Series([names[i] if ok else None for i, ok in zip(at, known, strict=True)], dtype=pl.String)


def _read_flags(column: pl.Series) -> npt.NDArray[np.bool_]:
    values = column.cast(pl.Float64, strict=False) if column.dtype != pl.Boolean else column.cast(pl.Float64)
    wrong = (~values.is_in([0.0, 1.0]).fill_null(False)).to_numpy()
    refuse_rows(wrong, "attack.infected", f"{column.name} is neither true nor false", "Write 1 or 0.")
    return values.to_numpy() == 1


def _label(column: pl.Series) -> pl.Series:
    return column.cast(pl.String).fill_null(MISSING)


def _bootstrap(
    rows: pl.DataFrame, found: pl.DataFrame, by: Sequence[str], level: float, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Resample index cases; a person's row goes with its case."""
    keys = found.select(by).with_row_index("group") if by else None
    placed = (
        rows.join(keys, on=list(by), how="left") if keys is not None else rows.with_columns(group=pl.lit(0))
    )
    per = placed.group_by("owner", "group").agg(pl.len().alias("n"), pl.col("infected").sum().alias("k"))
    owners = per["owner"].rank("dense").cast(pl.Int64).to_numpy() - 1
    group, n_owners = per["group"].to_numpy(), int(owners.max()) + 1
    n, k = per["n"].to_numpy(), per["k"].to_numpy()
    weight = rng.multinomial(n_owners, np.full(n_owners, 1 / n_owners), size=N_RESAMPLES)[:, owners]
    bounds = []
    for g in range(found.height):
        of = group == g
        exposed = weight[:, of] @ n[of]
        rates = (weight[:, of] @ k[of])[exposed > 0] / exposed[exposed > 0]
        bounds.append(np.quantile(rates, [(1 - level) / 2, (1 + level) / 2]))
    low, high = np.array(bounds).T
    return low, high
