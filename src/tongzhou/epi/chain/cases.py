"""Cases as the chain wants them: identifiers, onset days, exposure windows, isolation, known sources.

Owns reading and checking line lists. Never guesses an onset unless told from which date.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from tongzhou.core.errors import InputError, list_offenders
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

ID = ("case_id", "id")
ONSET = ("date_onset", "onset")
EXPOSED_FROM = ("exposure_start", "date_exposure_start")
EXPOSED_UNTIL = ("exposure_end", "date_exposure_end")
INFECTION = ("date_infection",)
ISOLATION = ("date_isolation",)
INFECTOR = ("infector", "infector_id")
IMPORTED = ("is_imported", "imported")
NO_SOURCE = -1
IMPORT = -2
FOREVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class CaseTable:
    """Checked cases, N rows in the order given.

    ids : tuple of N str
    onset : int64, shape (N,) — days since 1970, or the caller's own day numbers
    exposed_from, exposed_until : int64, shape (N,) — first and last day of possible infection;
        `UNKNOWN_DAY` and `FOREVER` where open
    isolated_on : int64, shape (N,) — last day on which the case could infect, `FOREVER` where open
    source : int64, shape (N,) — row of the known infector, -1 unknown, -2 known to be imported
    has_dates : bool — days are calendar dates
    is_imputed : bool, shape (N,) — onset worked out from another date
    """

    ids: tuple[str, ...]
    onset: Days
    exposed_from: Days
    exposed_until: Days
    isolated_on: Days
    source: Days
    has_dates: bool
    is_imputed: npt.NDArray[np.bool_]

    @property
    def n(self) -> int:
        """Number of cases N."""
        return len(self.ids)

    @property
    def has_windows(self) -> bool:
        """Whether any exposure or isolation window bounds an infection."""
        bounded = (self.exposed_from != UNKNOWN_DAY) | (self.exposed_until != FOREVER)
        return bool((bounded | (self.isolated_on != FOREVER)).any())

    def rows_of(self, names: pl.Series) -> Days:
        """Return the rows of identifiers, int64, -1 where absent or null."""
        keys = pl.Series(self.ids, dtype=pl.String)
        rows = pl.Series(range(self.n), dtype=pl.Int64)
        return names.replace_strict(keys, rows, default=-1, return_dtype=pl.Int64).to_numpy().copy()

    def days(self, values: Days) -> pl.Series:
        """Return day numbers as dates, or as they are when the caller gave numbers."""
        column = pl.Series(np.asarray(values, dtype=np.int64))
        return column.cast(pl.Int32).cast(pl.Date) if self.has_dates else column


def read_cases(cases: object, *, onset_from: str | None = None) -> CaseTable:
    """Return checked cases from a line list.

    Parameters
    ----------
    cases : frame or mapping with ``case_id`` (or ``id``) and ``date_onset`` (or ``onset``, whole days); and
        optionally ``exposure_start, exposure_end`` or ``date_infection``, ``date_isolation``, ``infector``,
        ``is_imported``
    onset_from : str, optional — a column of dates that stands in for a missing onset, less the median delay
        between onset and it among cases that have both

    Raises
    ------
    InputError
        ``frame.column``, ``frame.dates``, ``chain.no_cases``, ``chain.case_id``, ``chain.onset``,
        ``chain.window``, ``chain.infector`` — with the rows
    """
    if isinstance(cases, CaseTable):
        return cases
    frame = as_frame(cases, "cases")
    ids = to_texts(find_column(frame, ID, "cases"))
    if not len(ids):
        raise InputError("chain.no_cases", "There are no cases.", "Give a row per case.")
    refuse_rows(ids.is_null().to_numpy(), "chain.case_id", "Cases have no case_id", "Number every case.")
    refuse_rows(ids.is_duplicated().to_numpy(), "chain.case_id", "A case_id stands twice", "Remove repeats.")
    column = find_column(frame, ONSET, "cases")
    onset, is_imputed = _read_onset(frame, column, onset_from)
    first, last = _read_window(frame)
    refuse_rows(
        first > np.minimum(last, onset),
        "chain.window",
        "Exposure starts after it ends, or after onset,",
        "Correct the window, or leave it empty.",
    )
    table = CaseTable(
        ids=tuple(ids.to_list()),
        onset=onset,
        exposed_from=first,
        exposed_until=last,
        isolated_on=_read_end(frame, ISOLATION),
        source=np.full(len(ids), NO_SOURCE, dtype=np.int64),
        has_dates=not column.dtype.is_numeric(),
        is_imputed=is_imputed,
    )
    return _with_sources(table, frame)


def _read_onset(
    frame: pl.DataFrame, column: pl.Series, onset_from: str | None
) -> tuple[Days, npt.NDArray[np.bool_]]:
    onset = to_days(column, "cases")
    missing = onset == UNKNOWN_DAY
    if onset_from is None or not missing.any():
        refuse_rows(
            missing,
            "chain.onset",
            f"{column.name} is missing",
            "Leave the cases out, or name another date by onset_from, as 'date_reporting'.",
        )
        return onset, missing
    other = to_days(find_column(frame, (onset_from,), "cases"), "cases")
    refuse_rows(
        missing & (other == UNKNOWN_DAY),
        "chain.onset",
        f"{column.name} and {onset_from} are missing",
        "Leave the cases out.",
    )
    both = ~missing & (other != UNKNOWN_DAY)
    if not both.any():
        raise InputError("chain.onset", f"No case has both {column.name} and {onset_from}.", "Give onsets.")
    delay = round(float(np.median(other[both] - onset[both])))
    return np.where(missing, other - delay, onset), missing


def _read_window(frame: pl.DataFrame) -> tuple[Days, Days]:
    low = get_column(frame, EXPOSED_FROM)
    first = np.full(frame.height, UNKNOWN_DAY) if low is None else to_days(low, "cases")
    last = _read_end(frame, EXPOSED_UNTIL)
    known = get_column(frame, INFECTION)
    if known is not None:
        exact = to_days(known, "cases")
        first = np.where(exact != UNKNOWN_DAY, exact, first)
        last = np.where(exact != UNKNOWN_DAY, exact, last)
    return first, last


def _read_end(frame: pl.DataFrame, names: tuple[str, ...]) -> Days:
    column = get_column(frame, names)
    if column is None:
        return np.full(frame.height, FOREVER)
    days = to_days(column, "cases")
    return np.where(days == UNKNOWN_DAY, FOREVER, days)


def _with_sources(table: CaseTable, frame: pl.DataFrame) -> CaseTable:
    named = get_column(frame, INFECTOR)
    if named is not None:
        names = to_texts(named)
        rows = table.rows_of(names)
        absent = names.filter(pl.Series((rows < 0) & names.is_not_null().to_numpy()))
        if len(absent):
            raise InputError(
                "chain.infector",
                f"Infectors are not among the cases: {list_offenders(absent.unique().sort().to_list())}.",
                "Add them as cases, or leave the infector empty.",
            )
        refuse_rows(
            rows == np.arange(table.n), "chain.infector", "Cases name themselves as infector", "Correct it."
        )
        table.source[:] = np.where(rows >= 0, rows, NO_SOURCE)
        refuse_rows(
            _in_circle(table.source), "chain.infector", "Infectors go round in a circle", "Correct one."
        )
    imported = get_column(frame, IMPORTED)
    if imported is not None:
        flag = imported.cast(pl.Boolean).fill_null(False).to_numpy()
        refuse_rows(
            flag & (table.source >= 0),
            "chain.infector",
            "Cases are imported and have an infector",
            "Keep one of the two.",
        )
        table.source[flag] = IMPORT
    return table


def _in_circle(source: Days) -> npt.NDArray[np.bool_]:
    """Which cases never reach a root; after log2(N) doublings every chain has ended."""
    up = np.append(np.where(source >= 0, source, source.size), source.size)
    for _ in range(int(source.size).bit_length()):
        up = up[up]
    return np.asarray(up[:-1] != source.size)
