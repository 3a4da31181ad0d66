"""AES-256-GCM for personal fields, and the blind index for exact search."""

from __future__ import annotations

import base64
import hmac
import os
import unicodedata
from binascii import b2a_base64
from collections.abc import Sequence
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tongzhou.core.errors import TongzhouError
from tongzhou.server.vault.keys import key_ring


class CannotDecrypt(TongzhouError):
    """A stored field was altered, moved to another column, or its key is missing."""

    def __init__(self, label: str) -> None:
        super().__init__(
            "vault.cannot_decrypt",
            f"A value of {label} cannot be decrypted.",
            "Check that the key ring holds every key that was ever used.",
        )


def encrypt(text: str, label: str) -> str:
    """Return ``number:base64(nonce + ciphertext)``; `label` binds the value to its column."""
    ring = key_ring()
    nonce = os.urandom(12)
    sealed = _cipher(ring.data_keys[ring.current]).encrypt(nonce, text.encode(), label.encode())
    return f"{ring.current}:{base64.b64encode(nonce + sealed).decode()}"


def encrypt_many(texts: Sequence[str], label: str) -> list[str]:
    """Return what `encrypt` does for each of many values of one column; an empty value stays empty."""
    ring = key_ring()
    seal, bound = _cipher(ring.data_keys[ring.current]).encrypt, label.encode()
    nonces = os.urandom(12 * len(texts))
    stored = []
    for i, text in enumerate(texts):
        nonce = nonces[12 * i : 12 * i + 12]
        body = b2a_base64(nonce + seal(nonce, text.encode(), bound), newline=False) if text else b""
        stored.append(f"{ring.current}:{body.decode()}" if text else "")
    return stored


@lru_cache(maxsize=16)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


def decrypt(stored: str, label: str) -> str:
    """Return the text of a stored value; raises CannotDecrypt."""
    number, _, body = stored.partition(":")
    try:
        raw = base64.b64decode(body)
        key = key_ring().data_keys[int(number)]
        return _cipher(key).decrypt(raw[:12], raw[12:], label.encode()).decode()
    except (InvalidTag, KeyError, ValueError):
        raise CannotDecrypt(label) from None


def normalise(text: str) -> str:
    """Fold width, case and spaces, so that one value has one index."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return "".join(text.upper().split())


def blind_index(text: str, label: str) -> str:
    """Return 32 hex digits that find equal values without revealing them; empty for empty text."""
    folded = normalise(text)
    if not folded:
        return ""
    message = f"{label}|{folded}".encode()
    return hmac.digest(key_ring().index_key, message, "sha256").hex()[:32]
