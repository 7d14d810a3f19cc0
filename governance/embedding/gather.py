"""Vectors of some rows, from the partials of this audit and from the store of earlier ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from governance.embedding.rows import EmbeddingStore, matrix
from governance.rules.base import Partials
from governance.text.store import chunk


def vectors_of(
    side: str,
    rows: npt.NDArray[np.int64],
    ids: pa.FixedSizeBinaryArray,
    partials: Partials,
    store: EmbeddingStore | None,
    dimension: int,
) -> npt.NDArray[np.float16]:
    """(n, dimension) vectors of `question` or `answer`; zeros where a row has none.

    Args:
        rows: (n,) row numbers; ids: (n,) their sample ids.
    """
    out = np.zeros((len(rows), dimension), np.float16)
    if not len(rows):
        return out
    order = np.argsort(rows)
    ascending = rows[order]
    wanted: list[npt.NDArray[np.int64]] = []
    for table in partials.tables(["row", side, "stored"]):
        at = np.searchsorted(ascending, table.column("row").to_numpy())
        hit = (at < len(rows)) & (ascending[np.minimum(at, len(rows) - 1)] == table.column("row").to_numpy())
        there = hit & np.asarray(pc.is_valid(table.column(side)))
        place = order[at[there]]
        if len(place):
            out[place] = matrix(chunk(table.column(side)), dimension)[there]
        elsewhere = hit & np.asarray(table.column("stored"))
        wanted.append(order[at[elsewhere]])
    missing = np.concatenate([np.empty(0, np.int64), *wanted])
    if store is not None and len(missing):
        _from_store(side, missing, ids, store, out)
    return out


def _from_store(
    side: str, missing: npt.NDArray[np.int64], ids: pa.FixedSizeBinaryArray, store: EmbeddingStore, out: Any
) -> None:
    names = ids.take(pa.array(missing))
    for table in store.vectors():
        found = pc.index_in(chunk(table.column("sample_id")), value_set=names).fill_null(-1)
        at = found.to_numpy(zero_copy_only=False)
        there = (at >= 0) & np.asarray(pc.is_valid(table.column(side)))
        if there.any():
            raw = chunk(table.column(side)).filter(pa.array(there))
            data = np.frombuffer(b"".join(raw.to_pylist()), np.float16)
            out[missing[at[there]]] = data.reshape(-1, out.shape[1])


def new_vectors(partials: Partials, schema: pa.Schema, chosen: npt.NDArray[np.int64]) -> Any:
    """Tables of sample_id, question and answer of the chosen rows (ascending), for the store."""
    for table in partials.tables(["row", *schema.names]):
        rows = table.column("row").to_numpy()
        at = np.minimum(np.searchsorted(chosen, rows), max(0, len(chosen) - 1))
        keep = (chosen[at] == rows) if len(chosen) else np.zeros(len(rows), np.bool_)
        if keep.any():
            part = table.filter(pa.array(keep)).select(schema.names)
            yield part.cast(schema)
