"""Small tables of numbers given to a command: every cell that is none is named before anything runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tongzhou.core.errors import InputError, list_offenders

if TYPE_CHECKING:
    import polars as pl


def read_csv(path: Path, needed: Sequence[str], numbers: Sequence[str]) -> pl.DataFrame:
    """Read a CSV as text, with some columns as numbers; an empty cell is null.

    needed : columns that must be there; numbers : columns that hold numbers of at least 0, where they are there

    Raises
    ------
    InputError
        ``figures.bad_columns``, ``figures.no_rows``, ``figures.bad_number``
    """
    import polars as pl
    from polars.exceptions import PolarsError

    try:
        table = pl.read_csv(path, infer_schema=False)
    except PolarsError as error:
        raise InputError(
            "figures.bad_table", f"{path.name} is no table.", f"Give a CSV with {', '.join(needed)}."
        ) from error
    missing = [name for name in needed if name not in table.columns]
    if missing:
        raise InputError(
            "figures.bad_columns", f"{path.name} lacks {', '.join(missing)}.", f"Give {', '.join(needed)}."
        )
    if table.is_empty():
        raise InputError("figures.no_rows", f"{path.name} holds no row.", "Give at least one.")
    table = table.with_columns(pl.all().str.strip_chars().replace("", None))
    known = [name for name in numbers if name in table.columns]
    typed = table.with_columns(pl.col(known).str.replace_all(",", "").cast(pl.Float64, strict=False))
    bad = [
        f"{name} {table[name][row]!r} in row {row + 2}"
        for name in known
        for row in range(len(table))
        if table[name][row] is not None and not (typed[name][row] is not None and typed[name][row] >= 0)
    ]
    if bad:
        raise InputError(
            "figures.bad_number", f"{path.name}: {list_offenders(bad)}.", "Give numbers of at least 0."
        )
    return typed
