"""Columns of any type as text: valid UTF-8, no nulls, the same words whatever format they came in."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from governance.findings import EXCERPT_CHARACTERS
from governance.readers import faults

BAD_UTF8 = "bytes that are not UTF-8 were replaced by U+FFFD"
NEWLINE = pa.scalar("\n", pa.large_string())
NOTHING = pa.scalar("", pa.large_string())
SURROGATES = re.compile("[\ud800-\udfff]")
STRINGS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
BINARIES = (
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_binary_view,
    pa.types.is_fixed_size_binary,
)


def is_text(kind: pa.DataType) -> bool:
    """Whether values of this type are text or bytes."""
    return any(test(kind) for test in (*STRINGS, *BINARIES))


def flat(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """The column as one array, dictionaries decoded."""
    if isinstance(column, pa.ChunkedArray):
        chunks = column.chunks
        column = chunks[0] if len(chunks) == 1 else pa.concat_arrays(chunks or [pa.array([], column.type)])
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def texts_of(column: pa.ChunkedArray | pa.Array) -> tuple[pa.LargeStringArray, pa.Table]:
    """(texts with "" for null, FAULTS of rows that were not valid UTF-8 or not text).

    Numbers are written as JSON writes them, lists of texts are joined by newlines, the rest is JSON.
    """
    array = flat(column)
    kind = array.type
    if pa.types.is_null(kind):
        return pa.repeat(pa.scalar("", pa.large_string()), len(array)), faults.FAULTS.empty_table()
    if is_text(kind):
        return utf8(array)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _joined(array)
    if pa.types.is_nested(kind):
        return _as_json(array)
    words = _floats(array) if pa.types.is_floating(kind) else array.cast(pa.large_string())
    return filled(words), faults.FAULTS.empty_table()


def filled(array: pa.LargeStringArray) -> pa.LargeStringArray:
    """The same texts with "" for null."""
    return array.fill_null("") if array.null_count else array


def joined(texts: Sequence[pa.LargeStringArray]) -> pa.LargeStringArray:
    """The texts of each row joined by newlines, empty ones left out.

    pyarrow's own `null_handling="skip"` leaves out a whole row where every text is null (seen in 26.0).
    """
    whole = texts[0]
    for text in texts[1:]:
        both = pc.binary_join_element_wise(whole, text, NEWLINE)
        whole = pc.if_else(pc.equal(whole, NOTHING), text, pc.if_else(pc.equal(text, NOTHING), whole, both))
    return whole


def utf8(array: pa.Array) -> tuple[pa.LargeStringArray, pa.Table]:
    """Text or bytes as valid UTF-8, with FAULTS of rows that were not."""
    raw = array if pa.types.is_large_binary(array.type) else _binary(array)
    try:
        return filled(raw.cast(pa.large_string())), faults.FAULTS.empty_table()
    except pa.ArrowInvalid:
        values = [
            b"" if value is None else value for value in raw.to_pylist()
        ]  # one bad value: rare, so row by row
        decoded = [value.decode("utf-8", "replace") for value in values]
        bad = [i for i, value in enumerate(values) if not _valid(value)]
        found = [(i, faults.UTF8, BAD_UTF8, around(decoded[i])) for i in bad]
        return pa.array(decoded, pa.large_string()), faults.table(found)


def around(text: str) -> str:
    """The part of a text where its first replacement character stands."""
    at = max(text.find("\ufffd") - 40, 0)
    return faults.excerpt(text[at : at + EXCERPT_CHARACTERS])


def _valid(value: bytes) -> bool:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _binary(array: pa.Array) -> pa.LargeBinaryArray:
    """Text of any type as bytes, unchecked."""
    if pa.types.is_string(array.type):
        array = array.view(pa.binary())
    elif pa.types.is_large_string(array.type):
        return array.view(pa.large_binary())
    elif pa.types.is_string_view(array.type):
        array = array.view(pa.binary_view())
    return array.cast(pa.large_binary())


def _floats(array: pa.Array) -> pa.LargeStringArray:
    """Floating-point numbers as JSON writes them: 100.0, where Arrow's own cast gives 100."""
    codes = array.cast(pa.float64()).dictionary_encode()
    words = pa.array([json.dumps(value) for value in codes.dictionary.to_pylist()], pa.large_string())
    return words.take(codes.indices)


def _joined(array: pa.Array) -> tuple[pa.LargeStringArray, pa.Table]:
    """A list of texts a row, joined by newlines; a null entry is an empty line."""
    if pa.types.is_nested(array.type.value_type):
        return _as_json(array)
    lengths = list_lengths(array)
    entries, found = texts_of(pc.list_flatten(array))
    owners = np.repeat(np.arange(len(array)), lengths)
    lists = pa.LargeListArray.from_arrays(np.concatenate([[0], np.cumsum(lengths)]), entries)
    return filled(pc.binary_join(lists, NEWLINE)), faults.moved(found, owners)


def list_lengths(array: pa.Array) -> npt.NDArray[np.int64]:
    """(n,) entries of each list, 0 for null."""
    lengths = pc.list_value_length(array).fill_null(0)
    return np.asarray(lengths.to_numpy(zero_copy_only=False), np.int64)


def _as_json(array: pa.Array) -> tuple[pa.LargeStringArray, pa.Table]:
    """Nested values as JSON; they are no text, so each is a fault."""
    values = array.to_pylist()
    words = ["" if value is None else canonical_json(value) for value in values]
    full = np.flatnonzero([value is not None for value in values])
    return pa.array(words, pa.large_string()), faults.same(full, faults.TURNS, NOT_TEXT)


NOT_TEXT = "a column of text holds an object or a nested list"


def canonical_json(value: Any) -> str:
    """One spelling for one value: keys sorted, nulls left out (Arrow cannot tell them from absent keys)."""
    return scrubbed(
        json.dumps(_pruned(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    )


def scrubbed(text: str) -> str:
    """The text with U+FFFD for each lone surrogate, which JSON escapes can spell and UTF-8 cannot."""
    return text if text.isascii() else SURROGATES.sub("\ufffd", text)


def _pruned(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, dict):
        return {str(k): _pruned(v) for k, v in value.items() if v is not None}
    return [_pruned(v) for v in value] if isinstance(value, list | tuple) else value


def repaired(table: pa.Table) -> pa.Table:
    """The same table, where text that is not UTF-8 has U+FFFD for its bad bytes, at any depth."""
    for at, column in enumerate(table.columns):
        try:
            column.validate(full=True)
        except pa.ArrowInvalid:
            chunks = [_repaired(chunk) for chunk in column.chunks]
            table = table.set_column(at, table.schema.field(at), pa.chunked_array(chunks, column.type))
    return table


def _repaired(array: pa.Array) -> pa.Array:
    values = array.view(unchecked(array.type)).to_pylist()
    return pa.array(_decoded(values), array.type)


def _decoded(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, dict):
        return {k: _decoded(v) for k, v in value.items()}
    return [_decoded(v) for v in value] if isinstance(value, list) else value


def unchecked(kind: pa.DataType) -> pa.DataType:
    """The type with bytes in place of text, at any depth."""
    for test, raw in zip(STRINGS, (pa.binary(), pa.large_binary(), pa.binary_view()), strict=True):
        if test(kind):
            return raw
    if pa.types.is_struct(kind):
        return pa.struct([f.with_type(unchecked(f.type)) for f in kind])
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(unchecked(kind.value_type)))
    if pa.types.is_large_list(kind):
        return pa.large_list(kind.value_field.with_type(unchecked(kind.value_type)))
    return kind
