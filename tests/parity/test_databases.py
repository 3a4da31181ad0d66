"""SQLite and PostgreSQL agree: the same flow leaves the same records and figures on both."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.embedded_postgres import start_postgres

SCRIPT = Path(__file__).with_name("flow_script.py")


@pytest.fixture
def address() -> Iterator[str]:
    """Return the address of a new database on the embedded PostgreSQL."""
    server, name = start_postgres(), f"parity_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield server.replace("@/postgres", f"@/{name}")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def told(home: Path, address: str) -> dict[str, Any]:
    """Run the flow in a process of its own; what it left behind."""
    home.mkdir()
    environment = {**os.environ, "TONGZHOU_DATABASE_URL": address, "PYTHONPATH": str(SCRIPT.parents[2])}
    words = [sys.executable, "-W", "ignore", str(SCRIPT), str(home)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.postgres
def test_the_main_flow_leaves_the_same_on_both_databases(tmp_path: Path, address: str) -> None:
    small, large = told(tmp_path / "sqlite", ""), told(tmp_path / "postgresql", address)
    assert (small.pop("vendor"), large.pop("vendor")) == ("sqlite", "postgresql")
    assert small["is_intact"]
    assert len(small["orders"]) >= 4
    for part, found in small.items():
        assert large[part] == found, part
