"""Pure decisions about results."""

from __future__ import annotations

import hashlib


def result_key(laboratory: str, sample: str, sampled: str, outcome: str, who: str) -> str:
    """Return what makes a result the same result when it is sent again."""
    return hashlib.sha256(f"{laboratory}|{sample}|{sampled}|{outcome}|{who}".encode()).hexdigest()
