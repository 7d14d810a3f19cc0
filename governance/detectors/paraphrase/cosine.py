"""The embedder's word on a paraphrase: how near a run of sentences is to an item, whatever model it is.

Models differ in how near two unrelated texts are. So a cosine is taken less the mean over pairs of items, as a share
of what is left to 1: 0 is unrelated, 1 equal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from governance.detectors.paraphrase.index import ParaphraseIndex
from governance.detectors.paraphrase.scan import Found, scan
from governance.detectors.paraphrase.score import scores_with_cosine
from governance.detectors.paraphrase.search import partial
from governance.embedding.model import Embedder
from governance.samples import SampleBatch

ENOUGH = 20
"""Items from which on their own mean cosine is steady; fewer count as `USUAL`."""
USUAL = 0.3


@dataclass(frozen=True)
class ItemVectors:
    """(K, dimension) vectors of the items' texts, and the mean cosine of two different ones."""

    vectors: npt.NDArray[np.float32]
    mean: float


def item_vectors(index: ParaphraseIndex, embedder: Embedder) -> ItemVectors:
    """The vectors of all items."""
    vectors = embedder.encode(index.texts)
    n = len(vectors)
    if n < ENOUGH:
        return ItemVectors(vectors, USUAL)
    together = vectors.astype(np.float64).sum(axis=0)
    return ItemVectors(vectors, float((together @ together - n) / (n * (n - 1))))


def search_with(
    batch: SampleBatch, index: ParaphraseIndex, items: ItemVectors, embedder: Embedder
) -> pa.Table:
    """The partial of a batch, by words and by the embedder."""
    found = scan(batch.turns, index.arrays)
    near = nearness(batch, found, items, embedder)
    return partial(batch, found, scores_with_cosine(found.features, found.numbers, near), near)


def nearness(
    batch: SampleBatch, found: Found, items: ItemVectors, embedder: Embedder
) -> npt.NDArray[np.float64]:
    """(n,) nearness of each pair, 0 unrelated and 1 equal."""
    data, offsets = batch.turns.buffers
    starts = offsets[found.turns][:, None] + found.spans
    texts = [bytes(data[a:b]).decode("utf-8", "replace") for a, b in starts.tolist()]  # pairs only, not rows
    cosine = np.einsum("ij,ij->i", embedder.encode(texts), items.vectors[found.items])
    return np.asarray((cosine - items.mean) / (1 - items.mean), np.float64)
