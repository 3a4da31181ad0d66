"""Sliding windows over days, 1-based and inclusive as in R.

Owns the choice and the sums of windows. Knows nothing of epidemics.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tongzhou.core.errors import InputError

Positions = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
WindowChoice = int | tuple[npt.ArrayLike, npt.ArrayLike] | list[npt.ArrayLike]


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows [start, end], 1-based, both ends inside; int64, shape (W,)."""

    start: Positions
    end: Positions

    def total(self, values: Floats) -> Floats:
        """Return sums of `values`, shape (S, T), over the windows: shape (S, W)."""
        result = np.empty((values.shape[0], self.start.size))
        lengths = self.end - self.start + 1
        for length in np.unique(lengths):
            here = lengths == length
            sums = np.lib.stride_tricks.sliding_window_view(values, int(length), axis=1).sum(axis=2)
            result[:, here] = sums[:, self.start[here] - 1]
        return result


def choose_windows(window: WindowChoice, n_times: int, *, first: int = 2) -> Windows:
    """Return sliding windows of a length in days starting on day `first`, or the given (starts, ends).

    Raises
    ------
    InputError
        ``windows.length`` or ``windows.bounds`` — with the days allowed

    >>> choose_windows(7, 10).start
    array([2, 3, 4])
    """
    if isinstance(window, tuple | list):
        return _check_windows(np.asarray(window[0]), np.asarray(window[1]), n_times, first)
    is_number = isinstance(window, int | float | np.integer | np.floating) and np.isfinite(window)
    length = int(window) if is_number else 0
    if length != window or length < 1 or length > n_times - first + 1:
        raise InputError(
            "windows.length",
            f"A window of {window} days does not fit {n_times} days from day {first} on.",
            f"Use a whole number from 1 to {n_times - first + 1}, or a longer series.",
        )
    start = np.arange(first, n_times - length + 2, dtype=np.int64)
    return Windows(start, start + length - 1)


def _check_windows(
    start: npt.NDArray[np.generic], end: npt.NDArray[np.generic], n: int, first: int
) -> Windows:
    starts, ends = start.astype(np.int64), end.astype(np.int64)
    is_right = starts.shape == ends.shape and starts.ndim == 1 and starts.size > 0
    if not is_right or (starts < first).any() or (ends > n).any() or (starts > ends).any():
        raise InputError(
            "windows.bounds",
            f"Windows must be two equally long lists of days from {first} to {n} with start <= end.",
            "Check the lists of starts and ends.",
        )
    return Windows(starts, ends)
