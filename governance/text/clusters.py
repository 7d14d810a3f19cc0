"""Which documents stay: the star contract.

Documents are taken in order of priority. One without an edge to a document that stays, stays; every other one is
removed in favour of the staying document it is nearest to. So each removed document has a kept one at or above the
threshold, and similarity never drifts along a chain of edges (a chain of 0.8s reached 50,000 unrelated books in one
cluster of a tool that joined components).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from governance.text.native import Kernel
from governance.text.verify import Edges, Indices

_star = Kernel("groups.star")
_join = Kernel("groups.join")


def star(n: int, rank: Indices, edges: Edges) -> tuple[Indices, npt.NDArray[np.float64]]:
    """((n,) the representative of each node, itself where it stays; (n,) similarity to it, 1 where it stays).

    Args:
        rank: (n,) a permutation; lower is kept rather than higher. Ties of similarity go to the lower rank too.
    """
    starts, others, similarity = neighbours(n, edges)
    keeper, score = np.full(n, -1, np.int64), np.ones(n)
    _star(np.argsort(rank), rank, starts, others, similarity, keeper, score)
    return keeper, score


def neighbours(n: int, edges: Edges) -> tuple[Indices, Indices, npt.NDArray[np.float64]]:
    """(starts, others, jaccard): node i has the neighbours others[starts[i]:starts[i + 1]], ascending."""
    source = np.concatenate([edges.a, edges.b])
    other = np.concatenate([edges.b, edges.a])
    order = np.lexsort((other, source))
    starts = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(source, minlength=n), out=starts[1:])
    return starts, other[order], np.concatenate([edges.jaccard, edges.jaccard])[order]


def components(n: int, a: Indices, b: Indices) -> Indices:
    """(n,) the smallest member of the component each node lies in."""
    parents = np.arange(n)
    _join(a.astype(np.int64), b.astype(np.int64), parents)
    return parents
