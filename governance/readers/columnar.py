"""Arrow tables from Parquet, Arrow files and hub datasets as records: cut to size, plan columns only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from governance.columns import Plan
from governance.readers import faults
from governance.readers.jsonvalues import columns_of, exploded
from governance.readers.kinds import column_at, outer_columns
from governance.readers.options import BATCH_BYTES, BATCH_ROWS
from governance.readers.records import Records
from governance.readers.texts import flat, is_text, repaired, unchecked


def records_of(table: pa.Table, plan: Plan, first_line: int, whole: pa.Table | None) -> Iterator[Records]:
    """The rows of a table, at most BATCH_ROWS and about BATCH_BYTES at a time.

    Args:
        whole: the same rows with all of the user's columns, where they are to be kept.
    """
    for low, high in pieces(table, wanted_columns(plan, table.column_names)):
        part = table.slice(low, high - low)
        kept = None if whole is None else repaired(whole.slice(low, high - low))
        if plan.nested is None:
            picked = pa.table({name: column_at(part, name) for name in plan.columns})
            yield Records.whole(picked, first_line + low, kept)
        else:
            yield _laid_out(part, plan, first_line + low, kept)


def wanted_columns(plan: Plan, names: Sequence[str]) -> list[str]:
    """The top-level columns to read; all of them where a plan lays out nested questions."""
    return list(names) if plan.nested is not None else outer_columns(plan.columns, names)


def _laid_out(table: pa.Table, plan: Plan, first_line: int, original: pa.Table | None) -> Records:
    """A row a question. Such records are few and large, so they go through Python one by one."""
    laid = [exploded(record, plan) for record in table.to_pylist()]
    owners = np.repeat(np.arange(len(laid)), [len(rows) for rows in laid])
    every = np.arange(len(owners))
    columns, found = columns_of([row for rows in laid for row in rows], plan, every.tolist())
    whole = None if original is None else original.take(pa.array(owners))
    return Records(columns, owners + first_line, every, faults.table(found), whole)


def pieces(table: pa.Table, wanted: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Row ranges that fit a batch. Sizes are those after decoding: a dictionary may hide a huge column."""
    if not table.num_rows:
        return
    sizes = np.sum([row_bytes(_one(table.column(name))) for name in wanted], axis=0) + np.zeros(
        table.num_rows
    )
    total = np.concatenate([[0], np.cumsum(sizes)])
    low = 0
    while low < table.num_rows:
        fits = int(np.searchsorted(total, total[low] + BATCH_BYTES, "right")) - 1
        high = min(max(fits, low + 1), low + BATCH_ROWS, table.num_rows)
        yield low, high
        low = high


def _one(column: pa.ChunkedArray) -> pa.Array:
    """The column as one array, dictionaries kept."""
    chunks = column.chunks
    if len(chunks) == 1:
        return chunks[0]
    if pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
    return pa.concat_arrays(column.chunks or [pa.array([], column.type)])


def row_bytes(array: pa.Array) -> npt.NDArray[np.int64]:
    """(rows,) bytes of text each row holds once decoded; other values count as 8."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        sizes = np.append(row_bytes(array.dictionary), 0)
        return sizes[
            np.asarray(array.indices.fill_null(len(sizes) - 1).to_numpy(zero_copy_only=False), np.int64)
        ]
    if is_text(kind):
        return np.asarray(_lengths(array).fill_null(0).to_numpy(zero_copy_only=False), np.int64)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        inner = np.concatenate([[0], np.cumsum(row_bytes(array.values))])
        offsets = array.offsets.to_numpy()
        return np.asarray(inner[offsets[1:]] - inner[offsets[:-1]], np.int64)
    if pa.types.is_struct(kind) and kind.num_fields:
        return np.asarray(np.sum([row_bytes(inner) for inner in array.flatten()], axis=0), np.int64)
    return np.full(len(array), 8, np.int64)


def _lengths(array: pa.Array) -> pa.Array:
    if pa.types.is_string_view(array.type) or pa.types.is_binary_view(array.type):
        array = flat(array).cast(pa.large_binary())
    return pc.binary_length(array)


def distrusted(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with text as bytes and checked offsets: an Arrow file may point anywhere and hold any bytes.

    Raises:
        pyarrow.ArrowInvalid: the offsets do not fit the data.
    """
    columns = [_bytes_of(column) for column in batch.columns]
    found = pa.RecordBatch.from_arrays(columns, names=batch.schema.names)
    found.validate(full=True)
    return found


def _bytes_of(array: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(array.type):
        words = _bytes_of(array.dictionary)
        return pa.DictionaryArray.from_arrays(array.indices, words, safe=True)
    kind = unchecked(array.type)
    return array if kind == array.type else array.view(kind)
