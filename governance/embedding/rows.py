"""What of a row is embedded: what it asks and what it answers, apart.

The vector of a whole conversation says what it is about, not what it asks: on the 400 rows of DISC-FinLLM the
questions of one article are nearer to each other than to their rewritings. So the turns that ask (user, text) make one
vector and those that answer (assistant) another, and two rows are alike only where both are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from governance.samples import ASSISTANT, OTHER, SAMPLE_ID, TEXT, USER, SampleBatch, Turns
from governance.text.signatures import prefixes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from governance.embedding.model import Embedder

LARGEST = 1e12
"""Larger numbers count as this one; a millionth of it still fits in 64 bits."""
MOST_NUMBERS = 48
"""Numbers of a question that are kept for comparing."""


class EmbeddingStore(Protocol):
    """Vectors of earlier audits, by sample id, of one model."""

    def known(self) -> npt.NDArray[np.uint64]:
        """Sorted: the first 8 bytes of every stored sample id as a big-endian number."""
        ...

    def vectors(self) -> Iterator[pa.Table]:
        """Every stored sample, in tables of sample_id, question and answer."""
        ...

    def stage(self, vectors: Iterable[pa.Table]) -> None:
        """Buffer what this audit adds; it becomes durable when the audit is committed."""
        ...


def schema(dimension: int) -> pa.Schema:
    """Columns of a partial; vectors are float16, and null where the store has them or there is no text."""
    vector = pa.binary(2 * dimension)
    return pa.schema(
        [
            pa.field("row", pa.int64()),
            pa.field("sample_id", SAMPLE_ID),
            pa.field("question", vector),
            pa.field("answer", vector),
            pa.field("stored", pa.bool_()),
            pa.field("answered", pa.bool_()),
            pa.field("han", pa.float32()),  # share of Chinese characters among letters of the question
            pa.field("numbers", pa.list_(pa.float64())),  # of the question, in order
            pa.field("number_key", pa.uint64()),  # equal for equal multisets of these numbers
            pa.field("answer_numbers", pa.list_(pa.float64())),
            pa.field("units", pa.list_(pa.uint32())),  # different ones of the question, ascending hashes
            pa.field("cut", pa.int32()),  # of question and answer, how many are longer than what is read
        ]
    )


def map_rows(batch: SampleBatch, embedder: Embedder, known: npt.NDArray[np.uint64]) -> pa.Table | None:
    """The vectors, numbers and language of each row that asks something."""
    if not len(batch):
        return None
    turns = batch.turns
    asks, answers = side(turns, (USER, TEXT, OTHER)), side(turns, (ASSISTANT,))
    says = np.asarray(pc.greater(pc.binary_length(asks), 0))
    if not says.any():
        return None
    stored = is_known(batch.sample_ids, known)
    dimension = embedder.info.dimension
    question = _vectors(asks, says & ~stored, embedder)
    replies = np.asarray(pc.greater(pc.binary_length(answers), 0))
    answer = _vectors(answers, says & replies & ~stored, embedder)
    units, numbers = said(asks)
    table = pa.table(
        [
            pa.array(batch.rows),
            batch.sample_ids,
            question,
            answer,
            pa.array(stored),
            pa.array(replies),
            pa.array(han_share(asks)),
            numbers,
            pa.array(_keys(numbers)),
            said(answers)[1],
            units,
            pa.array(_cut(asks) + _cut(answers), pa.int32()),
        ],
        schema=schema(dimension),
    )
    return table.filter(pa.array(says))


def side(turns: Turns, roles: tuple[int, ...]) -> pa.LargeStringArray:
    """(rows,) the turns of these roles, joined by line ends."""
    chosen = np.isin(turns.roles, roles)
    before = np.concatenate([[0], np.cumsum(chosen)])
    contents = turns.contents.filter(pa.array(chosen))
    lists = pa.LargeListArray.from_arrays(pa.array(before[turns.starts], pa.int64()), contents)
    return pc.binary_join(lists.cast(pa.list_(pa.large_string())), pa.scalar("\n", pa.large_string()))


def is_known(ids: pa.FixedSizeBinaryArray, known: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """(n,) which samples seem to be stored, by the first 8 bytes of their ids."""
    if not len(known):
        return np.zeros(len(ids), np.bool_)
    mine = prefixes(ids)
    at = np.minimum(np.searchsorted(known, mine), len(known) - 1)
    return np.asarray(known[at] == mine)


def _vectors(
    texts: pa.LargeStringArray, wanted: npt.NDArray[np.bool_], embedder: Embedder
) -> pa.FixedSizeBinaryArray:
    """Vectors of the wanted texts, null for the others."""
    found = embedder.encode(texts.filter(pa.array(wanted)).to_pylist())
    wide = 2 * embedder.info.dimension
    data = np.zeros((len(texts), embedder.info.dimension), np.float16)
    data[wanted] = found.astype(np.float16)
    bits = np.packbits(wanted, bitorder="little")
    buffers = [pa.py_buffer(bits.tobytes()), pa.py_buffer(data.tobytes())]
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(wide), len(texts), buffers)


def _cut(texts: pa.LargeStringArray) -> npt.NDArray[np.int32]:
    """(n,) 1 where a text is longer than what is read of it."""
    from governance.embedding.model import CHARACTERS

    return np.asarray(pc.greater(pc.utf8_length(texts), CHARACTERS)).astype(np.int32)


def han_share(texts: pa.LargeStringArray) -> npt.NDArray[np.float32]:
    """(n,) Chinese characters as a share of all letters; 0 where there are none."""
    import polars as pl

    column = pl.Series(values=texts)
    han = column.str.count_matches(r"\p{Han}").to_numpy().astype(np.float32)
    latin = column.str.count_matches(r"[A-Za-z]{2,}").to_numpy().astype(np.float32)
    return np.asarray(han / np.maximum(1, han + 2 * latin), np.float32)


def said(texts: pa.LargeStringArray) -> tuple[pa.ListArray, pa.ListArray]:
    """(different units of each text as ascending 32-bit hashes, its first `MOST_NUMBERS` numbers in order)."""
    from governance.detectors.paraphrase.units import NUMBER, lexicon, units_of_texts
    from governance.embedding.model import CHARACTERS
    from governance.embedding.pooling import distinct

    found, bounds = units_of_texts(pc.utf8_slice_codeunits(texts, 0, CHARACTERS), lexicon())
    hashes, kept = distinct((found.hashes >> np.uint64(32)).astype(np.uint32), bounds)
    own = np.flatnonzero(found.kinds == NUMBER)
    first = np.searchsorted(own, bounds)
    sizes = np.diff(first)
    rank = np.arange(len(own)) - np.repeat(first[:-1], sizes)
    numbers = found.values[own[rank < MOST_NUMBERS]]
    places = np.concatenate([[0], np.cumsum(np.minimum(sizes, MOST_NUMBERS))])
    return (
        pa.ListArray.from_arrays(pa.array(kept, pa.int32()), pa.array(hashes)),
        pa.ListArray.from_arrays(pa.array(places, pa.int32()), pa.array(numbers)),
    )


def _keys(numbers: pa.ListArray) -> npt.NDArray[np.uint64]:
    """(n,) sums of mixed bits of the numbers of each list, whatever their order."""
    values = np.minimum(numbers.flatten().to_numpy(), LARGEST)
    bits = np.round(values * 1e6).astype(np.int64).astype(np.uint64)
    mixed = (bits + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(31))) * np.uint64(0xC2B2AE3D27D4EB4F)
    total = np.concatenate(
        [np.zeros(1, np.uint64), np.cumsum(mixed ^ (mixed >> np.uint64(29)), dtype=np.uint64)]
    )
    places = numbers.offsets.to_numpy()
    return np.asarray(total[places[1:]] - total[places[:-1]], np.uint64)


def matrix(column: pa.Array, dimension: int) -> npt.NDArray[np.float16]:
    """(n, dimension) vectors of a binary column; whatever lies there where it is null."""
    raw = np.frombuffer(column.buffers()[1], np.float16)
    return raw[column.offset * dimension : (column.offset + len(column)) * dimension].reshape(-1, dimension)


__all__ = ["Any", "EmbeddingStore", "han_share", "map_rows", "matrix", "said", "schema", "side"]
