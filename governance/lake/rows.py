"""Kept rows: the user's own columns, given back with the very types and values they came with.

Names come from outside and may hold anything, so a column is stored by its place (c0, c1 ...) in a table of
its own version, and the Arrow schema stands beside the version. Types that DuckLake and Parquet both keep are
stored as they are and can be queried. Any other column (nulls, durations, decimals over 38 digits, unions,
8-bit dictionaries, fields with odd names ...) is stored as Arrow IPC bytes, one cell for each stretch of
rows. A decimal256 in a native column made DuckDB 1.5.5 invalidate its whole database, hence a list of what is
known to work and nothing else.
"""

from __future__ import annotations

import base64
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from governance.errors import InputError
from governance.lake.failures import translated
from governance.lake.sql import identifier, literal
from governance.lake.staging import GROUP_ROWS, Session, StagedFile, StagedTable
from governance.lake.tables import Table

if TYPE_CHECKING:
    from governance.lake.catalog import Lake

PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
NATIVE = (
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_float32,
    pa.types.is_float64,
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_date32,
)
BYTES = pa.large_binary()


@dataclass(frozen=True)
class KeptRows:
    """Durable files of kept rows, and what is needed to register and read them.

    Attributes:
        columns: the SQL column list of their table, as DuckDB sees the files.
        schema: base64 of the user's Arrow schema.
    """

    table: str
    files: list[StagedFile]
    columns: str
    schema: str


class StagedRows:
    """Rows on their way in; one file for each schema the reader meets, made one schema at the end."""

    def __init__(self, session: Session, version_id: str) -> None:
        self._session = session
        self._table = table_name(version_id)
        self._parts: list[tuple[pa.Schema, StagedTable]] = []

    def write(self, first_row: int, original: pa.Table) -> None:
        """The rows, of which the first has that number; in reading order."""
        for start in range(0, max(original.num_rows, 1), GROUP_ROWS):
            self._write(first_row + start, original.slice(start, GROUP_ROWS))

    def _write(self, first_row: int, original: pa.Table) -> None:
        if not self._parts or not self._parts[-1][0].equals(original.schema, check_metadata=True):
            self._parts.append((original.schema, self._new_part(original.schema)))
        self._parts[-1][1].write(encode(first_row, original))

    def finish(self) -> KeptRows:
        """The files, all of one schema."""
        if not self._parts:
            self._parts.append((pa.schema([]), self._new_part(pa.schema([]))))
        schema = unified([s for s, _ in self._parts])
        files: list[StagedFile] = []
        for own, part in list(self._parts):
            done = part.finish()
            files += done if own.equals(schema, check_metadata=True) else self._rewritten(done, own, schema)
        return KeptRows(self._table, files, self._columns(files, schema), encode_schema(schema))

    def discard(self) -> None:
        """Nothing of the rows is left, unless they were committed."""
        for _, part in self._parts:
            part.discard()

    def _new_part(self, schema: pa.Schema) -> StagedTable:
        return StagedTable(
            self._session, Table(self._table, storage_schema(schema), ("row",), keep_types=True)
        )

    def _rewritten(self, files: list[StagedFile], own: pa.Schema, schema: pa.Schema) -> list[StagedFile]:
        part = self._new_part(schema)
        for file in files:
            for first, table in _numbered(str(self._session.data / file.path), own):
                part.write(encode(first, promoted(table, schema)))
        self._session.discard([f.path for f in files])
        self._parts.append((schema, part))
        return part.finish()

    def _columns(self, files: list[StagedFile], schema: pa.Schema) -> str:
        if not files:
            return ", ".join(f"{identifier(n)} VARCHAR" for n in storage_schema(schema).names)
        path = literal(str(self._session.data / files[0].path))
        with duckdb.connect() as db:
            found = db.execute(f"DESCRIBE SELECT * FROM read_parquet({path})").fetchall()
        return ", ".join(f"{identifier(str(name))} {kind}" for name, kind, *_ in found)


