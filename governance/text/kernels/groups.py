"""Kernels that say which documents belong together and who of them stays."""

from __future__ import annotations

from typing import Any

from numba import njit, types

from governance.text.compiled import compiled
from governance.text.kernels.kinds import F64, F64_READ, I64, I64_READ, U64_READ


@compiled(types.void, I64_READ, I64_READ, I64_READ, I64_READ, F64_READ, I64, F64)
def star(order: Any, rank: Any, starts: Any, others: Any, similarity: Any, keeper: Any, score: Any) -> None:
    """Writes the keeper of each node, taken in `order`, and the similarity to it; see `clusters.py`."""
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
def join(a: Any, b: Any, parents: Any) -> None:
    """Writes the smallest member of the component of each node."""
    for i in range(len(a)):
        left, right = _root(parents, a[i]), _root(parents, b[i])
        parents[max(left, right)] = min(left, right)
    for i in range(len(parents)):
        parents[i] = _root(parents, i)


@compiled(types.void, I64_READ, U64_READ, U64_READ, I64_READ, I64)
def lowest(order: Any, first: Any, second: Any, rank: Any, out: Any) -> None:
    """Writes the member of the lowest rank of each group; `order` sorts by the first half of the hash."""
    start = 0
    for i in range(len(order)):
        if first[order[i]] != first[order[start]]:
            start = i
        if i + 1 < len(order) and first[order[i + 1]] == first[order[i]]:
            continue
        for j in range(start, i + 1):
            out[order[j]] = -1
        for j in range(start, i + 1):  # one round, but for halves of a hash that agree by chance
            if out[order[j]] >= 0:
                continue
            best = order[j]
            for k in range(j, i + 1):
                if second[order[k]] == second[best] and rank[order[k]] < rank[best]:
                    best = order[k]
            for k in range(j, i + 1):
                if second[order[k]] == second[best]:
                    out[order[k]] = best
