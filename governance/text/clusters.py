"""Which documents stay: the star contract.

Documents are taken in order of priority. One without an edge to a document that stays, stays; every other one is
removed in favour of the staying document it is nearest to. So each removed document has a kept one at or above the
threshold, and similarity never drifts along a chain of edges (a chain of 0.8s reached 50,000 unrelated books in one
cluster of a tool that joined components).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit, types

from governance.text.compiled import compiled
from governance.text.tokens import I64, I64_READ
from governance.text.verify import Edges, Indices

_F64 = types.Array(types.float64, 1, "C")
_F64_READ = types.Array(types.float64, 1, "C", readonly=True)


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


@compiled(types.void, I64_READ, I64_READ, I64_READ, I64_READ, _F64_READ, I64, _F64)
def _star(order: Any, rank: Any, starts: Any, others: Any, similarity: Any, keeper: Any, score: Any) -> None:
    for node in order:
        best = -1
        for i in range(starts[node], starts[node + 1]):
            other = others[i]
            if keeper[other] != other:
                continue
            nearer = best < 0 or similarity[i] > score[node]
            if nearer or (similarity[i] == score[node] and rank[other] < rank[best]):
                best = other
                score[node] = similarity[i]
        keeper[node] = node if best < 0 else best


@njit
def _root(parents: Any, node: int) -> int:
    while parents[node] != node:
        parents[node] = parents[parents[node]]
        node = parents[node]
    return node


@compiled(types.void, I64_READ, I64_READ, I64)
def _join(a: Any, b: Any, parents: Any) -> None:
    for i in range(len(a)):
        left, right = _root(parents, a[i]), _root(parents, b[i])
        parents[max(left, right)] = min(left, right)
    for i in range(len(parents)):
        parents[i] = _root(parents, i)
