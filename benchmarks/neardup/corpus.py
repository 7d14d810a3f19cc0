"""Builds the larger corpus: each document of one corpus in several Caesar rotations of its ASCII letters.

Rotation keeps lengths, tokens and all Jaccard similarities inside a rotation, and makes texts of two rotations
unlike each other, so the truth of the small corpus holds in each part of the large one.

    python -m benchmarks.neardup.corpus en50k.parquet en200k.parquet
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROTATIONS = (0, 5, 11, 18)


def rotated(texts: pa.LargeStringArray, by: int) -> pa.LargeStringArray:
    """The texts with each ASCII letter moved `by` places along the alphabet."""
    table = np.arange(256, dtype=np.uint8)
    for first in b"aA":
        table[first : first + 26] = (np.arange(26) + by) % 26 + first
    _, offsets, data = texts.buffers()
    return pa.LargeStringArray.from_buffers(
        len(texts), offsets, pa.py_buffer(table[np.frombuffer(data, np.uint8)])
    )


def build(source: Path, target: Path, rotations: tuple[int, ...] = ROTATIONS) -> None:
    """Writes the corpus with all rotations of `source`, one after the other, and its truth beside it."""
    texts = pq.read_table(source, columns=["text"]).column("text").cast(pa.large_string()).combine_chunks()
    texts = texts if isinstance(texts, pa.Array) else pa.concat_arrays(texts.chunks)
    parts = [rotated(texts, by) for by in rotations]
    table = pa.table({"text": pa.chunked_array(parts)})
    pq.write_table(table, target, compression="zstd", row_group_size=20_000)
    truth = pq.read_table(source.with_name(f"{source.stem}_truth.parquet"))
    moved = [
        pa.table({"a": truth["a"].to_numpy() + k, "b": truth["b"].to_numpy() + k, "J": truth["J"]})
        for k in np.arange(len(rotations)) * len(texts)
    ]
    pq.write_table(pa.concat_tables(moved), target.with_name(f"{target.stem}_truth.parquet"))


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]))
