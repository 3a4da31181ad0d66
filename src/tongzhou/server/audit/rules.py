"""How a link of the chain is computed: pure functions of plain values."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

GENESIS = "0" * 64
ERASE_ACTION = "audit.erase"


def digest_content(salt: str, content: Mapping[str, Any]) -> str:
    """Return the salted digest of an event's content; without the salt it cannot be guessed back."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(f"{salt}|{canonical}".encode()).hexdigest()


def seal_head(key: bytes, seq: int, digest: str) -> str:
    """Return the keyed digest of the last link, without which a cut tail could pass for the whole chain."""
    return hmac.new(key, f"head|{seq}|{digest}".encode(), hashlib.sha256).hexdigest()


def link(key: bytes, previous_digest: str, seq: int, at: datetime, content_digest: str) -> str:
    """Return the keyed digest that binds an event to the one before it."""
    instant = at.astimezone(UTC).isoformat(timespec="microseconds")
    message = f"{previous_digest}|{seq}|{instant}|{content_digest}".encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()
