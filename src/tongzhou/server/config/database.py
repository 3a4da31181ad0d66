"""Database settings: SQLite in the home folder by default, PostgreSQL by address."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tongzhou.core.errors import InputError


def database_settings(address: str, home: Path) -> dict[str, Any]:
    """Return Django's settings for a database address; empty means SQLite in `home`."""
    if not address:
        return sqlite_settings(home / "tongzhou.sqlite3")
    parts = urlsplit(address)
    if parts.scheme == "sqlite":
        return sqlite_settings(Path(unquote(parts.path)))
    if parts.scheme in {"postgres", "postgresql"}:
        return postgresql_settings(address)
    raise InputError(
        "settings.bad_database",
        f"The scheme {parts.scheme!r} of TONGZHOU_DATABASE_URL is not known.",
        "Use postgresql://user:password@host:5432/name or sqlite:///path.",
    )


def sqlite_settings(path: Path) -> dict[str, Any]:
    """Return settings for SQLite: WAL, writers take the lock at once, so none fails half-way."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;"
                "PRAGMA mmap_size=67108864; PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=ON;"
            ),
        },
    }


def postgresql_settings(address: str) -> dict[str, Any]:
    """Return settings for PostgreSQL 15 or later."""
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", None) or parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": query,
    }
