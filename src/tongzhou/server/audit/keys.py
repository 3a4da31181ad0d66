"""The key of the chain: from the environment, else a file of the installation made on first use."""

from __future__ import annotations

import os
from functools import lru_cache

from django.conf import settings

from tongzhou.server.kernel.secrets import read_or_make_secret


@lru_cache(maxsize=1)
def chain_key() -> bytes:
    """Return the key that links events; whoever lacks it cannot forge a chain in the database alone."""
    path = settings.HOME / "keys" / "audit.key"
    return read_or_make_secret(path, os.environ.get("TONGZHOU_AUDIT_KEY", "")).encode()
