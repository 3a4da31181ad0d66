"""Arrays that a run uses again every day, so that its days take no memory. Owns them; never what they hold."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


class Scratch:
    """Arrays by name, grown by doubling.

    Memory comes from the machine only where an array is written, so that room for the worst case costs nothing.
    """

    def __init__(self) -> None:
        self._arrays: dict[tuple[str, int], Array] = {}

    def take(self, name: str, worker: int, n: int, dtype: Any) -> Array:
        """Return an array of `n` entries of any value; it stays until the same worker takes the same name again."""
        held = self._arrays.get((name, worker))
        if held is None or len(held) < n:
            held = self._arrays[name, worker] = np.empty(
                max(n, 2 * len(held) if held is not None else 0), dtype
            )
        return held[:n]
