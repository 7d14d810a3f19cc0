"""The nearest vectors of each, by FAISS: exactly while they are few, by an inverted file beyond.

Deterministic: one thread, a fixed seed, vectors in the order of their sample ids. What an inverted file misses is
measured on a sample and reported.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

EXACT = 12_000
"""Vectors up to which every pair is compared; 256 numbers each take 200 us a vector then."""
NEIGHBOURS = 16
"""Nearest vectors looked at, per vector; how many have them all at or above the threshold is counted."""
PROBES = 12
"""Cells searched; each holds about a quarter of the square root of all vectors."""
TRAINING = 40
"""Vectors per cell that the cells are learnt from."""
SAMPLE = 400
"""Vectors whose neighbours are searched exactly too, to measure recall."""
PORTION = 4096
SEED = 1


@dataclass(frozen=True)
class Pairs:
    """Pairs of vectors at or above a cosine, a < b.

    Attributes:
        a, b: (n,) int64. cosine: (n,) float64.
        said: the kind of index, its parameters, its measured recall, and how many vectors had more neighbours.
    """

    a: npt.NDArray[np.int64]
    b: npt.NDArray[np.int64]
    cosine: npt.NDArray[np.float64]
    said: dict[str, Any]


def pairs(vectors: npt.NDArray[np.float16], threshold: float, exact: int = EXACT) -> Pairs:
    """Every pair among the `NEIGHBOURS` nearest of each vector whose cosine reaches the threshold."""
    n = len(vectors)
    if n < 2:
        return Pairs(
            np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), {"index": "exact", "vectors": n}
        )
    with one_thread():
        index, said = _index(vectors, exact)
        k = min(NEIGHBOURS + 1, n)
        found = [_search(index, vectors, start, k, threshold) for start in range(0, n, PORTION)]
        a, b, full = (np.concatenate([part[i] for part in found]) for i in range(3))
        said |= {"vectors": n, "with_more_neighbours_than_compared": int(full.sum())}
        if said["index"] != "exact":
            said["recall_on_sample"] = _recall(index, vectors, threshold, k)
    low, high = np.minimum(a, b), np.maximum(a, b)
    unique = np.unique(np.stack([low, high], axis=1)[low < high], axis=0).reshape(-1, 2)
    return _measured(vectors, unique, threshold, said)


def _measured(vectors: Any, found: npt.NDArray[np.int64], threshold: float, said: dict[str, Any]) -> Pairs:
    """The pairs with cosines from the vectors themselves; an index may keep them in fewer bits."""
    cosine = np.empty(len(found))
    for start in range(0, len(found), PORTION):
        part = slice(start, start + PORTION)
        left, right = (vectors[found[part, i]].astype(np.float32) for i in (0, 1))
        cosine[part] = np.einsum("ij,ij->i", left, right)
    kept = cosine >= threshold
    return Pairs(found[kept, 0], found[kept, 1], cosine[kept], said)


def _index(vectors: npt.NDArray[np.float16], exact: int) -> tuple[Any, dict[str, Any]]:
    import faiss

    n, dimension = vectors.shape
    if n <= exact:
        index: Any = faiss.IndexFlatIP(dimension)
        index.add(vectors.astype(np.float32))
        return index, {"index": "exact"}
    cells = int(4 * np.sqrt(n))
    coarse = faiss.IndexFlatIP(dimension)
    index = faiss.IndexIVFScalarQuantizer(
        coarse, dimension, cells, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT, False
    )
    index.cp.seed, index.cp.niter, index.cp.max_points_per_centroid = SEED, 6, TRAINING
    index.cp.min_points_per_centroid = 1
    index.nprobe = min(PROBES, cells)
    some = np.random.default_rng(SEED).permutation(n)[: cells * TRAINING]
    index.train(vectors[np.sort(some)].astype(np.float32))
    for start in range(0, n, PORTION):
        index.add(vectors[start : start + PORTION].astype(np.float32))
    return index, {"index": "inverted file, 8 bits", "cells": cells, "probes": index.nprobe, "seed": SEED}


def _search(
    index: Any, vectors: npt.NDArray[np.float16], start: int, k: int, threshold: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    part = vectors[start : start + PORTION].astype(np.float32)
    scores, found = index.search(part, k)
    near = (scores >= threshold - 0.01) & (found >= 0)  # an index of 8 bits may be off by that much
    rows, places = np.nonzero(near)
    return rows + start, found[rows, places].astype(np.int64), (scores[:, -1] >= threshold) & (k > NEIGHBOURS)


def _recall(index: Any, vectors: npt.NDArray[np.float16], threshold: float, k: int) -> float:
    """Share of the pairs of a sample, at or above the threshold, that the index finds too."""
    rows = np.sort(np.random.default_rng(SEED).permutation(len(vectors))[:SAMPLE])
    queries = vectors[rows].astype(np.float32)
    best = np.full((len(rows), k), -1, np.int64)
    score = np.full((len(rows), k), -2.0, np.float32)
    for start in range(0, len(vectors), PORTION):
        portion = queries @ vectors[start : start + PORTION].astype(np.float32).T
        scores = np.concatenate([score, portion], axis=1)
        places = np.concatenate(
            [best, np.broadcast_to(np.arange(portion.shape[1]) + start, portion.shape)], axis=1
        )
        top = np.argpartition(-scores, min(k, scores.shape[1] - 1), axis=1)[:, :k]
        score, best = np.take_along_axis(scores, top, 1), np.take_along_axis(places, top, 1)
    found = index.search(queries, k)[1]
    wanted = [
        {int(b) for b, s in zip(bs, ss, strict=True) if s >= threshold}
        for bs, ss in zip(best, score, strict=True)
    ]
    total = sum(map(len, wanted))
    hit = sum(len(w & set(f.tolist())) for w, f in zip(wanted, found, strict=True))
    return round(hit / total, 4) if total else 1.0


@contextmanager
def one_thread() -> Iterator[None]:
    """FAISS on one thread: sums come in one order, and the threads belong to the audit."""
    import faiss

    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
