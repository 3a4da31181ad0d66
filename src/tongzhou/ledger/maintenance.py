"""Takes rows out of the files for good: retention by day, erasure of a person; and merges small files.

Every function holds the ledger alone and rewrites files, so that what is gone is in no file of the folder.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

import duckdb
import polars as pl
import pyarrow.parquet as pq

from tongzhou.core.tables import TableSchema
from tongzhou.ledger.layout import FILE_ROWS, DataFile, write_file
from tongzhou.ledger.schemas import DAY, ORDERING
from tongzhou.ledger.store import TableStore


@dataclass(frozen=True, slots=True)
class ErasureReport:
    """What an erasure removed.

    n_rows : table -> rows of the person
    n_files : int — files rewritten
    """

    n_rows: dict[str, int] = field(default_factory=dict)
    n_files: int = 0


def drop_days(store: TableStore, before: date) -> int:
    """Delete the local days before `before`; return the number of rows that went."""
    files = store.snapshot().files.filter(pl.col(DAY) < before)
    first = store.schema.orderings[0][0]
    n_rows = int(files.filter(pl.col(ORDERING) == first)["n_rows"].sum())
    if files.height:
        store.replace(files["path"].to_list(), [], changes_rows=True)
    store.sweep_orphans()
    return n_rows


def erase_person(stores: Iterable[TableStore], withdrawals: TableStore, person: int) -> ErasureReport:
    """Rewrite every file that holds a row of `person` without it, and delete the old files."""
    report: dict[str, int] = {}
    n_files = 0
    for store in stores:
        column = store.schema.person_column
        if column is None:
            continue
        row_ids, files = _rows_of(store, f"{column} = {int(person)}", (column,))
        if files:
            n_files += _rewrite_without(store, files, pl.col(column) == person)
            report[store.schema.name] = len(row_ids)
            n_files += _forget_withdrawals(withdrawals, store.schema.name, row_ids)
        store.sweep_orphans()
    withdrawals.sweep_orphans()
    return ErasureReport(report, n_files)


def _forget_withdrawals(withdrawals: TableStore, table: str, row_ids: list[int]) -> int:
    listed = ", ".join(map(str, row_ids))
    _, files = _rows_of(withdrawals, f"of_table = '{table}' AND of_row IN ({listed})", ("of_table",))
    if not files:
        return 0
    return _rewrite_without(
        withdrawals, files, (pl.col("of_table") == table) & pl.col("of_row").is_in(row_ids)
    )


def _rows_of(store: TableStore, condition: str, leading: tuple[str, ...]) -> tuple[list[int], list[str]]:
    """Return the numbers of the rows that fit, and every file that holds one of them.

    The ordering led by the condition's column finds the days in few row groups; only the files of those days
    are searched in the other orderings.
    """
    live = store.snapshot().files
    names = [keys[0] for keys in store.schema.orderings]
    first = next((name for name in names if name in leading), names[0])
    found = _matches(live.filter(pl.col(ORDERING) == first)["path"].to_list(), condition)
    hit = live.filter(pl.col("path").is_in(found["filename"].unique().to_list()))
    days = hit[DAY].unique().to_list()
    others = live.filter((pl.col(ORDERING) != first) & pl.col(DAY).is_in(days))["path"].to_list()
    files = [*hit["path"].to_list(), *_matches(others, condition)["filename"].unique().to_list()]
    return found["row_id"].unique().to_list(), files


def _matches(files: list[str], condition: str) -> pl.DataFrame:
    if not files:
        return pl.DataFrame(schema={"row_id": pl.Int64, "filename": pl.String})
    with duckdb.connect(config={"memory_limit": "400MB"}) as database:
        source = "read_parquet(?, filename=true, hive_partitioning=false)"
        text = f"SELECT row_id, filename FROM {source} WHERE {condition}"  # noqa: S608
        return pl.DataFrame(pl.from_arrow(database.execute(text, [files]).to_arrow_table()))


def _rewrite_without(store: TableStore, files: list[str], condition: pl.Expr) -> int:
    live = {row["path"]: row for row in store.snapshot().files.iter_rows(named=True)}
    written: list[DataFile] = []
    for path in files:
        kept = pl.DataFrame(pl.from_arrow(pq.ParquetFile(path).read())).filter(~condition.fill_null(False))
        if kept.height:
            written.append(
                write_file(store.folder, store.schema, kept, (live[path][ORDERING], live[path][DAY]))
            )
    store.replace(files, written, changes_rows=True)
    return len(files)


def compact(store: TableStore) -> int:
    """Merge the files of each ordering and day into sorted full files; return the number of files gone.

    The merge sorts within DuckDB's memory limit and spills beyond it.
    """
    store.sweep_orphans()
    n_gone = 0
    for (ordering, day), files in store.snapshot().files.group_by(ORDERING, DAY, maintain_order=True):
        n_full = -(-int(files["n_rows"].sum()) // FILE_ROWS)
        if files.height > max(n_full, 1):
            paths = files["path"].to_list()
            written = _merged(store, paths, (str(ordering), day))
            store.replace(paths, written, changes_rows=False)
            n_gone += len(paths) - len(written)
    return n_gone


def _merged(store: TableStore, paths: list[str], part: tuple[str, date]) -> list[DataFile]:
    keys = next(keys for keys in store.schema.orderings if keys[0] == part[0])
    text = f"SELECT * FROM read_parquet(?, hive_partitioning=false) ORDER BY {', '.join(keys)}, row_id"  # noqa: S608
    with tempfile.TemporaryDirectory() as spill, duckdb.connect() as database:
        database.execute(f"SET memory_limit = '400MB'; SET temp_directory = '{spill}'")
        reader = database.execute(text, [paths]).to_arrow_reader(FILE_ROWS)
        return [write_file(store.folder, store.schema, _frame(batch, store.schema), part) for batch in reader]


def _frame(batch: object, schema: TableSchema) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(batch)).select(schema.names)
