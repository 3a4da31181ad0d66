"""Counts of a small outbreak, imported as a user would."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tongzhou.core.access import system_actor
from tongzhou.server.exchange.actions import run_import
from tongzhou.server.exchange.models import ImportRun

HEADER = "province,city,prov_confirmed,prov_cured,city_confirmed,city_cured,update_time\n"
NOON = """广东省,深圳,12,1,7,1,2022-07-11 16:00:00
广东省,广州,12,1,5,0,2022-07-11 16:00:00
"""
EVENING = """广东省,深圳,15,2,9,2,2022-07-12 09:00:00
广东省,广州,15,2,6,0,2022-07-12 09:00:00
"""
Importing = Callable[..., ImportRun]


@pytest.fixture
def import_text(tmp_path: Path) -> Importing:
    """Import a text as a file of a kind."""

    def run(kind: str, text: str, name: str = "file.csv", **options: object) -> ImportRun:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return run_import(system_actor("test"), kind, [path], **options)[0]

    return run


@pytest.fixture
def counts(areas: None, now: object, import_text: Importing) -> ImportRun:
    """Two snapshots: noon and the end of 11 July 2022."""
    return import_text("city-daily", HEADER + NOON + EVENING)
