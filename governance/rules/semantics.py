"""What the rules share that compare meanings: one embedder, one pass of vectors, one reason where there is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from governance.rules.base import Mapper, Partials, Setup
from governance.samples import SampleBatch

if TYPE_CHECKING:
    from governance.embedding.model import Embedder


def embedder(setup: Setup) -> Embedder:
    """The model in force, loaded once an audit."""
    from governance.embedding.model import load

    return setup.once("embedding.model", lambda: load(setup.embedder))


def unavailable(setup: Setup) -> str | None:
    """Why meanings cannot be compared here, with what to do about it, or None."""
    from governance.embedding.model import missing

    reason = missing(setup.embedder)
    if reason:
        return reason
    try:
        embedder(setup)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        kind = type(error).__name__
        return f"the embedder {setup.embedder!r} cannot be loaded ({kind}); name another with --embedder"
    return None


def _map(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    from governance.embedding.rows import map_rows

    model = embedder(setup)
    store = setup.embeddings.of(model.info.key) if setup.embeddings is not None else None
    known = setup.once("embedding.known", lambda: np.empty(0, np.uint64) if store is None else store.known())
    return map_rows(batch, model, known)


EMBEDDINGS = Mapper("embeddings", _map)


def stored(setup: Setup) -> Any:
    """The store of this model's vectors, or None with --no-cache."""
    return None if setup.embeddings is None else setup.embeddings.of(embedder(setup).info.key)


def keep(partials: Mapping[str, Partials], setup: Setup) -> Mapping[str, Any]:
    """The new vectors go to the lake, once an audit however many rules ask; how many, and how many were there."""
    return setup.once("embedding.kept", lambda: _keep(partials[EMBEDDINGS.name], setup))


def _keep(found: Partials, setup: Setup) -> Mapping[str, Any]:
    from governance.embedding.gather import new_vectors
    from governance.embedding.store import EMBEDDING

    if not found.rows:
        return {"samples_embedded": 0, "rows_with_stored_vectors": 0}
    table = found.read(["row", "sample_id", "stored"])
    old = np.asarray(table.column("stored").combine_chunks())
    ids = table.column("sample_id").combine_chunks()
    fresh = np.flatnonzero(~old)
    _, first = np.unique(np.array(ids.take(pa.array(fresh)).to_pylist(), "S32"), return_index=True)
    chosen = np.sort(table.column("row").to_numpy()[fresh[first]])
    store = stored(setup)
    if store is not None and len(chosen):
        store.stage(new_vectors(found, EMBEDDING, chosen))
    return {"samples_embedded": len(chosen), "rows_with_stored_vectors": int(old.sum())}


def cut(found: Partials) -> int:
    """Questions and answers longer than what was read of them."""
    return sum(int(np.asarray(table.column("cut")).sum()) for table in found.tables(["cut"]))
