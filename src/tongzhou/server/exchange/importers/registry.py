"""The kinds of import, by name."""

from __future__ import annotations

from tongzhou.core.errors import InputError
from tongzhou.server.exchange.importers.areas import AREAS
from tongzhou.server.exchange.importers.base import Importer
from tongzhou.server.exchange.importers.case_details import CASE_DETAILS
from tongzhou.server.exchange.importers.city_daily import CITY_DAILY
from tongzhou.server.exchange.importers.planning import CAPACITIES, TRAVEL
from tongzhou.server.exchange.importers.routes import ROUTES
from tongzhou.server.exchange.importers.same_trip import SAME_TRIP
from tongzhou.server.exchange.importers.tracks import TRACKS

RESULTS = "results"
"""The one kind that is streamed: see `exchange.actions`."""
IMPORTERS = {
    importer.kind: importer
    for importer in (CITY_DAILY, CASE_DETAILS, SAME_TRIP, TRACKS, ROUTES, AREAS, CAPACITIES, TRAVEL)
}


def importer_of(kind: str) -> Importer:
    """Return the importer of a kind; raises InputError ``import.unknown_kind`` with the known ones."""
    if kind not in IMPORTERS:
        message = f"No import is called {kind!r}."
        raise InputError("import.unknown_kind", message, f"Kinds: {', '.join((*IMPORTERS, RESULTS))}.")
    return IMPORTERS[kind]
