"""Comparing all pairs of texts, quickly and without any index that could miss one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from governance.demo.overlap import shingles


def highest_jaccard(texts: Sequence[str]) -> float:
    """The largest Jaccard of word 5-grams over all pairs, by one sparse product of membership with itself."""
    numbers: dict[tuple[str, ...], int] = {}
    sets = [[numbers.setdefault(s, len(numbers)) for s in shingles(text)] for text in texts]
    sizes = np.array([len(s) for s in sets])
    shared = _shared(sets, len(numbers))
    np.fill_diagonal(shared, 0)
    return float((shared / (sizes[:, None] + sizes[None, :] - shared)).max())


def _shared(sets: Sequence[Sequence[int]], words: int) -> npt.NDArray[np.int64]:
    """(n, n) how many shingles each pair has in common."""
    holders: list[list[int]] = [[] for _ in range(words)]
    for text, found in enumerate(sets):
        for shingle in found:
            holders[shingle].append(text)
    shared = np.zeros((len(sets), len(sets)), np.int64)
    for texts in holders:
        if len(texts) > 1:
            shared[np.ix_(texts, texts)] += 1
    return shared
