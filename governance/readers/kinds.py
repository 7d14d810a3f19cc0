"""What Arrow columns hold, from their types and, where a type says too little, their first values."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pyarrow as pa

from governance.columns import CHAT, HISTORY, Kind
from governance.errors import InputError
from governance.readers.jsonvalues import kind_of
from governance.readers.texts import is_text
from governance.readers.turns import CALL_FIELDS, CONTENT_FIELDS, ROLE_FIELDS

SPELLED = frozenset({*CHAT, *HISTORY})
"""Columns whose text may be a list spelled as JSON: CSV has no other way, some Parquet files do it too."""


def kinds_of(schema: pa.Schema) -> dict[str, Kind]:
    """Column -> kind; fields of structs by their dotted path."""
    found: dict[str, Kind] = {}
    for column in schema:
        found |= _kinds(column.name, column.type)
    return found


def _kinds(name: str, kind: pa.DataType) -> dict[str, Kind]:
    found = {name: kind_of_type(kind)}
    if pa.types.is_struct(kind):
        for inner in kind:
            found |= _kinds(f"{name}.{inner.name}", inner.type)
    return found


def kind_of_type(kind: pa.DataType) -> Kind:
    """What values of an Arrow type are."""
    if pa.types.is_dictionary(kind):
        return kind_of_type(kind.value_type)
    if is_text(kind):
        return Kind.TEXT
    if pa.types.is_null(kind):
        return Kind.EMPTY
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _kind_of_list(kind.value_type)
    return Kind.OTHER if pa.types.is_nested(kind) else Kind.NUMBER


def _kind_of_list(kind: pa.DataType) -> Kind:
    if pa.types.is_struct(kind):
        names = {inner.name for inner in kind}
        said = names & {*CONTENT_FIELDS, *CALL_FIELDS}
        return Kind.TURNS if said and names & {*ROLE_FIELDS} else Kind.OBJECTS
    inner = kind_of_type(kind)
    return {
        Kind.TEXT: Kind.STRINGS,
        Kind.STRINGS: Kind.PAIRS,
        Kind.EMPTY: Kind.EMPTY,
    }.get(inner, Kind.OTHER)


def spelled_kinds(kinds: Mapping[str, Kind], first: Mapping[str, Sequence[str | None]]) -> dict[str, Kind]:
    """The kinds, where columns of text that spell lists of turns are TURNS."""
    found = dict(kinds)
    for name, texts in first.items():
        given = [text for text in texts if text and text.strip()]
        if name.lower() in SPELLED and given and all(_kind_of_text(text) is Kind.TURNS for text in given):
            found[name] = Kind.TURNS
    return found


def _kind_of_text(text: str) -> Kind:
    if not text.lstrip().startswith("["):
        return Kind.TEXT
    try:
        return kind_of([json.loads(text)])
    except (ValueError, RecursionError):
        return Kind.TEXT


def distinct_names(names: Sequence[str], where: str) -> None:
    """Nothing, where every column has a name of its own.

    Raises:
        InputError: two columns are called the same, so a name would not say which is meant.
    """
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        hint = "give every column a name of its own"
        raise InputError(f"two columns are called {twice[0]!r}", where=where, hint=hint)


def checked_schema(schema: pa.Schema, where: str) -> pa.Schema:
    """The same schema, where all of its names are UTF-8 and those of its columns distinct.

    Raises:
        InputError: they are not.
    """
    try:
        for column in schema:
            _touch_names(column.type)
        distinct_names(schema.names, where)
    except UnicodeDecodeError as error:
        hint = "the file is damaged; write or download it again"
        raise InputError("a column name is not UTF-8", where=where, hint=hint) from error
    return schema


def _touch_names(kind: pa.DataType) -> None:
    """Decode every name inside a type; pyarrow does so on access only."""
    for i in range(kind.num_fields):
        inner = kind.field(i)
        _ = inner.name
        _touch_names(inner.type)


def column_at(table: pa.Table, path: str) -> pa.ChunkedArray:
    """A column by name, or by a dotted path into structs."""
    if path in table.column_names or "." not in path:
        return table.column(path)
    outer, inner = path.split(".", 1)
    column = table.column(outer)
    fields = pa.Table.from_batches([pa.RecordBatch.from_struct_array(c) for c in _chunks(column)])
    return column_at(fields, inner)


def _chunks(column: pa.ChunkedArray) -> list[pa.Array]:
    return column.chunks or [pa.array([], column.type)]


def outer_columns(paths: Sequence[str], names: Sequence[str]) -> list[str]:
    """The top-level columns that hold these paths, in the order of the data."""
    wanted = {path if path in names else path.split(".", 1)[0] for path in paths}
    return [name for name in names if name in wanted]
