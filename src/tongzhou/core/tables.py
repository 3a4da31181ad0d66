"""Typed schemas of the ledger's tables: columns, units, ranges, and which are personal.

Instants are int64 seconds since 1970 UTC in bulk tables: exact to the second and half as wide as
microseconds through every sweep.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ColumnType(StrEnum):
    """Storage types of ledger columns."""

    INT64 = "int64"
    INT32 = "int32"
    INT16 = "int16"
    FLOAT64 = "float64"
    TEXT = "text"
    WORD = "word"
    """Text of which there are few different ones, so that many rows are numbers into a list of words."""
    DAY = "day"
    INSTANT = "instant"
    """int64 seconds since 1970-01-01T00:00:00Z."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: name, type, meaning with unit, and whether a row may lack it."""

    name: str
    type: ColumnType
    meaning: str
    is_required: bool = True
    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableSchema:
    """One ledger table. ``day_of`` names the instant or day column whose local day partitions it."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    day_of: str
    person_column: str | None = None
    orderings: tuple[tuple[str, ...], ...] = ()
    ordered_pairs: tuple[tuple[str, str], ...] = ()
    """Pairs (from, until) where until must be later than from."""

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)
