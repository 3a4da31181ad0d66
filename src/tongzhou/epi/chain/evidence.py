"""Evidence on pairs of cases: documented contacts with setting and time, and genetic distances.

Owns reading both onto pairs (infector, infectee). Weighs nothing; `inference` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import polars as pl

from tongzhou.core.errors import InputError, list_offenders
from tongzhou.epi.chain.cases import FOREVER, CaseTable
from tongzhou.epi.frames import (
    UNKNOWN_DAY,
    Days,
    as_frame,
    find_column,
    get_column,
    refuse_rows,
    to_days,
    to_texts,
)

FROM = ("from", "infector", "case_a")
TO = ("to", "infectee", "case_b", "case_id")
NO_CONTACT = -1
NO_DISTANCE = -1
UNNAMED = "contact"


@dataclass(frozen=True, slots=True)
class PairEvidence:
    """What is known of K ordered pairs of cases, sorted by infectee, then infector.

    infector, infectee : int64, shape (K,) — rows of the cases
    setting : int64, shape (K,) — index into `settings`, -1 without a documented contact
    met_from, met_until : int64, shape (K,) — days of the contact, open where unknown
    distance : int64, shape (K,) — genetic distance in substitutions, -1 where unknown
    settings : tuple of str
    is_directed : bool — a contact speaks for one direction only
    """

    infector: Days
    infectee: Days
    setting: Days
    met_from: Days
    met_until: Days
    distance: Days
    settings: tuple[str, ...]
    is_directed: bool

    @property
    def has_days(self) -> bool:
        """Whether any contact is bounded by days."""
        return bool(((self.met_from != UNKNOWN_DAY) | (self.met_until != FOREVER)).any())


def read_evidence(
    cases: CaseTable, contacts: object = None, distances: object = None, *, is_directed: bool = False
) -> PairEvidence:
    """Return contacts and distances as one table of ordered pairs.

    Parameters
    ----------
    contacts : frame or mapping with two case identifiers (``from``, ``to``) and optionally ``setting``,
        ``date_from``, ``date_until``; people who are not cases are passed over
    distances : square array in the order of the cases (negative or NaN: unknown), or a frame with ``from, to,
        distance`` in substitutions
    is_directed : bool — ``from`` is the possible infector; otherwise the contact speaks for both directions

    Raises
    ------
    InputError
        ``frame.*``, ``chain.contact``, ``chain.distance`` — with the rows
    """
    met, settings = _read_contacts(cases, contacts, is_directed)
    far = _read_distances(cases, distances)
    both = met.join(far, on=["infector", "infectee"], how="full", coalesce=True).sort("infectee", "infector")
    columns = {
        "setting": NO_CONTACT,
        "met_from": UNKNOWN_DAY,
        "met_until": FOREVER,
        "distance": NO_DISTANCE,
    }
    values = {
        name: both[name].fill_null(default).to_numpy().astype(np.int64) for name, default in columns.items()
    }
    return PairEvidence(
        infector=both["infector"].to_numpy().astype(np.int64),
        infectee=both["infectee"].to_numpy().astype(np.int64),
        settings=settings,
        is_directed=is_directed,
        **values,
    )


def contacts_within(cases: object, columns: Sequence[str]) -> pl.DataFrame:
    """Return a contact for every two cases that share a value of a column, as a household or a class.

    Parameters
    ----------
    cases : line list with ``case_id`` (or ``id``)
    columns : names of columns; each becomes a setting, the first one wins for a pair that shares several

    Returns
    -------
    frame with ``from, to, setting``, each pair once

    Examples
    --------
    >>> people = {"case_id": ["a", "b", "c"], "household": [1, 1, 2]}
    >>> contacts_within(people, ["household"]).rows()
    [('a', 'b', 'household')]
    """
    frame = as_frame(cases, "cases")
    ids = to_texts(find_column(frame, ("case_id", "id"), "cases"))
    found = []
    for column in columns:
        value = find_column(frame, (column,), "cases")
        side = pl.DataFrame({"id": ids, "value": value, "row": np.arange(frame.height)}).drop_nulls()
        pairs = side.join(side, on="value", suffix="_other").filter(pl.col("row") < pl.col("row_other"))
        found.append(
            pairs.select(pl.col("id").alias("from"), pl.col("id_other").alias("to"), setting=pl.lit(column))
        )
    return pl.concat(found).unique(["from", "to"], keep="first", maintain_order=True)


PAIR = {"infector": pl.Int64, "infectee": pl.Int64}
MET = {**PAIR, "setting": pl.Int64, "met_from": pl.Int64, "met_until": pl.Int64}


def _read_contacts(
    cases: CaseTable, contacts: object, is_directed: bool
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    if contacts is None:
        return pl.DataFrame(schema=MET), ()
    frame = as_frame(contacts, "contacts")
    one, other = _read_pair(frame, cases, "contacts")
    kind = get_column(frame, ("setting",))
    labels = pl.Series([UNNAMED] * frame.height, dtype=pl.String) if kind is None else to_texts(kind)
    labels = labels.fill_null(UNNAMED)
    low, high = get_column(frame, ("date_from",)), get_column(frame, ("date_until",))
    first = np.full(frame.height, UNKNOWN_DAY) if low is None else to_days(low, "contacts")
    last = np.full(frame.height, UNKNOWN_DAY) if high is None else to_days(high, "contacts")
    last = np.where(last == UNKNOWN_DAY, FOREVER, last)
    refuse_rows(first > last, "chain.contact", "Contacts end before they start", "Swap the days.")
    settings = tuple(sorted(labels.unique().to_list()))
    codes = labels.replace_strict(list(settings), list(range(len(settings))), return_dtype=pl.Int64)
    table = pl.DataFrame(
        {"infector": one, "infectee": other, "setting": codes, "met_from": first, "met_until": last}
    )
    table = table.filter((pl.col("infector") >= 0) & (pl.col("infectee") >= 0))
    if not is_directed:
        turned = table.rename({"infector": "infectee", "infectee": "infector"}).select(table.columns)
        table = pl.concat([table, turned])
    # Two contacts of one pair: the rarer setting says more; the span covers both.
    size = table["setting"].value_counts().rename({"count": "size"})
    table = table.join(size, on="setting").sort("size", "setting")
    merged = table.group_by("infector", "infectee", maintain_order=True).agg(
        pl.first("setting"), pl.min("met_from"), pl.max("met_until")
    )
    return merged.select(list(MET)), settings


def _read_pair(frame: pl.DataFrame, cases: CaseTable, table: str) -> tuple[Days, Days]:
    one = to_texts(find_column(frame, FROM, table))
    other = to_texts(find_column(frame, TO, table))
    empty = (one.is_null() | other.is_null()).to_numpy()
    refuse_rows(empty, f"chain.{table[:-1]}", f"{table} lack one of the two people", "Name both.")
    refuse_rows(
        (one == other).to_numpy(),
        f"chain.{table[:-1]}",
        f"{table} join a person to themselves",
        "Remove them.",
    )
    return cases.rows_of(one), cases.rows_of(other)


def _read_distances(cases: CaseTable, distances: object) -> pl.DataFrame:
    schema = {**PAIR, "distance": pl.Int64}
    if distances is None:
        return pl.DataFrame(schema=schema)
    if isinstance(distances, np.ndarray | list):
        return _read_matrix(cases, np.asarray(cast(Any, distances), dtype=np.float64))
    frame = as_frame(distances, "distances")
    one, other = _read_pair(frame, cases, "distances")
    value = find_column(frame, ("distance",), "distances").cast(pl.Float64)
    wrong = (value.is_null() | value.is_nan() | (value < 0)).to_numpy()
    refuse_rows(wrong, "chain.distance", "distance is missing or negative", "Count substitutions, 0 or more.")
    table = pl.DataFrame({"infector": one, "infectee": other, "distance": value.round(0).cast(pl.Int64)})
    turned = table.rename({"infector": "infectee", "infectee": "infector"}).select(table.columns)
    both = pl.concat([table, turned]).filter((pl.col("infector") >= 0) & (pl.col("infectee") >= 0))
    return both.unique(["infector", "infectee"], keep="first", maintain_order=True)


def _read_matrix(cases: CaseTable, matrix: npt.NDArray[np.float64]) -> pl.DataFrame:
    if matrix.shape != (cases.n, cases.n):
        raise InputError(
            "chain.distance",
            f"Distances have shape {matrix.shape}; {cases.n} cases need ({cases.n}, {cases.n}).",
            "Order rows and columns as the cases.",
        )
    known = np.nan_to_num(matrix, nan=-1.0)
    uneven = np.flatnonzero((known != known.T).any(axis=1))
    if uneven.size:
        raise InputError(
            "chain.distance",
            f"Distances differ by direction at rows {list_offenders((uneven + 1).tolist())}.",
            "Give a symmetric matrix.",
        )
    known[np.diag_indices(cases.n)] = -1
    one, other = np.nonzero(known >= 0)
    return pl.DataFrame(
        {"infector": one, "infectee": other, "distance": known[one, other].round().astype(np.int64)}
    )
