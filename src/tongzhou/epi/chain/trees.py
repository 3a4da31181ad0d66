"""Trees of transmission: the most probable one, and random ones in proportion to their probability.

Owns sampling and what follows from a tree: generations and roots. A tree is an array of infectors by row, -1
for a source outside.
"""

from __future__ import annotations

import numba as nb
import numpy as np
import numpy.typing as npt

from tongzhou.epi.chain.inference import Candidates

Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
MAX_STEPS = 1_000


def best_tree(candidates: Candidates) -> Int64s:
    """Return the most probable infector of each case, -1 where a source outside is more likely than not, shape (N,).

    Notes
    -----
    Circles arise only when onsets may be equal or reversed. Each one is opened at the case whose next best source
    outside the circle loses the least (one step of Edmonds 1967; greedy where circles share cases).
    """
    out = np.full(candidates.unobserved.size, -1, dtype=np.int64)
    _choose_best(candidates.offsets, candidates.infector, candidates.probability, candidates.unobserved, out)
    return out


def draw_trees(candidates: Candidates, n_trees: int, rng: np.random.Generator) -> Int64s:
    """Return random trees, int64, shape (B, N), each with probability proportional to the product of its edges.

    References
    ----------
    Wilson 1996, Proc 28th ACM STOC, 296 (loop-erased random walks towards the root; here: the outside).
    """
    trees = np.full((n_trees, candidates.unobserved.size), -1, dtype=np.int64)
    cumulative = np.cumsum(candidates.probability)
    arguments = (candidates.offsets, candidates.infector, cumulative, candidates.unobserved)
    _walk(*arguments, rng.integers(0, 2**31 - 1, n_trees), trees)
    return trees


def generations_of(tree: Int64s) -> Int64s:
    """Return the number of steps from a root, int64, shape (N,) or (B, N) as `tree`.

    Examples
    --------
    >>> generations_of(np.array([-1, 0, 1, 0])).tolist()
    [0, 1, 2, 1]
    """
    trees = np.atleast_2d(tree)
    out = np.zeros_like(trees)
    _count_steps(trees, out)
    return out.reshape(tree.shape)


def roots_of(tree: Int64s) -> Int64s:
    """Return the root of each case's tree, int64, shape (N,)."""
    up = np.where(tree >= 0, tree, np.arange(tree.size))
    while True:
        further = up[up]
        if (further == up).all():
            return up
        up = further


def offspring_of(trees: Int64s) -> Int64s:
    """Return how many cases each case infected, int64, shape as `trees`."""
    rows = np.atleast_2d(trees)
    out = np.zeros_like(rows)
    for b, tree in enumerate(rows):
        out[b] = np.bincount(tree[tree >= 0], minlength=tree.size)
    return out.reshape(trees.shape)


@nb.njit(cache=True, nogil=True)
def _walk(
    offsets: Int64s, infector: Int64s, cumulative: Floats, unobserved: Floats, seeds: Int64s, trees: Int64s
) -> None:
    n = unobserved.shape[0]
    for b in range(trees.shape[0]):
        np.random.seed(seeds[b])
        inside = np.zeros(n, dtype=np.bool_)
        tree = trees[b]
        for start in range(n):
            at = start
            steps = 0
            while at >= 0 and not inside[at]:
                tree[at] = _draw_source(offsets, infector, cumulative, unobserved, at)
                steps += 1
                if steps > MAX_STEPS * n:
                    tree[at] = -1
                at = tree[at]
            at = start
            while at >= 0 and not inside[at]:
                inside[at] = True
                at = tree[at]


@nb.njit(cache=True, nogil=True)
def _draw_source(offsets: Int64s, infector: Int64s, cumulative: Floats, unobserved: Floats, at: int) -> int:
    first, stop = offsets[at], offsets[at + 1]
    if first == stop:
        return -1
    before = cumulative[first - 1] if first > 0 else 0.0
    listed = cumulative[stop - 1] - before
    u = np.random.random() * (listed + unobserved[at])
    if u >= listed:
        return -1
    low, high = first, stop - 1
    while low < high:
        middle = (low + high) // 2
        if cumulative[middle] - before > u:
            high = middle
        else:
            low = middle + 1
    return infector[low]


@nb.njit(cache=True, nogil=True)
def _count_steps(trees: Int64s, out: Int64s) -> None:
    n = trees.shape[1]
    for b in range(trees.shape[0]):
        done = np.zeros(n, dtype=np.bool_)
        path = np.zeros(n, dtype=np.int64)
        for start in range(n):
            length, at = 0, start
            while at >= 0 and not done[at]:
                path[length] = at
                length += 1
                at = trees[b, at]
            step = out[b, at] + 1 if at >= 0 else 0
            for k in range(length - 1, -1, -1):
                out[b, path[k]] = step
                done[path[k]] = True
                step += 1


@nb.njit(cache=True, nogil=True)
def _choose_best(
    offsets: Int64s, infector: Int64s, probability: Floats, unobserved: Floats, tree: Int64s
) -> None:
    n = unobserved.shape[0]
    for j in range(n):
        if unobserved[j] <= 0.5:
            most = 0.0
            for k in range(offsets[j], offsets[j + 1]):
                if probability[k] > most:
                    most, tree[j] = probability[k], infector[k]
    done = np.zeros(n, dtype=np.bool_)
    stamp = np.full(n, -1, dtype=np.int64)
    for start in range(n):
        at = start
        while at >= 0 and not done[at]:
            if stamp[at] == start:
                _open_circle(offsets, infector, probability, unobserved, tree, at)
                stamp[:] = np.where(stamp == start, -1, stamp)
                at = start
                continue
            stamp[at] = start
            at = tree[at]
        at = start
        while at >= 0 and not done[at]:
            done[at] = True
            at = tree[at]


@nb.njit(cache=True, nogil=True)
def _open_circle(
    offsets: Int64s, infector: Int64s, probability: Floats, unobserved: Floats, tree: Int64s, member: int
) -> None:
    chosen, source, least = member, -1, np.inf
    at = member
    while True:
        now = 1.0
        other, value = -1, max(unobserved[at], 1e-300)
        for k in range(offsets[at], offsets[at + 1]):
            if infector[k] == tree[at]:
                now = probability[k]
            elif probability[k] > value and not _leads_to(tree, infector[k], member):
                other, value = infector[k], probability[k]
        loss = np.log(max(now, 1e-300)) - np.log(value)
        if loss < least:
            chosen, source, least = at, other, loss
        at = tree[at]
        if at == member:
            break
    tree[chosen] = source


@nb.njit(cache=True, nogil=True)
def _leads_to(tree: Int64s, start: int, member: int) -> bool:
    """Whether the way up from `start` ends in the circle of `member` (or in any circle)."""
    at, steps = start, 0
    while at >= 0 and at != member and steps <= tree.shape[0]:
        at = tree[at]
        steps += 1
    return at >= 0
