"""The ledger: append, select, sweep, withdraw, retain, erase. One folder, one object."""

from __future__ import annotations

import calendar
import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Self, TypeVar
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa

from tongzhou.core.errors import InputError, NotVisible, list_offenders
from tongzhou.core.time import SHANGHAI, require_aware
from tongzhou.ledger import locks, maintenance
from tongzhou.ledger.engines import Engine, start_engine
from tongzhou.ledger.ingest import AppendReport, Rows, append_batches
from tongzhou.ledger.schemas import TABLES, WITHDRAWALS, schema_of
from tongzhou.ledger.selections import (
    Int64s,
    Selection,
    Spans,
    check_selected,
    choose_ordering,
    live_files,
    parts_by_day,
    sorted_numbers,
)
from tongzhou.ledger.store import TableStore

T = TypeVar("T")
Numbers = Iterable[int] | Int64s | Spans
SPLIT_KEYS = 2
"""From so many keys on, each day is asked only for the keys that matter on it."""


def open_ledger(root: Path, engine: str = "local", *, zone: ZoneInfo = SHANGHAI, **options: object) -> Ledger:
    """Open the ledger in a folder; an empty or absent folder becomes an empty ledger.

    Parameters
    ----------
    root : Path
    engine : str — ``local`` or ``dask`` (extra ``cluster``)
    zone : ZoneInfo — whose local days partition the tables; keep it for the life of the folder
    options : of the engine, e.g. ``memory_limit="400MB"``

    Raises
    ------
    InputError — ``ledger.unknown_engine``
    MissingExtra — the engine's packages are not installed
    """
    return Ledger(Path(root).absolute(), start_engine(engine, **options), zone)


