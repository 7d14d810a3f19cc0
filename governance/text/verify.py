"""The exact Jaccard similarity of candidate pairs, with only a bounded part of all sets in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from governance.text.native import Kernel

MEMORY = 1 << 28
"""Bytes of shingle sets that are held at once; more are compared block against block."""

_jaccard = Kernel("sets.jaccard")

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Sets:
    """Some shingle sets: set i is values[starts[i]:ends[i]], ascending."""

    values: npt.NDArray[np.uint32]
    starts: Indices
    ends: Indices


class SetSource(Protocol):
    """Where the shingle sets lie."""

    def load(self, documents: Indices) -> Sets:
        """The sets of these documents (ascending numbers), in that order."""
        ...


@dataclass(frozen=True)
class Edges:
    """Pairs at or above the threshold: a < b, each once, sorted by (a, b)."""

    a: Indices
    b: Indices
    jaccard: npt.NDArray[np.float64]

    @classmethod
    def of(cls, a: Indices, b: Indices, jaccard: npt.NDArray[np.float64]) -> Edges:
        """Edges from pairs in any order and direction, repeats dropped."""
        low, high = np.minimum(a, b).astype(np.int64), np.maximum(a, b).astype(np.int64)
        order = np.lexsort((high, low))
        low, high, jaccard = low[order], high[order], jaccard[order]
        fresh = np.ones(len(low), np.bool_)
        fresh[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
        return cls(low[fresh], high[fresh], jaccard[fresh])

    @classmethod
    def none(cls) -> Edges:
        """No edges."""
        return cls(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))

    @classmethod
    def together(cls, parts: Sequence[Edges]) -> Edges:
        """The edges of all parts."""
        every = [cls.none(), *parts]
        a, b = (np.concatenate([getattr(part, side) for part in every]) for side in ("a", "b"))
        return cls.of(a, b, np.concatenate([part.jaccard for part in every]))

    def __len__(self) -> int:
        return len(self.a)

    def where(self, chosen: npt.NDArray[np.bool_]) -> Edges:
        """The chosen ones of these edges."""
        return Edges(self.a[chosen], self.b[chosen], self.jaccard[chosen])


def distinct(values: Indices) -> Indices:
    """The different values, ascending; `np.unique` says the same, and loads numpy's masked arrays first (8 ms)."""
    ascending = np.sort(values)
    fresh = np.ones(len(ascending), np.bool_)
    fresh[1:] = ascending[1:] != ascending[:-1]
    return ascending[fresh]


def verify(
    left: npt.NDArray[np.uint32],
    right: npt.NDArray[np.uint32],
    sizes: npt.NDArray[np.int32],
    source: SetSource,
    threshold: float,
) -> Edges:
    """The pairs whose exact Jaccard similarity is at or above the threshold."""
    found = []
    for a, b, documents in _blocks(left, right, sizes):
        sets = source.load(documents)
        jaccard = np.empty(len(a))
        places = np.zeros(int(documents[-1]) + 1, np.int64)
        places[documents] = np.arange(len(documents))
        _jaccard(places[a], places[b], sets.values, sets.starts, sets.ends, threshold, jaccard)
        keep = jaccard >= threshold
        found.append(Edges(a[keep], b[keep], jaccard[keep]))
    return Edges.together(found)


def _blocks(
    left: npt.NDArray[np.uint32], right: npt.NDArray[np.uint32], sizes: npt.NDArray[np.int32]
) -> Iterator[tuple[Indices, Indices, Indices]]:
    """(a, b, the documents in them): all pairs, so cut that the sets of a part fit into memory."""
    a, b = left.astype(np.int64), right.astype(np.int64)
    used = np.zeros(len(sizes), np.bool_)
    used[a] = used[b] = True
    documents = np.flatnonzero(used)
    held = np.cumsum(sizes[documents].astype(np.int64) * 4)
    if not len(documents) or held[-1] <= MEMORY:
        if len(documents):
            yield a, b, documents
        return
    block = np.zeros(len(sizes), np.int64)
    block[documents] = held // (MEMORY // 2)
    pair_block = block[a] * (int(block.max()) + 1) + block[b]
    order = np.argsort(pair_block, kind="stable")
    cuts = np.flatnonzero(np.diff(pair_block[order])) + 1
    for part in np.split(order, cuts):
        yield a[part], b[part], distinct(np.concatenate([a[part], b[part]]))
