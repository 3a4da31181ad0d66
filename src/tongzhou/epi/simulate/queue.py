"""The queue of future contacts: chains of blocks by worker, day and shard, in memory taken once.

Owns allocation and balance; `simulate.kernels` fills and empties it. Pages of memory are taken by the machine
only when first written, so the capacity costs nothing until used.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tongzhou.epi.simulate.kernels import BLOCK, RESERVE, add_contact

Array = np.ndarray[Any, np.dtype[Any]]


class ContactQueue:
    """Chains of contacts for `n_workers` writers, `n_slots` days ahead and `n_shards` shards."""

    def __init__(self, n_workers: int, n_slots: int, n_shards: int, capacity: int) -> None:
        open_chains = n_workers * n_slots * n_shards
        per_worker = max(4 * RESERVE, capacity // BLOCK // n_workers + open_chains)
        n_blocks = per_worker * n_workers
        self.events = np.empty(n_blocks * BLOCK, np.int64)
        self.next_block = np.empty(n_blocks, np.int32)
        self.chains = np.zeros((n_workers, n_slots, n_shards, 2), np.int64)
        self.chains[..., 0] = -1
        self.free = np.empty((n_workers, n_blocks), np.int32)
        self.n_free = np.zeros(n_workers, np.int64)
        self.bump = np.arange(n_workers, dtype=np.int64) * per_worker
        self.bump_end = self.bump + per_worker

    @property
    def arrays(self) -> tuple[Array, ...]:
        """The arrays in the order the kernels take them."""
        return (
            self.events, self.next_block, self.chains, self.free, self.n_free, self.bump, self.bump_end,
        )  # fmt: skip

    @property
    def count(self) -> Array:
        """Contacts in each chain, int64, shape (workers, slots, shards)."""
        return np.asarray(self.chains[..., 1])

    @property
    def n_waiting(self) -> int:
        """Number of contacts in the queue."""
        return int(self.count.sum())

    def add(self, contacts: Array, shards: Array, slot: int) -> None:
        """Append contacts of one day."""
        for contact, shard in zip(contacts.tolist(), shards.tolist(), strict=True):
            add_contact(contact, slot, shard, 0, self.arrays)

    def balance(self, n_needed: int) -> None:
        """Share free blocks between workers so that each has `n_needed`, taking more memory where they are short."""
        fresh = self.bump_end - self.bump
        available = self.n_free + fresh
        if available.min() >= n_needed:
            return
        n_workers = len(available)
        if available.sum() < n_needed * n_workers:
            self._grow(2 * n_needed * n_workers)
            fresh = self.bump_end - self.bump
        pieces = [self.free[w, : self.n_free[w]] for w in range(n_workers)]
        pieces += [np.arange(self.bump[w], self.bump_end[w], dtype=np.int32) for w in range(n_workers)]
        everything = np.concatenate(pieces)
        self.bump[:] = self.bump_end
        for w, part in enumerate(np.array_split(everything, n_workers)):
            self.free[w, : len(part)] = part
            self.n_free[w] = len(part)

    def _grow(self, n_blocks: int) -> None:
        """Add blocks; existing contacts keep their places."""
        old, n_workers = len(self.next_block), len(self.n_free)
        self.balance_into_free()
        self.events = np.concatenate([self.events, np.empty(n_blocks * BLOCK, np.int64)])
        self.next_block = np.concatenate([self.next_block, np.empty(n_blocks, np.int32)])
        free = np.empty((n_workers, old + n_blocks), np.int32)
        for w in range(n_workers):
            free[w, : self.n_free[w]] = self.free[w, : self.n_free[w]]
        self.free = free
        edges = old + np.arange(n_workers + 1) * n_blocks // n_workers
        self.bump, self.bump_end = edges[:-1].astype(np.int64), edges[1:].astype(np.int64)

    def balance_into_free(self) -> None:
        """Turn blocks never used into free ones, so that a new range may follow them."""
        for w in range(len(self.n_free)):
            fresh = np.arange(self.bump[w], self.bump_end[w], dtype=np.int32)
            self.free[w, self.n_free[w] : self.n_free[w] + len(fresh)] = fresh
            self.n_free[w] += len(fresh)
        self.bump[:] = self.bump_end

    def copy(self) -> ContactQueue:
        """Return an independent copy."""
        twin = object.__new__(ContactQueue)
        for name, value in vars(self).items():
            setattr(twin, name, value.copy())
        return twin
