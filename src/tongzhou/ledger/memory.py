"""Gives memory that nothing uses back to the system. The large arrays of a search or an ingest would else stay."""

from __future__ import annotations

import ctypes

import pyarrow as pa

_TRIM = getattr(ctypes.CDLL(None), "malloc_trim", None)
"""Of the GNU C library, which keeps freed arrays of up to 32 MB in the arena of each thread; absent elsewhere."""


def give_back() -> None:
    """Let Arrow's pool and the C library's arenas return their free pages."""
    pa.default_memory_pool().release_unused()
    if _TRIM is not None:
        _TRIM(0)
