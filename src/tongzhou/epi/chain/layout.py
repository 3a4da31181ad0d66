"""Where to draw cases: days across, generations as lanes, edges of neighbouring lanes crossing little.

Owns positions. Chooses no tree and no colour. Units are those of the console's chain: days from the first
onset across, rows downward.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba as nb
import numpy as np
import numpy.typing as npt

from tongzhou.epi.chain.trees import generations_of

Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
LANE_GAP = 3
COLUMNS_PER_DAY = 4
DAY_WIDTH = 0.9
MIN_ROWS = 2
CROWDED, BUSY = 6, 2


@dataclass(frozen=True, slots=True)
class LayoutOptions:
    """How much work to spend.

    n_sweeps : int — passes that swap neighbours in a lane where that removes crossings
    """

    n_sweeps: int = 3


@dataclass(frozen=True, slots=True)
class ChainLayout:
    """Positions of N cases.

    x : float64, shape (N,), days after the first onset; cases of a crowded day stand beside each other
    y : float64, shape (N,), rows downward; a lane's cases share a band
    generation : int64, shape (N,) — steps from a root; the lane
    infector : int64, shape (N,) — row, -1 for none
    n_crossings : int — pairs of edges that cross, as straight lines
    """

    x: Floats
    y: Floats
    generation: Int64s
    infector: Int64s
    n_crossings: int


def layout_tree(onset: Int64s, tree: Int64s, options: LayoutOptions | None = None) -> ChainLayout:
    """Place the cases of a tree.

    Parameters
    ----------
    onset : int64, shape (N,), days
    tree : int64, shape (N,) — infectors by row, -1 for none

    Notes
    -----
    Only edges between the same two lanes can cross. Cases of one lane and day are ordered by where their
    infectors stand, then neighbours are swapped while that removes crossings. O(N log N + sweeps x edges x
    edges that overlap in time).

    References
    ----------
    Sugiyama, Tagawa & Toda 1981, IEEE Trans SMC 11:109 (barycentres, layer by layer); Gansner et al. 1993,
    IEEE Trans Softw Eng 19:214, section 3 (transpositions).
    """
    options = options or LayoutOptions()
    generation = generations_of(tree)
    x = (onset - onset.min()).astype(np.float64) if onset.size else np.zeros(0)
    y = np.zeros(onset.size)
    top = 0.0
    for lane in range(int(generation.max()) + 1 if generation.size else 0):
        rows = np.flatnonzero(generation == lane)
        top += _place_lane(rows, onset, tree, x, y, top) + LANE_GAP
    children = np.argsort(tree, kind="stable").astype(np.int64)
    starts = np.searchsorted(tree[children], np.arange(tree.size + 1)).astype(np.int64)
    lanes = _lane_edges(generation, tree, x)
    for _ in range(options.n_sweeps):
        if not _swap_neighbours(
            _neighbours(onset, generation, x, y), tree, children, starts, *lanes, generation, x, y
        ):
            break
    return ChainLayout(x, y, generation, tree, count_crossings(generation, tree, x, y))


def count_crossings(generation: Int64s, tree: Int64s, x: Floats, y: Floats) -> int:
    """Return how many pairs of edges of neighbouring lanes cross as straight lines."""
    offsets, edges = _lane_edges(generation, tree, x)
    return int(_count(offsets, edges, tree, x, y))


def _place_lane(rows: Int64s, onset: Int64s, tree: Int64s, x: Floats, y: Floats, top: float) -> float:
    """Place one lane from `top` down; return its height."""
    parent_y = np.where(tree[rows] >= 0, y[np.maximum(tree[rows], 0)], 0.0)
    parent_x = np.where(tree[rows] >= 0, x[np.maximum(tree[rows], 0)], 0.0)
    order = np.lexsort((rows, -parent_x, parent_y, onset[rows]))
    rows = rows[order]
    _, starts, sizes = np.unique(onset[rows], return_index=True, return_counts=True)
    most = int(sizes.max())
    n_columns = COLUMNS_PER_DAY if most > CROWDED else 2 if most > BUSY else 1
    height = max(-(-most // n_columns), MIN_ROWS)
    size = np.repeat(sizes, sizes)
    rank = np.arange(rows.size) - np.repeat(starts, sizes)
    per_column = -(-size // n_columns)
    used = -(-size // per_column)
    x[rows] += np.where(used > 1, (rank % used) / COLUMNS_PER_DAY * DAY_WIDTH, 0.0)
    y[rows] = top + (height - per_column) / 2 + rank // used + 0.5
    return float(height)


def _lane_edges(generation: Int64s, tree: Int64s, x: Floats) -> tuple[Int64s, Int64s]:
    """Edges by the lane of the infectee, then by where they start: offsets by lane, and infectees."""
    edges = np.flatnonzero(tree >= 0)
    edges = edges[np.lexsort((x[tree[edges]], generation[edges]))].astype(np.int64)
    n_lanes = int(generation.max()) + 1 if generation.size else 0
    offsets = np.searchsorted(generation[edges], np.arange(n_lanes + 1)).astype(np.int64)
    return offsets, edges


def _neighbours(onset: Int64s, generation: Int64s, x: Floats, y: Floats) -> Int64s:
    """Pairs of cases next to each other on one day of one lane, int64, shape (P, 2)."""
    order = np.lexsort((x, y, onset, generation))
    one, other = order[:-1], order[1:]
    together = (generation[one] == generation[other]) & (onset[one] == onset[other])
    return np.column_stack([one[together], other[together]]).astype(np.int64)


@nb.njit(cache=True, nogil=True)
def _crosses(tree: Int64s, x: Floats, y: Floats, e: int, f: int) -> bool:
    """Whether the edges into e and f cross inside; edges that share an end do not."""
    a, c = tree[e], tree[f]
    if a == c or e == f:
        return False
    d1 = (x[e] - x[a]) * (y[c] - y[a]) - (y[e] - y[a]) * (x[c] - x[a])
    d2 = (x[e] - x[a]) * (y[f] - y[a]) - (y[e] - y[a]) * (x[f] - x[a])
    if d1 * d2 >= 0:
        return False
    d3 = (x[f] - x[c]) * (y[a] - y[c]) - (y[f] - y[c]) * (x[a] - x[c])
    d4 = (x[f] - x[c]) * (y[e] - y[c]) - (y[f] - y[c]) * (x[e] - x[c])
    return d3 * d4 < 0


@nb.njit(cache=True, nogil=True)
def _count(offsets: Int64s, edges: Int64s, tree: Int64s, x: Floats, y: Floats) -> int:
    n = 0
    for lane in range(offsets.shape[0] - 1):
        for p in range(offsets[lane], offsets[lane + 1]):
            e = edges[p]
            for q in range(p + 1, offsets[lane + 1]):
                f = edges[q]
                if x[tree[f]] > max(x[e], x[tree[e]]):
                    break
                n += _crosses(tree, x, y, e, f)
    return n


@nb.njit(cache=True, nogil=True)
def _touching(
    case: int,
    tree: Int64s,
    children: Int64s,
    starts: Int64s,
    offsets: Int64s,
    edges: Int64s,
    generation: Int64s,
    x: Floats,
    y: Floats,
) -> int:
    """Crossings of all edges at one case."""
    n = 0
    if tree[case] >= 0:
        n += _of_edge(case, tree, offsets, edges, generation, x, y)
    for k in range(starts[case], starts[case + 1]):
        n += _of_edge(children[k], tree, offsets, edges, generation, x, y)
    return n


@nb.njit(cache=True, nogil=True)
def _of_edge(
    e: int, tree: Int64s, offsets: Int64s, edges: Int64s, generation: Int64s, x: Floats, y: Floats
) -> int:
    n = 0
    right = max(x[e], x[tree[e]]) + 1.0
    left = min(x[e], x[tree[e]])
    for p in range(offsets[generation[e]], offsets[generation[e] + 1]):
        f = edges[p]
        if x[tree[f]] > right:
            break
        if max(x[f], x[tree[f]]) >= left:
            n += _crosses(tree, x, y, e, f)
    return n


@nb.njit(cache=True, nogil=True)
def _swap_neighbours(
    pairs: Int64s,
    tree: Int64s,
    children: Int64s,
    starts: Int64s,
    offsets: Int64s,
    edges: Int64s,
    generation: Int64s,
    x: Floats,
    y: Floats,
) -> int:
    """Swap neighbours where crossings fall; return how many swaps were made."""
    n = 0
    for p in range(pairs.shape[0]):
        a, b = pairs[p]
        before = _touching(a, tree, children, starts, offsets, edges, generation, x, y)
        before += _touching(b, tree, children, starts, offsets, edges, generation, x, y)
        if before == 0:
            continue
        x[a], x[b] = x[b], x[a]
        y[a], y[b] = y[b], y[a]
        after = _touching(a, tree, children, starts, offsets, edges, generation, x, y)
        after += _touching(b, tree, children, starts, offsets, edges, generation, x, y)
        if after < before:
            n += 1
        else:
            x[a], x[b] = x[b], x[a]
            y[a], y[b] = y[b], y[a]
    return n
