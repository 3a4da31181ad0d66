"""Backward search: places that more cases share than chance explains.

Owns the tests and the correction for many places. Says nothing of what happened in a place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import stats
from scipy.sparse import csr_array

from tongzhou.core.errors import InputError
from tongzhou.core.estimates import Provenance, digest_arrays
from tongzhou.epi.frames import as_frame, find_column, get_column, refuse_rows
from tongzhou.epi.results import Chart, Language, Result, Trace, choose_text

Floats = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]
BATCH = 64


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """How places are tested.

    min_cases : int — places with fewer cases are left out
    n_permutations : int — shuffles of who is a case; 0 for the hypergeometric test alone
    strata : str — column of `people` within which cases are shuffled, as an area or age group; empty for none
    """

    min_cases: int = 2
    n_permutations: int = 0
    strata: str = ""


@dataclass(frozen=True, kw_only=True)
class SharedSources(Result):
    """Places shared by cases, the least explained by chance first.

    frame : ``place, n_cases, n_people, expected, ratio, p_value`` (hypergeometric, upper tail), ``p_holm`` (any
        error among the places), ``q_value`` (share of errors, Benjamini and Hochberg), ``p_permutation`` (of the
        largest place by chance; null without permutations)
    """

    frame: pl.DataFrame

    def to_frame(self) -> pl.DataFrame:
        """Return the places."""
        return self.frame

    def chart(self, series: str | None = None, language: Language = "en") -> Chart:
        """Draw observed and expected cases of the first 30 places."""
        top = self.frame.head(30)
        return Chart(
            choose_text(language, "Places shared by cases", "病例共同到过的地点"),
            [float(i + 1) for i in range(top.height)],
            choose_text(language, "place, least by chance first", "地点（按偶然性由低到高）"),
            choose_text(language, "cases", "病例数"),
            (
                Trace(
                    choose_text(language, "cases", "病例"), top["n_cases"].cast(pl.Float64).to_numpy(), "bars"
                ),
                Trace(choose_text(language, "expected", "期望"), top["expected"].to_numpy(), "points"),
            ),
        )


def find_shared_sources(
    stays: object,
    case_persons: Sequence[int] | npt.ArrayLike,
    *,
    people: object = None,
    options: SourceOptions | None = None,
    rng: np.random.Generator | None = None,
) -> SharedSources:
    """Test which places cases share more than people at large do.

    Parameters
    ----------
    stays : frame with ``person, place``, of cases and of people who are not, over the same days before onset
    case_persons : persons who are cases
    people : frame with ``person`` (and a column for strata), optional — everybody who could appear; those of
        `stays` when None
    rng : for permutations

    Raises
    ------
    InputError
        ``frame.column``, ``sources.stay`` with rows, ``sources.cases``, ``sources.rng``, ``sources.strata``

    Notes
    -----
    A place counts a person once. Hypergeometric: of N people n are cases; of the K people of a place x or more
    are cases by chance. Permutations shuffle who is a case (within strata) and compare each place's p-value
    with the smallest one of each shuffle, which holds the family-wise error whatever the overlap of places.

    References
    ----------
    Holm 1979, Scand J Stat 6:65; Benjamini & Hochberg 1995, J R Stat Soc B 57:289; Westfall & Young 1993,
    Resampling-Based Multiple Testing, algorithm 2.8 (single step, min p).

    Examples
    --------
    >>> stays = {"person": [1, 2, 3, 1, 4, 5, 6, 7, 8], "place": [10, 10, 10, 20, 20, 20, 20, 20, 20]}
    >>> find_shared_sources(stays, [1, 2, 3]).to_frame()["place"].to_list()
    [10]
    """
    options = options or SourceOptions()
    pairs, roster, strata = _read(stays, people, options.strata)
    is_case = np.isin(roster, np.asarray(case_persons, dtype=np.int64))
    if is_case.sum() < options.min_cases or is_case.all():
        raise InputError(
            "sources.cases",
            f"{int(is_case.sum())} of {roster.size} people are cases.",
            f"Give at least {options.min_cases} cases and people who are none.",
        )
    places, member = np.unique(pairs["place"].to_numpy(), return_inverse=True)
    person = np.searchsorted(roster, pairs["person"].to_numpy())
    of_place = csr_array((np.ones(person.size), (member, person)), shape=(places.size, roster.size))
    n_people = np.asarray(of_place.sum(axis=1)).round().astype(np.int64)
    n_cases = (of_place @ is_case.astype(np.float64)).round().astype(np.int64)
    p = _upper_tail(n_cases, n_people, int(is_case.sum()), roster.size)
    tested = n_people >= options.min_cases
    by_chance = np.full(places.size, np.nan)
    if options.n_permutations:
        if rng is None:
            raise InputError(
                "sources.rng", "Permutations need randomness.", "Give rng=np.random.default_rng(1)."
            )
        least = _permute(of_place[tested], n_people[tested], is_case, strata, options.n_permutations, rng)
        at_most = np.searchsorted(np.sort(least), p * (1 + 1e-9), side="right")
        by_chance = (1 + at_most) / (options.n_permutations + 1)
    holm, q = np.ones(places.size), np.ones(places.size)
    holm[tested], q[tested] = _correct(p[tested])
    expected = n_people * is_case.mean()
    frame = pl.DataFrame(
        {
            "place": places,
            "n_cases": n_cases,
            "n_people": n_people,
            "expected": expected,
            "ratio": n_cases / expected,
            "p_value": p,
            "p_holm": holm,
            "q_value": q,
            "p_permutation": by_chance,
        }
    ).with_columns(pl.col("p_permutation").fill_nan(None))
    kept = frame.filter(pl.col("n_cases") >= options.min_cases).sort("p_value", "place")
    given = {
        "n_permutations": options.n_permutations,
        "strata": options.strata,
        "n_places_tested": int(tested.sum()),
    }
    digest = digest_arrays(pairs["person"].to_numpy(), pairs["place"].to_numpy(), is_case)
    return SharedSources(provenance=Provenance("contact.find_shared_sources", given, digest), frame=kept)


def _read(stays: object, people: object, strata: str) -> tuple[pl.DataFrame, Int64s, Int64s]:
    frame = as_frame(stays, "stays")
    person = find_column(frame, ("person",), "stays").cast(pl.Int64)
    place = find_column(frame, ("place",), "stays").cast(pl.Int64)
    gaps = (person.is_null() | place.is_null()).to_numpy()
    refuse_rows(gaps, "sources.stay", "stays lack person or place", "Fill them in or remove them.")
    pairs = pl.DataFrame({"person": person, "place": place}).unique().sort("place", "person")
    if people is None:
        if strata:
            raise InputError(
                "sources.strata", "Strata need a table of people.", "Give people= with that column."
            )
        roster = np.unique(pairs["person"].to_numpy())
        return pairs, roster, np.zeros(roster.size, dtype=np.int64)
    table = as_frame(people, "people").unique("person").sort("person")
    roster = table["person"].cast(pl.Int64).to_numpy()
    group = get_column(table, (strata,)) if strata else None
    if strata and group is None:
        raise InputError(
            "sources.strata", f"people has no column {strata!r}.", f"It has {', '.join(table.columns)}."
        )
    codes = (
        np.zeros(roster.size)
        if group is None
        else group.cast(pl.String).fill_null("").rank("dense").to_numpy()
    )
    absent = ~np.isin(pairs["person"].to_numpy(), roster)
    refuse_rows(absent, "sources.stay", "stays name persons who are not in people", "Add them to people.")
    return pairs, roster, codes.astype(np.int64)


def _upper_tail(x: Int64s, size: Int64s, n_cases: int, n_people: int) -> Floats:
    return np.asarray(stats.hypergeom.sf(x - 1, n_people, n_cases, size)).clip(0.0, 1.0)


def _permute(
    of_place: csr_array,
    n_people: Int64s,
    is_case: npt.NDArray[np.bool_],
    strata: Int64s,
    n_permutations: int,
    rng: np.random.Generator,
) -> Floats:
    """Return the smallest p-value of each shuffle, float64, shape (n_permutations,)."""
    groups = [np.flatnonzero(strata == code) for code in np.unique(strata)]
    sizes, at = np.unique(n_people, return_inverse=True)
    n_cases = int(is_case.sum())
    x = np.arange(n_cases + 1)
    tails = np.stack([_upper_tail(x, np.full(x.size, size), n_cases, is_case.size) for size in sizes])
    least = []
    for start in range(0, n_permutations, BATCH):
        width = min(BATCH, n_permutations - start)
        shuffled = np.zeros((is_case.size, width))
        for rows in groups:
            shuffled[rows] = rng.permuted(np.repeat(is_case[rows, None], width, axis=1), axis=0)
        counts = (of_place @ shuffled).round().astype(np.int64)
        least.append(tails[at[:, None], counts].min(axis=0))
    return np.concatenate(least)


def _correct(p: Floats) -> tuple[Floats, Floats]:
    """Holm's adjusted p-values and the q-values of Benjamini and Hochberg."""
    order = np.argsort(p)
    rank = np.arange(1, p.size + 1)
    holm, q = np.empty(p.size), np.empty(p.size)
    holm[order] = np.minimum(np.maximum.accumulate(p[order] * (p.size - rank + 1)), 1.0)
    q[order] = np.minimum(np.minimum.accumulate((p[order] * p.size / rank)[::-1])[::-1], 1.0)
    return holm, q
