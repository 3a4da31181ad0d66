"""The national area tree, and imports of real files."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.shared_data import shared
from tongzhou.core.access import system_actor
from tongzhou.server.areas.actions import NATIONAL, load_areas
from tongzhou.server.areas.queries import code_lengths
from tongzhou.server.exchange.actions import ImportOptions, run_import
from tongzhou.server.exchange.models import ImportRun

Importing = Callable[..., ImportRun]


@pytest.fixture
def national(db: None) -> None:
    """Provinces, cities and counties."""
    with NATIONAL.open(encoding="utf-8", newline="") as file:
        load_areas(list(csv.DictReader(file)))
    code_lengths.cache_clear()


@pytest.fixture(autouse=True)
def folders(settings: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Keep ledger, uploads and rejects of each test apart."""
    settings.HOME = tmp_path / "home"
    settings.LEDGER_ROOT = tmp_path / "ledger"


@pytest.fixture
def import_real(national: None) -> Importing:
    """Import files of the shared data sets; skip when they are absent."""

    def run(kind: str, *names: str, **options: object) -> ImportRun:
        paths = [shared(f"data/{name}.csv.gz") for name in names]
        return run_import(system_actor("test"), kind, paths, ImportOptions(**options))[0]

    return run


@pytest.fixture
def import_bytes(national: None, tmp_path: Path) -> Importing:
    """Import bytes as a file."""

    def run(kind: str, content: bytes | str, name: str = "file.csv", **options: object) -> ImportRun:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return run_import(system_actor("test"), kind, [path], ImportOptions(**options))[0]

    return run