def table_name(version_id: str) -> str:
    """The table of one version's rows."""
    return f"rows_{version_id}"


def read(lake: Lake, version_id: str, schema_text: str) -> Iterator[pa.Table]:
    """The rows in order, in pieces; read by Arrow from the catalog's files, as DuckDB would change types."""
    name = literal(table_name(version_id))
    paths = [str(row[0]) for row in lake.fetch(f"SELECT data_file FROM ducklake_list_files('lake', {name})")]
    with translated(lake.display, lake.dsn):
        yield from read_files(paths, decode_schema(schema_text))


def read_files(paths: list[str], schema: pa.Schema) -> Iterator[pa.Table]:
    """The rows of files of stored rows, in order; an empty table first, so that there is one."""
    yield schema.empty_table()
    for path in sorted(paths, key=_first_row):
        for stored in _groups(path):
            yield decode(stored, schema)


def read_some(
    lake: Lake, version_id: str, schema_text: str, places: Sequence[int], columns: Sequence[str]
) -> dict[int, pa.Table]:
    """Single rows by their place among the kept ones, with some of their columns; only their stretches are read."""
    name = literal(table_name(version_id))
    paths = [str(row[0]) for row in lake.fetch(f"SELECT data_file FROM ducklake_list_files('lake', {name})")]
    schema = decode_schema(schema_text)
    taken = [i for i, field in enumerate(schema) if field.name in columns]
    own = pa.schema([schema.field(i) for i in taken], schema.metadata)
    found: dict[int, pa.Table] = {}
    with translated(lake.display, lake.dsn):
        before = 0
        for path in sorted(paths, key=_first_row):
            with pq.ParquetFile(path) as file:
                for group in range(file.num_row_groups):
                    after = before + file.metadata.row_group(group).num_rows
                    wanted = [place for place in places if before <= place < after]
                    if wanted:
                        stored = file.read_row_group(group, ["row", *(f"c{i}" for i in taken)])
                        rows = decode(stored.select(["row", *(f"c{i}" for i in taken)]), own)
                        found |= {place: rows.slice(place - before, 1) for place in wanted}
                    before = after
    return found


def storage_schema(schema: pa.Schema) -> pa.Schema:
    """The columns of the table: the row number, then one for each of the user's columns."""
    own = [pa.field(f"c{i}", storage_type(f.type)) for i, f in enumerate(schema)]
    return pa.schema([pa.field("row", pa.int64(), False), *own])


def storage_type(kind: pa.DataType) -> pa.DataType:
    """The type a column is stored as: its own, its values' (dictionaries of text), or bytes."""
    if is_decoded(kind):
        return kind.value_type
    return kind if native(kind) else BYTES


def is_decoded(kind: pa.DataType) -> bool:
    """True of dictionaries stored as plain text; a narrow index may not count a row group's values."""
    if not pa.types.is_dictionary(kind) or kind.index_type.bit_width < 32:
        return False
    return kind.value_type in (pa.string(), pa.large_string())


def native(kind: pa.DataType) -> bool:
    """True of types that Parquet, DuckLake and back again keep as they are."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return native(kind.value_type)
    if pa.types.is_struct(kind):
        names = [kind.field(i).name for i in range(kind.num_fields)]
        distinct = {n.lower() for n in names}
        plain = all(PLAIN_NAME.fullmatch(n) for n in names)
        return bool(names) and len(distinct) == len(names) and plain and all(native(f.type) for f in kind)
    if pa.types.is_timestamp(kind):
        return kind.unit in {"ms", "us"}
    if pa.types.is_decimal128(kind):
        return bool(kind.scale >= 0)
    if pa.types.is_fixed_size_binary(kind):
        return bool(kind.byte_width > 0)
    return any(is_kind(kind) for is_kind in NATIVE)


def encode(first_row: int, table: pa.Table) -> pa.Table:
    """The rows as they are stored."""
    numbers = pa.array(np.arange(first_row, first_row + table.num_rows, dtype=np.int64))
    stored = [_encode_column(c) for c in table.columns]
    return pa.Table.from_arrays([numbers, *stored], schema=storage_schema(table.schema))


def decode(stored: pa.Table, schema: pa.Schema) -> pa.Table:
    """The user's rows of stored ones; `stored` holds whole stretches."""
    columns = [_decode_column(c, f.type) for c, f in zip(stored.columns[1:], schema, strict=True)]
    if not columns:
        return pa.table({"n": pa.nulls(stored.num_rows)}).select([])
    return pa.Table.from_arrays(columns, schema=schema)


