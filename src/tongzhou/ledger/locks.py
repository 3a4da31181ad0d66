"""Locks between processes that share a ledger folder. The kernel drops them when a process dies.

Appends and reads share the folder; maintenance (erasure, retention, compaction) has it alone.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def _locked(path: Path, kind: int) -> Iterator[int]:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, kind)
        yield file
    finally:
        os.close(file)


@contextmanager
def shared(root: Path) -> Iterator[None]:
    """Hold the ledger together with other readers and appenders."""
    with _locked(root / "_locks" / "ledger", fcntl.LOCK_SH):
        yield


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Hold the ledger alone: nobody reads or appends meanwhile."""
    with _locked(root / "_locks" / "ledger", fcntl.LOCK_EX):
        yield


@contextmanager
def creation(root: Path) -> Iterator[None]:
    """Let one process at a time create a table."""
    with _locked(root / "_locks" / "creation", fcntl.LOCK_EX):
        yield


@contextmanager
def one_batch(root: Path, table: str, batch_id: str) -> Iterator[None]:
    """Let one process at a time append one batch."""
    digest = hashlib.sha256(f"{table}\0{batch_id}".encode()).hexdigest()
    with _locked(root / "_locks" / f"batch-{digest[:3]}", fcntl.LOCK_EX):
        yield


def reserve_row_ids(root: Path, n_rows: int) -> int:
    """Take `n_rows` consecutive row numbers that nobody else will ever get; return the first.

    Numbers are durable before they are used, so that a crash leaves a gap and never a double.
    """
    with _locked(root / "_locks" / "next_row_id", fcntl.LOCK_EX) as file:
        text = os.pread(file, 32, 0).decode().strip()
        first = int(text) if text else 1
        os.pwrite(file, f"{first + n_rows:<31}\n".encode(), 0)
        os.fsync(file)
        return first
