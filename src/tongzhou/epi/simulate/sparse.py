"""Arrays by person that stay almost empty: memory is taken in small pages, and only where somebody writes.

Owns allocation and copying. Large pages, which NumPy asks for by default, would take 2 MB for one person.
"""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

_BLOCK = 1 << 16


def zeros(n: int, dtype: Any) -> Array:
    """Return `n` zeros that take memory when first written."""
    n_bytes = n * np.dtype(dtype).itemsize
    if n_bytes < 1 << 22:
        return np.zeros(n, dtype)
    region = mmap.mmap(-1, n_bytes)
    if hasattr(mmap, "MADV_NOHUGEPAGE"):
        region.madvise(mmap.MADV_NOHUGEPAGE)
    return np.frombuffer(region, dtype)


def copy(array: Array) -> Array:
    """Return a copy that takes memory only where `array` holds something."""
    twin = zeros(len(array), array.dtype)
    for k in range(0, len(array), _BLOCK):
        part = array[k : k + _BLOCK]
        if part.any():
            twin[k : k + _BLOCK] = part
    return twin
