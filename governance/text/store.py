"""Signatures of documents as Arrow tables, so that they can be spilled, and read back a column at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from governance.text.minhash import Signed
from governance.text.native import Kernel
from governance.text.verify import Indices, Sets, SetSource

_copy = Kernel("sets.copy")

Tables = Callable[[list[str]], Iterator[pa.Table]]
"""Given column names, the stored tables one by one."""

NUMBERS = ["tokens", "words", "shingles", "normalised", "masked", "content"]
"""The columns of `to_table` that are a few bytes a document."""


def to_table(signed: Signed) -> pa.Table:
    """One row a document; columns `NUMBERS`, keys, sets, and minhash where it was asked for."""
    columns = {
        "tokens": plain(signed.tokens),
        "words": plain(signed.words),
        "shingles": plain(signed.shingles),
        "normalised": fixed(signed.normalised),
        "masked": fixed(signed.masked),
        "content": plain(signed.content),
        "keys": fixed(signed.keys),
        "sets": _sets_column(signed),
    }
    if len(signed.minhash) == len(signed.tokens):
        columns["minhash"] = fixed(signed.minhash)
    return pa.table(columns)


def plain(values: npt.NDArray[Any]) -> pa.Array:
    """Numbers as an Arrow array, without copying; `pa.array` would load pandas where it is installed (0.2 s)."""
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def unplain(column: pa.Array) -> npt.NDArray[Any]:
    """The numbers of an Arrow array without nulls, without copying; `to_numpy` would load pandas as well."""
    kind = np.dtype(column.type.to_pandas_dtype())
    return np.frombuffer(column.buffers()[1], kind, len(column), column.offset * kind.itemsize)


def fixed(rows: npt.NDArray[Any]) -> pa.FixedSizeBinaryArray:
    """(n, k) numbers as n fixed-width binary values, without copying."""
    width = rows.shape[1] * rows.itemsize
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), len(rows), [None, pa.py_buffer(rows)])


def unfixed(column: pa.Array, kind: Any) -> npt.NDArray[Any]:
    """(n, k) numbers of a fixed-width binary column, without copying."""
    width = column.type.byte_width
    raw = np.frombuffer(column.buffers()[1], np.uint8)[
        column.offset * width : (column.offset + len(column)) * width
    ]
    return cast("npt.NDArray[Any]", raw.view(kind).reshape(len(column), width // np.dtype(kind).itemsize))


def _sets_column(signed: Signed) -> pa.LargeBinaryArray:
    offsets = np.zeros(len(signed.set_ends) + 1, np.int64)
    np.multiply(signed.set_ends, 4, out=offsets[1:])
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(signed.sets)]
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(signed.set_ends), buffers)


def chunk(column: pa.ChunkedArray) -> pa.Array:
    """A column as one array."""
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)


def set_buffers(column: pa.LargeBinaryArray) -> tuple[npt.NDArray[np.uint32], Indices]:
    """(values, (n + 1,) offsets into them) of a `sets` column, without copying."""
    _, offsets, data = column.buffers()
    ends = np.frombuffer(offsets, np.int64)[column.offset : column.offset + len(column) + 1] // 4
    values = np.frombuffer(data, np.uint32, int(ends[-1])) if data is not None else np.empty(0, np.uint32)
    return values, ends


def gather(tables: Iterator[pa.Table], name: str, kind: Any, rows: Indices, out: npt.NDArray[Any]) -> None:
    """Writes out[i] = the value of a fixed-width binary column in row rows[i], over all tables; rows ascend."""
    base = 0
    for table in tables:
        low, high = np.searchsorted(rows, [base, base + table.num_rows])
        if high > low:
            out[low:high] = unfixed(chunk(table.column(name)), kind)[rows[low:high] - base]
        base += table.num_rows


@dataclass(frozen=True)
class StoredSets:
    """The shingle sets of stored documents; document i is row rows[i] of the tables."""

    tables: Tables
    rows: Indices

    def load(self, documents: Indices) -> Sets:
        """The sets of these documents, in that order."""
        rows = self.rows[documents]
        order = np.argsort(rows, kind="stable")
        ascending = rows[order]
        parts: list[tuple[npt.NDArray[np.uint32], Indices]] = []
        base = 0
        for table in self.tables(["sets"]):
            low, high = np.searchsorted(ascending, [base, base + table.num_rows])
            if high > low:
                values, offsets = set_buffers(chunk(table.column("sets")))
                parts.append(_pick(values, offsets, ascending[low:high] - base))
            base += table.num_rows
        starts, ends = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
        values, sizes = _joined(parts)
        ends[order] = np.cumsum(sizes)
        starts[order] = np.cumsum(sizes) - sizes
        return Sets(values, starts, ends)


@dataclass(frozen=True)
class EitherSets:
    """Sets that lie in several places: document i is number place[i] of source[i]."""

    sources: Sequence[SetSource]
    source: npt.NDArray[np.int8]
    place: Indices

    def load(self, documents: Indices) -> Sets:
        """The sets of these documents, in that order."""
        starts, ends = np.empty(len(documents), np.int64), np.empty(len(documents), np.int64)
        values: list[npt.NDArray[np.uint32]] = []
        base = 0
        for number, source in enumerate(self.sources):
            mine = np.flatnonzero(self.source[documents] == number)
            if len(mine):
                found = source.load(self.place[documents[mine]])
                starts[mine], ends[mine] = found.starts + base, found.ends + base
                values.append(found.values)
                base += len(found.values)
        return Sets(np.concatenate(values) if len(values) != 1 else values[0], starts, ends)


def _joined(parts: list[tuple[npt.NDArray[np.uint32], Indices]]) -> tuple[npt.NDArray[np.uint32], Indices]:
    """(values, sizes) of picked sets, in one piece."""
    if not parts:
        return np.empty(0, np.uint32), np.empty(0, np.int64)
    return np.concatenate([values for values, _ in parts]), np.concatenate([sizes for _, sizes in parts])


def _pick(
    values: npt.NDArray[np.uint32], offsets: Indices, rows: Indices
) -> tuple[npt.NDArray[np.uint32], Indices]:
    """(the sets of some rows end to end, their sizes)."""
    sizes = offsets[rows + 1] - offsets[rows]
    out = np.empty(int(sizes.sum()), np.uint32)
    _copy(values, offsets, rows, out)
    return out, sizes
