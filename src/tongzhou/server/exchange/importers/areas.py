"""Another area tree from CSV."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tongzhou.core.errors import InputError
from tongzhou.interop.columns import ROW, Field, map_columns
from tongzhou.server.access.queries import require
from tongzhou.server.access.rules import Permission
from tongzhou.server.areas.actions import load_area_file
from tongzhou.server.exchange.importers.base import Batch, FileRole, Importer, Reading, Tables, Written

FILE = "areas"
FIELDS = (Field("code"), Field("level"))


def read(tables: Tables, overrides: Mapping[str, str]) -> Reading:
    """Check that the file is a table of areas."""
    table = tables[FILE]
    if overrides:
        raise InputError(
            "columns.bad_override", "This kind takes no --map.", "Rename the columns of the file."
        )
    mapping = map_columns(table.columns, FIELDS)
    rows = frozenset(table.read_all()[ROW].to_list())
    return Reading((Path(str(table.source)), rows), {}, {FILE: mapping.pairs})


def write(reading: Reading, batch: Batch) -> Written:
    """Load the tree; a code already there gets its names and figures anew."""
    path, rows = reading.content
    require(batch.actor, Permission.IMPORT_RUN, "")
    n = len(rows) if batch.is_trial else load_area_file(path)
    return Written({FILE: rows}, {"areas": n})


AREAS = Importer("areas", "区划树", "Area tree", (FileRole(FILE),), read, write, is_public=True)
