"""What every importer says of itself, and what it hands to the run: a reading first, then what was written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from django.db.models.functions import Length

from tongzhou.core.access import Actor
from tongzhou.core.errors import InputError, list_offenders
from tongzhou.interop.area_names import AreaNames
from tongzhou.interop.columns import Field, map_columns
from tongzhou.interop.reports import Finding
from tongzhou.interop.tabular import TableSource
from tongzhou.server.areas.models import Area
from tongzhou.server.areas.queries import code_lengths


@dataclass(frozen=True, slots=True)
class FileRole:
    """One table of a delivery, recognised by its columns. Without `fields`, any table will do."""

    name: str
    fields: tuple[Field, ...] = ()
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """What a delivery says, before anything is written.

    content : what the importer's `write` takes; rejected : role -> frame (row, column, value, reason)
    mapping : role -> field -> column
    """

    content: Any
    rejected: dict[str, pl.DataFrame]
    mapping: dict[str, dict[str, str]]
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """What was written.

    changed : role -> rows of the file that wrote something new
    records : kind of record -> how many were written (or would be, in a trial)
    """

    changed: dict[str, frozenset[int]]
    records: dict[str, int]
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """Who writes, under which name, and whether it is only tried."""

    actor: Actor
    batch_id: str
    is_trial: bool
    area_code: str = ""


Tables = Mapping[str, TableSource]


@dataclass(frozen=True, slots=True)
class Importer:
    """A kind of import."""

    kind: str
    title_zh: str
    title_en: str
    roles: tuple[FileRole, ...]
    read: Callable[[Tables, Mapping[str, str]], Reading]
    write: Callable[[Reading, Batch], Written]
    accepts: str = field(default="")
    is_public: bool = False
    """The rows hold nothing personal: the account of an import may repeat their values."""


def national_names() -> AreaNames:
    """Return the names of the three levels at the top of the tree in use: provinces, cities and counties."""
    areas = Area.objects.annotate(n=Length("code")).filter(n__in=code_lengths()[:3])
    return AreaNames(list(areas.values_list("name_zh", "code")))


def assign_roles(importer: Importer, tables: Sequence[TableSource]) -> dict[str, TableSource]:
    """Tell which file is which table of a delivery by its columns.

    Raises
    ------
    InputError : ``import.unknown_table`` — a file fits no table that is still free; ``import.missing_table``
    """
    assigned: dict[str, TableSource] = {}
    for table in tables:
        role = next((r for r in importer.roles if r.name not in assigned and _fits(r, table)), None)
        if role is None:
            raise InputError(
                "import.unknown_table",
                f"The columns of {table.name} fit no table of {importer.kind}: {list_offenders(table.columns)}.",
                " ".join(
                    f"{r.name}: {', '.join(f.name for f in r.fields if f.is_required)}."
                    for r in importer.roles
                ),
            )
        assigned[role.name] = table
    missing = [r.name for r in importer.roles if r.is_required and r.name not in assigned]
    if missing:
        raise InputError(
            "import.missing_table",
            f"{importer.kind} needs a file for: {', '.join(missing)}.",
            f"Give all files of one delivery together: {', '.join(r.name for r in importer.roles)}.",
        )
    return assigned


def _fits(role: FileRole, table: TableSource) -> bool:
    try:
        map_columns(table.columns, role.fields)
    except InputError:
        return False
    return True
