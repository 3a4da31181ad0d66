"""Which policy pack is in force, and which one a case or order was decided by."""

from __future__ import annotations

import time
from functools import lru_cache

from django.conf import settings

from tongzhou.policy import Pack, load_pack
from tongzhou.server.cases.models import Case


def pack_in_force() -> Pack:
    """Return the pack that new cases are decided by."""
    return load_pack(settings.POLICY_PACK, extra_folders=settings.POLICY_FOLDERS)


def pack_named(name: str, version: str | None = None) -> Pack:
    """Return a pack by name and version, as stored with a record."""
    return _loaded(name, version, tuple(map(str, settings.POLICY_FOLDERS)), int(time.monotonic()))


@lru_cache(maxsize=64)
def _loaded(name: str, version: str | None, folders: tuple[str, ...], _second: int) -> Pack:
    """Return a pack without looking at its files more than once a second."""
    return load_pack(name, version, extra_folders=folders)


def pack_of(case: Case) -> Pack:
    """Return the pack a case was opened by."""
    return pack_named(case.pack, case.pack_version)
