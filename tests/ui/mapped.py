"""Vectors in a lake without a model that makes them: rows of a source near each other, stored as audits do it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from governance.embedding.store import EMBEDDING
from governance.lake import Lake, open_lake
from governance.lake.commit import writing
from governance.lake.embeddings import LakeEmbeddings

MODEL = f"{'a' * 64} policy-1"
DIMENSION = 16


def embed_rows(place: str, leave_out: int = 0) -> int:
    """Every sample of the lake but the last few has a vector; how many have one."""
    with open_lake(place) as lake:
        sql = "SELECT sample_id, min(coalesce(source, '')) FROM lake.entries GROUP BY sample_id ORDER BY sample_id"
        found = lake.fetch(sql)
        found = found[: len(found) - leave_out]
        random = np.random.default_rng(5)
        centres = {source: random.normal(size=DIMENSION) for source in sorted({s for _, s in found})}
        vectors = np.array([centres[s] for _, s in found]) + 0.2 * random.normal(size=(len(found), DIMENSION))
        store_vectors(lake, [bytes(i) for i, _ in found], vectors)
        return len(found)


def store_vectors(lake: Lake, ids: list[bytes], vectors: np.ndarray, model: str = MODEL) -> None:
    """The vectors under a model, one transaction."""
    rows = [v.tobytes() for v in vectors.astype("<f2")]
    table = pa.table([ids, rows, [None] * len(ids)], schema=EMBEDDING)
    kept = LakeEmbeddings(lake, "test")
    kept.of(model).stage([table])
    kept.prepare()
    with writing(lake) as tx:
        kept.commit(tx)
        tx.describe("test.embed", "test", {"vectors": len(ids)})
