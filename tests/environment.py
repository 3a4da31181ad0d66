"""Every test runs on a home folder of its own, with a database that is SQLite unless told otherwise.

``TONGZHOU_TEST_DATABASE=postgresql`` runs the same suite on an embedded PostgreSQL. Loaded as a plug-in (``-p`` in
pyproject.toml): the settings are read before any conftest.py is.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

# No test fails by the clock of a busy machine; in CI the same examples are tried each time.
settings.register_profile("tongzhou", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("tongzhou")

_home = Path(tempfile.mkdtemp(prefix="tongzhou-test-"))
(_home / "static").mkdir()
os.environ["TONGZHOU_HOME"] = str(_home)
for _name in ("TONGZHOU_DATABASE_URL", "TONGZHOU_PRODUCTION", "TONGZHOU_REQUIRE_SECOND_FACTOR"):
    os.environ.pop(_name, None)

if os.environ.get("TONGZHOU_TEST_DATABASE") == "postgresql":
    from tests.embedded_postgres import start_postgres

    os.environ["TONGZHOU_DATABASE_URL"] = start_postgres()


@pytest.fixture(scope="session", autouse=True)
def key_ring_of_the_suite() -> None:
    """Read the key ring once, from the suite's home: no test with a home of its own leaves its ring to others."""
    from tongzhou.server.vault import keys

    keys.key_ring()
