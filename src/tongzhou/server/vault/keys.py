"""The key ring: data keys by number (the highest encrypts), and the key of the blind index.

Read from ``TONGZHOU_VAULT_KEYS`` (JSON) or from ``keys/vault.json`` of the home folder, which is made on
first use with mode 0600. Losing it means losing every personal field: back it up apart from the database.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from tongzhou.core.errors import InputError
from tongzhou.server.kernel.secrets import read_or_make_secret


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Data keys (32 bytes each) by number, and the blind-index key."""

    data_keys: dict[int, bytes]
    index_key: bytes

    @property
    def current(self) -> int:
        """Number of the key that encrypts."""
        return max(self.data_keys)


def new_key_ring_text() -> str:
    """Return a fresh key ring as JSON text."""
    return _dump({1: secrets.token_bytes(32)}, secrets.token_bytes(32))


def rotated_text(ring: KeyRing) -> str:
    """Return the ring with one new data key added; old keys stay until every field is rewritten."""
    return _dump({**ring.data_keys, ring.current + 1: secrets.token_bytes(32)}, ring.index_key)


def _dump(data_keys: dict[int, bytes], index_key: bytes) -> str:
    encode = lambda raw: base64.b64encode(raw).decode()  # noqa: E731
    return json.dumps({"data": {str(n): encode(k) for n, k in data_keys.items()}, "index": encode(index_key)})


def parse_key_ring(text: str) -> KeyRing:
    """Read a key ring; raises InputError (``vault.bad_keys``) without printing any of it."""
    try:
        raw = json.loads(text)
        ring = KeyRing(
            {int(number): base64.b64decode(key) for number, key in raw["data"].items()},
            base64.b64decode(raw["index"]),
        )
        if any(len(key) != 32 for key in [*ring.data_keys.values(), ring.index_key]):
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(
            "vault.bad_keys",
            "The vault's key ring cannot be read.",
            "Restore keys/vault.json (or TONGZHOU_VAULT_KEYS) from its backup.",
        ) from None
    return ring


def key_file() -> Path:
    """Return where the ring stands when the environment does not give it."""
    return Path(settings.HOME) / "keys" / "vault.json"


@lru_cache(maxsize=1)
def key_ring() -> KeyRing:
    """Return the installation's key ring."""
    given = os.environ.get("TONGZHOU_VAULT_KEYS", "")
    return parse_key_ring(read_or_make_secret(key_file(), given, make=new_key_ring_text))