class Ledger:
    """Facts in bulk in one folder. Safe for several processes and threads."""

    def __init__(self, root: Path, engine: Engine, zone: ZoneInfo) -> None:
        self.root, self.engine, self.zone = root, engine, zone
        self._stores = {name: TableStore(root, schema) for name, schema in TABLES.items()}
        self._withdrawn: tuple[int, pl.DataFrame] | None = None

    def append(self, table: str, rows: Rows, *, batch_id: str, recorded_at: datetime) -> AppendReport:
        """Append rows that fit the table's schema; return the others with reasons.

        Parameters
        ----------
        rows : frame or Arrow table — all columns of the schema but ``row_id`` and ``recorded_s``
        batch_id : str — the same batch twice changes nothing; one name for one set of rows, no personal words
        recorded_at : datetime — aware; when the system learned the facts

        Raises
        ------
        InputError — ``ledger.bad_columns``, ``ledger.unknown_table``, ``time.naive``
        Conflict — ``ledger.not_committed``; nothing stored, append again

        Notes
        -----
        One Delta Lake commit makes all orderings visible at once; a process killed before it leaves only
        files that no reader sees and the next maintenance deletes.
        """
        return self.append_stream(table, [rows], batch_id=batch_id, recorded_at=recorded_at)

    def append_stream(
        self, table: str, batches: Iterable[Rows], *, batch_id: str, recorded_at: datetime
    ) -> AppendReport:
        """Append batches that need not fit in memory together, as one batch with one commit. See `append`."""
        if not batch_id.strip():
            raise InputError("ledger.no_batch_id", "A batch needs a name.", "Give a stable batch_id.")
        return append_batches(
            self._store(table), batches, batch_id=batch_id, recorded_at=recorded_at, zone=self.zone
        )

    def has_batch(self, table: str, batch_id: str) -> bool:
        """Tell whether a batch is in the ledger."""
        return self._store(table).has_batch(batch_id)

    def select(
        self,
        table: str,
        *,
        persons: Numbers | None = None,
        places: Numbers | None = None,
        vehicles: Sequence[str] | None = None,
        row_ids: Numbers | None = None,
        from_s: int | None = None,
        until_s: int | None = None,
        columns: Sequence[str] | None = None,
        as_of: datetime | None = None,
    ) -> pl.DataFrame:
        """Return the standing rows that fit every given condition, ordered by ``row_id`` when it is selected.

        Parameters
        ----------
        persons, places, row_ids : int64 numbers; with `Spans`, rows outside the time of their key may be left out
        vehicles : flight, train or plate numbers
        from_s, until_s : int, seconds since 1970 UTC — the row's time overlaps [from_s, until_s)
        columns : names; all by default
        as_of : datetime — what the ledger knew at that instant; rows withdrawn later still stand

        Raises
        ------
        InputError — ``ledger.unknown_column``
        """
        keys = {"person": persons, "place": places, "row_id": row_ids}
        with locks.shared(self.root):
            plan = self._plan(table, keys, (from_s, until_s), columns, vehicles=vehicles, as_of=as_of)
            found = self.engine.collect(self._parts(plan, keys))
        return found.sort("row_id") if "row_id" in found.columns else found

    def sweep(
        self,
        table: str,
        function: Callable[[pa.RecordBatch], T],
        *,
        persons: Numbers | None = None,
        places: Numbers | None = None,
        from_s: int | None = None,
        until_s: int | None = None,
        columns: Sequence[str] | None = None,
    ) -> list[T]:
        """Apply `function` to the standing rows in batches, in bounded memory; return its results.

        The size and order of batches are the engine's, and so are the threads: `function` must not depend on
        them, and must pickle for the ``dask`` engine.
        """
        keys = {"person": persons, "place": places}
        with locks.shared(self.root):
            plan = self._plan(table, keys, (from_s, until_s), columns)
            return self.engine.sweep(self._parts(plan, keys), function)

    def withdraw(
        self,
        table: str,
        row_ids: Iterable[int],
        *,
        reason: str,
        source: str,
        recorded_at: datetime,
        replaced_by: Sequence[int] | None = None,
    ) -> AppendReport:
        """Say that rows no longer stand. They leave every selection and sweep, and stay in `history`.

        Parameters
        ----------
        reason : str — why, without personal words
        source : str — who says so (form, interview, feed)
        replaced_by : rows that stand instead, one for each of `row_ids`

        Raises
        ------
        NotVisible — ``ledger.no_such_row``
        """
        numbers = [int(number) for number in row_ids]
        digest = hashlib.sha256(f"{table}\0{reason}\0{sorted(numbers)}".encode()).hexdigest()
        batch_id = f"withdraw-{digest}"
        if not self.has_batch(WITHDRAWALS.name, batch_id):
            self._require_rows(table, numbers)
        instant_s = calendar.timegm(require_aware(recorded_at, "recorded_at").utctimetuple())
        rows = pl.DataFrame(
            {
                "of_row": numbers,
                "replaced_by": list(replaced_by) if replaced_by is not None else [None] * len(numbers),
            },
            schema={"of_row": pl.Int64, "replaced_by": pl.Int64},
        ).with_columns(
            of_table=pl.lit(table), reason=pl.lit(reason), withdrawn_s=instant_s, source=pl.lit(source)
        )
        return self.append(WITHDRAWALS.name, rows, batch_id=batch_id, recorded_at=recorded_at)

    def history(
        self,
        table: str,
        *,
        persons: Numbers | None = None,
        places: Numbers | None = None,
        row_ids: Numbers | None = None,
    ) -> pl.DataFrame:
        """Return rows that stand and rows that were withdrawn.

        Returns
        -------
        frame — the table's columns; ``withdrawn_s``, ``reason``, ``replaced_by``: null while it stands
        """
        keys = {"person": persons, "place": places, "row_id": row_ids}
        with locks.shared(self.root):
            plan = self._plan(table, keys, with_withdrawn=True)
            rows = self.engine.collect([plan])
            gone = self._withdrawals().filter(pl.col("of_table") == table)
        gone = gone.sort("withdrawn_s").unique("of_row", keep="first").drop("of_table")
        return rows.join(gone, left_on="row_id", right_on="of_row", how="left").sort("row_id")

    def drop_days(self, table: str, before: date) -> int:
        """Delete the local days before `before` for good; return the number of rows that went."""
        with locks.alone(self.root):
            return maintenance.drop_days(self._store(table), before)

    def erase_person(self, person: int) -> maintenance.ErasureReport:
        """Delete every row of a person from every table and every file. Safe to run again."""
        with locks.alone(self.root):
            others = [store for store in self._stores.values() if store.schema is not WITHDRAWALS]
            return maintenance.erase_person(others, self._stores[WITHDRAWALS.name], person)

    def compact(self, table: str) -> int:
        """Merge small files and delete those of killed processes; return the number of files gone."""
        with locks.alone(self.root):
            return maintenance.compact(self._store(table))

    def n_rows(self, table: str) -> int:
        """Return the number of rows of a table, withdrawn ones included."""
        files = self._store(table).snapshot().files
        return int(files.filter(pl.col("ordered_by") == schema_of(table).orderings[0][0])["n_rows"].sum())

    def close(self) -> None:
        """Free what the engine holds."""
        self.engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _store(self, table: str) -> TableStore:
        return self._stores[schema_of(table).name]

    def _plan(
        self,
        table: str,
        keys: dict[str, Numbers | None],
        bounds: tuple[int | None, int | None] = (None, None),
        columns: Sequence[str] | None = None,
        *,
        vehicles: Sequence[str] | None = None,
        as_of: datetime | None = None,
        with_withdrawn: bool = False,
    ) -> Selection:
        schema = schema_of(table)
        numbers = {name: _keys(values) for name, values in keys.items() if values is not None}
        texts = {"vehicle": tuple(vehicles)} if vehicles is not None else {}
        known_s = None if as_of is None else calendar.timegm(require_aware(as_of, "as_of").utctimetuple())
        selection = Selection(
            schema=schema,
            files=(),
            ordering=choose_ordering(schema, [*numbers, *texts]),
            columns=check_selected(schema, columns, [*numbers, *texts]),
            numbers=numbers,
            texts=texts,
            from_s=bounds[0],
            until_s=bounds[1],
            without_rows=None if with_withdrawn else self._withdrawn_rows(table, known_s),
            recorded_until_s=known_s,
            zone=self.zone,
        )
        return selection.part(live_files(self._store(table).snapshot(), selection))

    def _parts(self, plan: Selection, keys: dict[str, Numbers | None]) -> list[Selection]:
        """Return the selection itself, or its parts by day when spans of many keys allow it."""
        for column, values in keys.items():
            if isinstance(values, Spans) and len(values.keys) >= SPLIT_KEYS:
                return parts_by_day(self._store(plan.schema.name).snapshot(), plan, column, values) or [
                    plan.part([])
                ]
        return [plan]

    def _withdrawn_rows(self, table: str, known_s: int | None) -> Int64s | None:
        if table == WITHDRAWALS.name:
            return None
        gone = self._withdrawals().filter(pl.col("of_table") == table)
        if known_s is not None:
            gone = gone.filter(pl.col("withdrawn_s") <= known_s)
        return sorted_numbers(gone["of_row"].to_numpy()) if gone.height else None

    def _withdrawals(self) -> pl.DataFrame:
        """Return all withdrawals, from memory while their table is unchanged."""
        snapshot = self._store(WITHDRAWALS.name).snapshot()
        if self._withdrawn is None or self._withdrawn[0] != snapshot.version:
            columns = ("of_table", "of_row", "withdrawn_s", "reason", "replaced_by")
            plan = self._plan(WITHDRAWALS.name, {}, columns=columns)
            self._withdrawn = (snapshot.version, self.engine.collect([plan]))
        return self._withdrawn[1]

    def _require_rows(self, table: str, numbers: list[int]) -> None:
        found = set(self.select(table, row_ids=numbers, columns=["row_id"])["row_id"].to_list())
        absent = [number for number in numbers if number not in found]
        if absent:
            raise NotVisible(
                "ledger.no_such_row",
                f"Table {table} has no standing row {list_offenders(absent)}.",
                "Select the rows again; they may have been withdrawn or erased.",
            )


def _keys(values: Numbers) -> Int64s:
    return sorted_numbers(values.keys if isinstance(values, Spans) else values)
