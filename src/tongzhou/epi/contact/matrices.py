"""Contact matrices by age from stays: how many people of each age a person meets in a day.

Owns counting meetings and making a matrix reciprocal. Never invents contacts of people without stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numba as nb
import numpy as np
import numpy.typing as npt
import polars as pl

from tongzhou.core.errors import InputError
from tongzhou.core.estimates import Provenance, digest_arrays
from tongzhou.epi.frames import as_frame, find_column, refuse_rows
from tongzhou.epi.results import Chart, Language, Result, Trace, choose_text

Floats = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]
DAY_S = 86_400
MAX_MEETINGS = 200_000_000


@dataclass(frozen=True, kw_only=True)
class ContactMatrix(Result):
    """Mean contacts per person and day.

    rates : float64, shape (A, A), people per person-day — row: who is asked, column: whom they met
    counts : float64, shape (A, A) — pairs and days counted from each side
    person_days : float64, shape (A,) — days observed
    groups : tuple of A str
    """

    rates: Floats
    counts: Floats
    person_days: Floats
    groups: tuple[str, ...]

    @property
    def mean_contacts(self) -> float:
        """Contacts per observed person and day."""
        return float(self.counts.sum() / self.person_days.sum())

    def symmetrise(self, population: npt.ArrayLike) -> ContactMatrix:
        """Return the matrix in which group a meets b as often as b meets a in a population, shape (A,).

        References
        ----------
        Wallinga, Teunis & Kretzschmar 2006, Am J Epidemiol 164:936; Funk, socialmixr (``symmetric = TRUE``):
        rates[a, b] = (rates[a, b] N[a] + rates[b, a] N[b]) / (2 N[a]).
        """
        size = np.asarray(population, dtype=np.float64)
        if size.shape != self.person_days.shape or not (size > 0).all():
            raise InputError(
                "matrix.population",
                f"The population has shape {size.shape}, or a group without people.",
                f"Give {len(self.groups)} numbers above 0, in the order {', '.join(self.groups)}.",
            )
        total = self.rates * size[:, None]
        rates = (total + total.T) / (2 * size[:, None])
        return ContactMatrix(
            provenance=self.provenance,
            rates=rates,
            counts=self.counts,
            person_days=self.person_days,
            groups=self.groups,
        )

    def to_frame(self) -> pl.DataFrame:
        """Return columns ``group, group_met, contacts, rate``, long."""
        a, b = np.indices(self.rates.shape).reshape(2, -1)
        names = np.array(self.groups, dtype=object)
        return pl.DataFrame(
            {
                "group": names[a].tolist(),
                "group_met": names[b].tolist(),
                "contacts": self.counts.ravel(),
                "rate": self.rates.ravel(),
            }
        )

    def chart(self, series: str | None = None, language: Language = "en") -> Chart:
        """Draw contacts by the group met, a line per group."""
        traces = tuple(Trace(name, row) for name, row in zip(self.groups, self.rates, strict=True))
        return Chart(
            choose_text(language, "Contacts per person and day", "每人每日接触数"),
            [float(i) for i in range(len(self.groups))],
            choose_text(language, "group met", "被接触年龄组"),
            choose_text(language, "contacts", "接触数"),
            traces,
        )


def contact_matrix(
    stays: object,
    ages: object,
    *,
    edges: Sequence[int],
    min_minutes: float,
    day_offset_s: int = 0,
) -> ContactMatrix:
    """Count contacts by age from stays.

    Parameters
    ----------
    stays : frame with ``person, place, from_s, until_s`` (seconds, end exclusive)
    ages : frame with ``person, age`` (years)
    edges : lower ends of the age groups, rising, from the youngest
    min_minutes : float — two people are a contact of a day when together at least this long in it
    day_offset_s : int, seconds — local time less UTC, so that days are local

    Returns
    -------
    ContactMatrix — a day of a person with any stay counts as one person-day; each other person counts once a day

    Raises
    ------
    InputError
        ``frame.column``, ``matrix.stay``, ``matrix.age`` with rows, ``matrix.edges``, ``matrix.too_many``

    References
    ----------
    Mossong et al. 2008, PLoS Med 5:e74 (contacts per participant-day by age).
    """
    table, group, groups = _read(stays, ages, edges)
    parts = _split_days(table, day_offset_s).sort("day", "place", "from_s", "until_s", "person")
    met = _meet(parts)
    together = (
        met.group_by("day", "a", "b")
        .agg(pl.col("seconds").sum())
        .filter(pl.col("seconds") >= min_minutes * 60)
    )
    n = len(groups)
    one, other = group[together["a"].to_numpy()], group[together["b"].to_numpy()]
    counts = np.zeros((n, n))
    np.add.at(counts, (one, other), 1.0)
    np.add.at(counts, (other, one), 1.0)
    observed = parts.select("day", "person").unique()["person"].to_numpy()
    person_days = np.bincount(group[observed], minlength=n).astype(np.float64)
    rates = counts / np.where(person_days > 0, person_days, np.nan)[:, None]
    options = {"edges": tuple(edges), "min_minutes": min_minutes}
    digest = digest_arrays(*(table[c].to_numpy() for c in ("person", "place", "from_s", "until_s")), group)
    source = Provenance("contact.contact_matrix", options, digest, "Mossong et al. 2008")
    return ContactMatrix(
        provenance=source, rates=rates, counts=counts, person_days=person_days, groups=groups
    )


def _read(stays: object, ages: object, edges: Sequence[int]) -> tuple[pl.DataFrame, Int64s, tuple[str, ...]]:
    bounds = list(edges)
    if not bounds or any(b <= a for a, b in pairwise(bounds)):
        raise InputError("matrix.edges", f"Edges {bounds} do not rise.", "Give rising ages, as 0, 20, 60.")
    frame = as_frame(stays, "stays")
    columns = {
        c: find_column(frame, (c,), "stays").cast(pl.Int64) for c in ("person", "place", "from_s", "until_s")
    }
    table = pl.DataFrame(columns)
    gaps, turned = (
        pl.any_horizontal(pl.all().is_null()),
        (pl.col("until_s") <= pl.col("from_s")).fill_null(True),
    )
    wrong = table.select(gaps | turned).to_series().to_numpy()
    refuse_rows(wrong, "matrix.stay", "stays are incomplete or end before they start", "Correct them.")
    people = as_frame(ages, "ages")
    roster = find_column(people, ("person",), "ages").cast(pl.Int64)
    age = find_column(people, ("age",), "ages").cast(pl.Float64)
    bad = (age.is_null() | age.is_nan() | (age < bounds[0])).fill_null(True).to_numpy()
    refuse_rows(bad, "matrix.age", f"age is missing or below {bounds[0]}", "Leave out people of unknown age.")
    order = np.argsort(roster.to_numpy(), kind="stable")
    known, group = roster.to_numpy()[order], np.searchsorted(bounds, age.to_numpy()[order], side="right") - 1
    persons = table["person"].to_numpy()
    at = np.searchsorted(known, persons).clip(0, max(known.size - 1, 0))
    table = table.with_columns(person=pl.Series(at)).filter(pl.Series(known[at] == persons))
    names = [f"{a}-{b - 1}" for a, b in pairwise(bounds)]
    return table, group.astype(np.int64), (*names, f"{bounds[-1]}+")


def _split_days(table: pl.DataFrame, offset: int) -> pl.DataFrame:
    """Cut stays at midnight; `day` is the local day since 1970."""
    first = (pl.col("from_s") + offset).floordiv(DAY_S)
    last = (pl.col("until_s") + offset - 1).floordiv(DAY_S)
    cut = table.with_columns(day=pl.int_ranges(first, last + 1)).explode("day", empty_as_null=False)
    start = pl.col("day") * DAY_S - offset
    return cut.with_columns(
        from_s=pl.max_horizontal("from_s", start), until_s=pl.min_horizontal("until_s", start + DAY_S)
    )


def _meet(parts: pl.DataFrame) -> pl.DataFrame:
    """Every two people at one place on one day with the seconds they were there together."""
    columns = [parts[c].to_numpy().astype(np.int64) for c in ("day", "place", "person", "from_s", "until_s")]
    nothing = np.zeros((0, 4), dtype=np.int64)
    n = _overlap(*columns, nothing)
    if n > MAX_MEETINGS:
        raise InputError(
            "matrix.too_many", f"{n:,} meetings; {MAX_MEETINGS:,} are allowed.", "Give fewer days."
        )
    found = np.zeros((n, 4), dtype=np.int64)
    _overlap(*columns, found)
    names: list[Any] = ["day", "a", "b", "seconds"]
    return pl.DataFrame(found, schema=names)


@nb.njit(cache=True, nogil=True)
def _overlap(day: Int64s, place: Int64s, person: Int64s, start: Int64s, end: Int64s, out: Int64s) -> int:
    """Write overlaps of rows sorted by day, place and start; count them all."""
    n = 0
    for i in range(day.shape[0]):
        for j in range(i + 1, day.shape[0]):
            if day[j] != day[i] or place[j] != place[i] or start[j] >= end[i]:
                break
            if person[i] == person[j]:
                continue
            if n < out.shape[0]:
                out[n, 0] = day[i]
                out[n, 1], out[n, 2] = min(person[i], person[j]), max(person[i], person[j])
                out[n, 3] = min(end[i], end[j]) - start[j]
            n += 1
    return n