def unified(schemas: list[pa.Schema]) -> pa.Schema:
    """The one schema all pieces can be given; nulls take any type, integers become wider."""
    if all(s.equals(schemas[0], check_metadata=True) for s in schemas):
        return schemas[0]
    try:
        return pa.unify_schemas(schemas, promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise InputError(
            f"a column has one type in one file and another in the next: {error}",
            hint="ingest the files apart, or give the column one type",
        ) from error


def promoted(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The rows with the unified schema; columns they lack are null."""
    count = table.num_rows
    columns = [
        table.column(f.name).cast(f.type) if f.name in table.column_names else pa.nulls(count, f.type)
        for f in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def encode_schema(schema: pa.Schema) -> str:
    """The schema as text."""
    return base64.b64encode(schema.serialize().to_pybytes()).decode()


def decode_schema(text: str) -> pa.Schema:
    """The schema of its text."""
    return pa.ipc.read_schema(pa.py_buffer(base64.b64decode(text)))


def _encode_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if native(kind):
        return column
    if is_decoded(kind):
        return pa.chunked_array([chunk.dictionary_decode() for chunk in column.chunks], kind.value_type)
    if not len(column):
        return pa.chunked_array([], BYTES)
    sink = pa.BufferOutputStream()
    piece = pa.table({"c": column})
    with pa.ipc.new_stream(sink, piece.schema) as writer:
        writer.write_table(piece)
    cell = pa.array([sink.getvalue().to_pybytes()], BYTES)
    return pa.chunked_array([cell, pa.nulls(len(column) - 1, BYTES)], BYTES)


def _decode_column(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if native(kind):
        return column.cast(kind)
    if is_decoded(kind):
        return pa.chunked_array([_as_dictionary(chunk, kind) for chunk in column.chunks], kind)
    pieces = [pa.ipc.open_stream(cell).read_all().column("c") for cell in column.drop_null().to_pylist()]
    return pa.chunked_array([chunk for piece in pieces for chunk in piece.chunks], kind)


def _as_dictionary(chunk: pa.Array, kind: pa.DictionaryType) -> pa.DictionaryArray:
    coded = chunk.dictionary_encode()
    return pa.DictionaryArray.from_arrays(
        coded.indices.cast(kind.index_type), coded.dictionary, ordered=kind.ordered
    )


def _groups(path: str) -> Iterator[pa.Table]:
    """Stored rows by row group; a stretch of rows never lies in two."""
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            yield file.read_row_group(group)


def _numbered(path: str, schema: pa.Schema) -> Iterator[tuple[int, pa.Table]]:
    """(number of the first row, rows) for each run of consecutive numbers."""
    for stored in _groups(path):
        numbers = stored.column("row").to_numpy()
        cuts = [0, *(np.flatnonzero(np.diff(numbers) != 1) + 1).tolist(), len(numbers)]
        for start, end in itertools.pairwise(cuts):
            yield int(numbers[start]), decode(stored.slice(start, end - start), schema)


def _first_row(path: str) -> int:
    with pq.ParquetFile(path) as file:
        return int(file.read_row_group(0, ["row"]).column("row")[0].as_py())
