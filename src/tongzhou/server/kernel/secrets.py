"""Secrets that an installation makes for itself on first use, readable by its owner alone."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def make_token() -> str:
    """Return a fresh random token of 384 bits."""
    return secrets.token_urlsafe(48)


def read_or_make_secret(path: Path, given: str = "", make: Callable[[], str] = make_token) -> str:
    """Return `given`, else the secret in `path`, else a new one written there with mode 0600.

    The file appears whole or not at all, and of two processes that start together one wins.
    """
    if given:
        return given
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(make())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").strip()
