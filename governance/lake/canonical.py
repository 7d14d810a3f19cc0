"""Bytes that depend on the content alone, for hashes."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

HASH_ROWS = 65_536  # rows hashed at a time; part of the definition


def canonical_json(value: Any) -> str:
    """The one way to write a JSON value: sorted keys, no spaces, no escapes beyond the needed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(text: str) -> str:
    """64 hex SHA-256 of a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def table_hash(table: pa.Table) -> str:
    """64 hex SHA-256 of a table's names, types and values in order, whatever its chunks.

    Holds for columns of fixed width and of text; that is all findings and evidence have.
    """
    state = hashlib.sha256(canonical_json([[f.name, str(f.type)] for f in table.schema]).encode())
    for start in range(0, table.num_rows, HASH_ROWS):
        part = table.slice(start, HASH_ROWS)
        for column in part.columns:
            _hash_column(state, column)
    return state.hexdigest()


def _hash_column(state: Any, column: pa.ChunkedArray) -> None:
    array = pa.concat_arrays(column.chunks)
    state.update(np.packbits(array.is_valid().to_numpy(zero_copy_only=False)).tobytes())
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        filled = pc.fill_null(array.cast(pa.large_string()), "")
        _, offsets, data = filled.buffers()
        bounds = np.frombuffer(offsets, np.int64)[filled.offset : filled.offset + len(filled) + 1]
        state.update(np.diff(bounds).tobytes())
        state.update(memoryview(data)[bounds[0] : bounds[-1]] if data is not None else b"")
    else:
        state.update(pc.fill_null(array, pa.scalar(0, array.type)).to_numpy(zero_copy_only=False).tobytes())
