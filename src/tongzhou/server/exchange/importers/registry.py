"""The kinds of import, by name."""

from __future__ import annotations

from tongzhou.core.errors import InputError
from tongzhou.server.exchange.importers.base import Importer
from tongzhou.server.exchange.importers.city_daily import CITY_DAILY
from tongzhou.server.exchange.importers.same_trip import SAME_TRIP

IMPORTERS = {importer.kind: importer for importer in (CITY_DAILY, SAME_TRIP)}


def importer_of(kind: str) -> Importer:
    """Return the importer of a kind; raises InputError ``import.unknown_kind`` with the known ones."""
    if kind not in IMPORTERS:
        raise InputError(
            "import.unknown_kind", f"No import is called {kind!r}.", f"Kinds: {', '.join(IMPORTERS)}."
        )
    return IMPORTERS[kind]
