"""A published number carries its method, interval and the digest of what it was computed from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a result came from: method, its options, and a digest of its inputs."""

    method: str
    options: Mapping[str, object] = field(default_factory=dict)
    inputs_digest: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval.

    value : float — point estimate; unit as the producing function says
    low, high : float — bounds of the central interval at `level`
    level : float in (0, 1)
    inputs_digest : str — of what it was computed from, where no result around it carries that
    """

    value: float
    low: float
    high: float
    level: float
    method: str
    inputs_digest: str = ""


def digest_arrays(*arrays: npt.ArrayLike) -> str:
    """Return the SHA-256 of shapes, types and bytes of arrays, in order, as 64 hex digits.

    >>> digest_arrays([1, 2])[:8] == digest_arrays([1, 2])[:8]
    True
    """
    seal = hashlib.sha256()
    for item in arrays:
        array = np.ascontiguousarray(item)
        seal.update(f"{array.dtype.str}{array.shape}".encode())
        seal.update(array.tobytes())
    return seal.hexdigest()
