"""Public notices of trips that carried a case."""

from __future__ import annotations

from collections.abc import Mapping

from tongzhou.interop.same_trip import read_same_trip
from tongzhou.server.exchange.importers.base import Batch, FileRole, Importer, Reading, Tables, Written
from tongzhou.server.movement.notices import record_notices

FILE = "notices"


def read(tables: Tables, overrides: Mapping[str, str]) -> Reading:
    """Read one list of notices in either known layout."""
    table = tables[FILE]
    found = read_same_trip(table, overrides, origin=table.name.split(".")[0])
    return Reading(found.notices, {FILE: found.rejected}, {FILE: found.mapping}, found.findings)


def write(reading: Reading, batch: Batch) -> Written:
    """Keep the notices."""
    receipt = record_notices(batch.actor, reading.content, batch.area_code, is_trial=batch.is_trial)
    return Written({FILE: receipt.new_rows}, {"notices": receipt.n_written})


SAME_TRIP = Importer(
    "same-trip", "同程公告", "Notices of shared trips", (FileRole(FILE),), read, write, is_public=True
)
