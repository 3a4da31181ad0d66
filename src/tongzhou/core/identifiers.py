"""Identifiers: sortable record identifiers and the check digit of the Chinese identity document."""

from __future__ import annotations

import uuid
from datetime import datetime

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"


def new_record_id(now: datetime, entropy: bytes) -> uuid.UUID:
    """Return a UUID version 7 (RFC 9562): milliseconds of `now`, then ten random bytes.

    Parameters
    ----------
    now : datetime — aware instant
    entropy : bytes, length 10 — from the caller's source of randomness
    """
    ms = int(now.timestamp() * 1000)
    raw = bytearray(ms.to_bytes(6, "big") + entropy[:10])
    raw[6] = (raw[6] & 0x0F) | 0x70
    raw[8] = (raw[8] & 0x3F) | 0x80
    return uuid.UUID(bytes=bytes(raw))


def document_check_digit(first_17: str) -> str:
    """Return the last character of a Chinese identity number (GB 11643-1999).

    >>> document_check_digit("11010519491231002")
    'X'
    """
    return _CHECK[sum(int(d) * w for d, w in zip(first_17, _WEIGHTS, strict=True)) % 11]


def is_valid_document(number: str) -> bool:
    """Tell whether an 18-character Chinese identity number carries its right check digit.

    >>> is_valid_document("11010519491231002X")
    True
    """
    return (
        len(number) == 18
        and number[:17].isdigit()
        and number[:17].isascii()
        and number[17].upper() == document_check_digit(number[:17])
    )
