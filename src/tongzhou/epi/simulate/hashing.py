# mypy: disable-error-code="no-untyped-def"
"""Counter-based randomness: a draw is a function of the seed and of what it is drawn for, never of order.

Owns the mixing functions that the kernels share. Never keeps state between calls: whoever draws for the same
person, day and purpose gets the same number, on any number of threads.

References
----------
Steele, Lea, Flood (2014), Fast splittable pseudorandom number generators, OOPSLA (the SplitMix64 finaliser).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

INNER: dict[str, Any] = {
    "cache": True,
    "nogil": True,
    "forceinline": True,
    "_nrt": False,
    "error_model": "numpy",
}
"""How functions inside the hot kernels are compiled: inlined, and without counting references to arrays, which
costs two locked instructions an array and call. Such kernels allocate nothing; their callers hold the arrays."""
OUTER: dict[str, Any] = {"cache": True, "nogil": True, "_nrt": False, "error_model": "numpy"}
"""How the hot kernels themselves are compiled."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_A = np.uint64(0xBF58476D1CE4E5B9)
_B = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_S32, _LOW, _HALF = np.uint64(32), np.uint64(0xFFFFFFFF), 1.0 / 4294967296.0
_UNIT = 1.0 / 9007199254740992.0


@njit(**INNER)
def mix(x: np.uint64) -> np.uint64:
    """Scramble 64 bits (SplitMix64 finaliser)."""
    x = (x ^ (x >> _S30)) * _A
    x = (x ^ (x >> _S27)) * _B
    return x ^ (x >> _S31)


@njit(**INNER)
def key_of(seed: np.uint64, first: int, second: int) -> np.uint64:
    """Return the start of the stream of draws for one purpose (`second`) of one subject (`first`)."""
    return mix(mix(seed + np.uint64(first) * _GOLDEN) + np.uint64(second) * _A)


@njit(**INNER)
def advance(state: np.uint64) -> np.uint64:
    """Return the next state of a stream."""
    return state + _GOLDEN


@njit(**INNER)
def unit(state: np.uint64) -> float:
    """Return the uniform number in [0, 1) of a state."""
    return float(mix(state) >> _S11) * _UNIT


@njit(**INNER)
def below(state: np.uint64, n: int) -> int:
    """Return a whole number in 0..n-1 (bias below 2**-32 for n < 2**31)."""
    return int(unit(state) * n)


@njit(**INNER)
def jump(state: np.uint64, n: int) -> np.uint64:
    """Return the state `n` draws ahead."""
    return state + np.uint64(n) * _GOLDEN


@njit(**INNER)
def two_units(state: np.uint64) -> tuple[float, float]:
    """Return two uniform numbers in [0, 1) of one state, 32 bits each."""
    bits = mix(state)
    return float(bits >> _S32) * _HALF, float(bits & _LOW) * _HALF
