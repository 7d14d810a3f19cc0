"""Builds a larger corpus: each document of a corpus in several rotations of its letters and Chinese characters.

A rotation keeps lengths, words and all Jaccard similarities inside it, and makes texts of two rotations unlike each
other, so the truth of the small corpus holds in each part of the large one.

    python -m benchmarks.neardup.corpus en50k.parquet en200k.parquet
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROTATIONS = (0, 5, 11, 18)
ALPHABETS = ((ord("a"), 26, 1), (ord("A"), 26, 1), (0x4E00, 20_992, 1000))
"""First character, how many there are, and by how many of them one step of a rotation moves."""


def rotated(text: str, by: int) -> str:
    """The text with each ASCII letter and each Chinese character moved along its alphabet."""
    return text.translate(TABLES[by])


def _table(by: int) -> dict[int, int]:
    return {first + i: first + (i + by * step) % size for first, size, step in ALPHABETS for i in range(size)}


TABLES = {by: _table(by) for by in ROTATIONS}


def build(source: Path, target: Path) -> None:
    """Writes the corpus with all rotations of `source`, one after the other, and its truth beside it."""
    texts = pq.read_table(source, columns=["text"]).column("text").to_pylist()
    table = pa.table({"text": [rotated(text, by) for by in ROTATIONS for text in texts]})
    pq.write_table(table, target, compression="zstd", row_group_size=20_000)
    truth = pq.read_table(source.with_name(f"{source.stem}_truth.parquet"))
    moved = [
        pa.table({"a": truth["a"].to_numpy() + k, "b": truth["b"].to_numpy() + k, "J": truth["J"]})
        for k in np.arange(len(ROTATIONS)) * len(texts)
    ]
    pq.write_table(pa.concat_tables(moved), target.with_name(f"{target.stem}_truth.parquet"))


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]))
