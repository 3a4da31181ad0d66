"""Clusters: cases joined by probable transmission. Owns components; never names them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from tongzhou.core.errors import InputError
from tongzhou.epi.chain.inference import Candidates

Int64s = npt.NDArray[np.int64]


def find_clusters(candidates: Candidates, threshold: float = 0.5) -> Int64s:
    """Return the cluster of each case, int64, shape (N,), numbered from 1 by size, largest first.

    Parameters
    ----------
    threshold : float in (0, 1] — two cases are joined when one infected the other with at least this probability

    Raises
    ------
    InputError
        ``chain.threshold``
    """
    if not 0 < threshold <= 1:
        raise InputError(
            "chain.threshold", f"The threshold is {threshold}.", "Give a probability above 0, at most 1."
        )
    n = candidates.unobserved.size
    kept = candidates.probability >= threshold
    one, other = candidates.infector[kept], candidates.infectee[kept]
    graph = coo_array((np.ones(one.size, dtype=np.int8), (one, other)), shape=(n, n))
    _, label = connected_components(graph, directed=False)
    first = np.full(label.max() + 1, n)
    np.minimum.at(first, label, np.arange(n))
    sizes = np.bincount(label)
    order = np.lexsort((first, -sizes))
    number = np.empty(sizes.size, dtype=np.int64)
    number[order] = np.arange(1, sizes.size + 1)
    return number[label]
