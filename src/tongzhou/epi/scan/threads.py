"""Runs compiled work that lets go of the interpreter lock on all cores.

Owns nothing but the pool. Plain threads, since a compiled parallel loop must not be entered from two threads of a
server at once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


def count_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_all(function: Callable[[Job], Result], jobs: Sequence[Job]) -> list[Result]:
    """Return ``[function(job) for job in jobs]``, computed side by side, in the order of `jobs`."""
    n_threads = min(count_cores(), len(jobs))
    if n_threads <= 1:
        return [function(job) for job in jobs]
    with ThreadPoolExecutor(n_threads) as pool:
        return list(pool.map(function, jobs))
