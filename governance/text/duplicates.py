"""Near-duplicates of plain texts, without a lake or an audit around them.

    found = find_near_duplicates("texts.parquet")
    kept = [i for i, r in enumerate(found.representative) if r == i]

The audit's rules use the same parts; see `resolve.py` for what decides.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from governance.errors import UnknownColumn, UsageError
from governance.samples import ROLES, utf8_buffers
from governance.spill import Spill
from governance.text.minhash import Signed, bands_for, sign
from governance.text.resolve import Documents, KeySource, resolve
from governance.text.store import NUMBERS, StoredSets, chunk, plain, to_table, unfixed, unplain
from governance.text.verify import Indices

SPILL_LIMIT = 1 << 29
"""Bytes of signatures that stay in memory."""


@dataclass(frozen=True)
class NearDuplicates:
    """What was found among n texts, which are numbered in the order they came.

    Attributes:
        representative: (n,) the text that stays in place of each; itself where it stays.
        jaccard: (n,) similarity to the representative.
        template: (n,) a text that names the template each shares with others, -1 without; texts that stay only.
        stands: (n,) the text that stands for each in `edges`, one of the same shingle set or wording.
        edges: table of a, b (text numbers), jaccard: every pair of different sets at or above the threshold,
            pairs that only share a template included; number variants (one template) are not listed as pairs.
        stats: what was counted on the way.
    """

    representative: Indices
    jaccard: npt.NDArray[np.float64]
    template: Indices
    stands: Indices
    edges: pa.Table
    stats: Mapping[str, int] = field(default_factory=dict)


def find_near_duplicates(
    texts: str | Path | Iterable[pa.Array], threshold: float = 0.8, column: str = "text"
) -> NearDuplicates:
    """The near-duplicates among texts, each pair verified exactly.

    Args:
        texts: a Parquet file, or arrays of strings.
        threshold: least Jaccard similarity of two sets of word 5-grams, above 0 and at most 1.
        column: of the Parquet file.

    Raises:
        UsageError: the threshold is out of range.
        UnknownColumn: the file has no such column.
    """
    if not 0 < threshold <= 1:
        raise UsageError(f"threshold is {threshold}", hint="give a number above 0 and at most 1")
    arrays = _parquet(Path(texts), column) if isinstance(texts, str | Path) else iter(texts)
    with tempfile.TemporaryDirectory(prefix="govern-") as folder:
        spill = Spill(Path(folder) / "signatures.arrow", SPILL_LIMIT)
        for array in arrays:
            if len(array):
                spill.add(to_table(_signed(array, threshold)))
        spill.finish()
        resolved = resolve(_documents(spill, threshold), threshold)
    edges = {name: plain(getattr(resolved.edges, name)) for name in ("a", "b", "jaccard")}
    return NearDuplicates(
        resolved.keeper,
        resolved.score,
        resolved.template,
        resolved.stands,
        pa.table(edges),
        resolved.stats,
    )


def _parquet(path: Path, column: str) -> Iterator[pa.Array]:
    """One column of a Parquet file in arrays of some megabytes."""
    # Buffering ahead holds the compressed column of every row group: 150 MB more for 200 MB of text, and slower.
    with pq.ParquetFile(path, pre_buffer=False) as file:
        names = file.schema_arrow.names
        if column not in names:
            raise UnknownColumn.among(column, names, where=str(path))
        for batch in file.iter_batches(batch_size=4096, columns=[column], use_threads=False):
            yield batch.column(0)


def _signed(array: pa.Array, threshold: float) -> Signed:
    """Signatures of an array of texts; a null is an empty text."""
    data, offsets = _bytes(chunk(array) if isinstance(array, pa.ChunkedArray) else array)
    roles = np.full(len(array), ROLES.index("text"), np.uint8)
    return sign(data, offsets, roles, np.arange(len(array) + 1), threshold=threshold, with_minhash=False)


def _bytes(array: pa.Array) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """(UTF-8 bytes, (n + 1,) offsets) of texts."""
    if array.type == pa.string() and not array.null_count:  # Arrow's own cast takes 30 ms to be imported
        _, offsets, data = array.buffers()
        where = np.frombuffer(offsets, np.int32)[array.offset : array.offset + len(array) + 1]
        return np.frombuffer(data or b"", np.uint8), where.astype(np.int64)
    array = array.cast(pa.large_string())
    if array.null_count:
        array = array.fill_null(pa.scalar("", pa.large_string()))
    return utf8_buffers(array)


def _documents(spill: Spill, threshold: float) -> Documents:
    """All texts, the longest first in rank, then by wording, so that their order decides among equals only."""
    numbers = spill.read(NUMBERS) if spill.rows else to_table(_signed(pa.array([], pa.string()), threshold))
    columns = {name: chunk(numbers.column(name)) for name in NUMBERS}
    tokens = unplain(columns["tokens"])
    normalised = unfixed(columns["normalised"], np.uint64)
    order = np.lexsort((normalised[:, 0], -tokens.astype(np.int64)))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    rows = np.arange(len(order))
    return Documents(
        tokens,
        unplain(columns["words"]),
        unplain(columns["shingles"]),
        normalised,
        unfixed(columns["masked"], np.uint64),
        unplain(columns["content"]),
        rank,
        KeySource(spill.tables, rows, bands_for(threshold)[0]),
        StoredSets(spill.tables, rows),
        answered=False,
    )
