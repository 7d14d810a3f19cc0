"""Partials of mappers: kept in memory while small, on disk beyond that.

Arrow IPC files without compression: near-duplicate signatures and shingle sets are random bits, and reading single
columns back costs only those columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from pyarrow import ipc


class Spill:
    """Tables of one schema in the order they were added; implements `governance.rules.base.Partials`.

    Args:
        path: where to write once `limit` is passed.
        limit: bytes that may stay in memory.
        compression: of the file, None or "lz4"; text gains from it, signatures do not.
    """

    def __init__(self, path: Path, limit: int, compression: str | None = None) -> None:
        self._path = path
        self._limit = limit
        self._options = ipc.IpcWriteOptions(compression=compression)
        self._kept: list[pa.Table] = []
        self._kept_bytes = 0
        self._writer: ipc.RecordBatchFileWriter | None = None
        self._rows = 0
        self._finished = False

    @property
    def rows(self) -> int:
        """Rows added so far."""
        return self._rows

    @property
    def bytes_on_disk(self) -> int:
        """Size of the spill file, 0 where everything stayed in memory."""
        return self._path.stat().st_size if self._path.exists() else 0

    def add(self, table: pa.Table) -> None:
        """Keep one more table, of the same schema as those before."""
        self._rows += table.num_rows
        self._kept.append(table)
        self._kept_bytes += table.nbytes
        if self._kept_bytes > self._limit:
            self._flush()

    def finish(self) -> None:
        """No more tables will come: close the file, so that it can be read."""
        if self._writer is not None:
            self._flush()
            self._writer.close()
            self._writer = None
        self._finished = True

    def _flush(self) -> None:
        for table in self._kept:
            if self._writer is None:
                self._writer = ipc.new_file(str(self._path), table.schema, options=self._options)
            self._writer.write_table(table.combine_chunks())
        self._kept, self._kept_bytes = [], 0

    def tables(self, columns: list[str] | None = None) -> Iterator[pa.Table]:
        """The tables in order, optionally only some columns, one at a time in memory."""
        if not self._finished:
            self.finish()
        if self._path.exists():
            yield from self._from_disk(columns)
        for table in self._kept:
            yield table.select(columns) if columns is not None else table

    def _from_disk(self, columns: list[str] | None) -> Iterator[pa.Table]:
        # An OSFile and not a memory map: pages of a map count as resident memory, and the bound is on that.
        with pa.OSFile(str(self._path)) as file, ipc.open_file(file) as every:
            schema = every.schema
        wanted = None if columns is None else [schema.get_field_index(c) for c in columns]
        options = ipc.IpcReadOptions(included_fields=wanted, use_threads=False)
        with pa.OSFile(str(self._path)) as file, ipc.open_file(file, options=options) as reader:
            for i in range(reader.num_record_batches):
                table = pa.Table.from_batches([reader.get_batch(i)])
                yield table.select(columns) if columns is not None else table

    def read(self, columns: list[str] | None = None) -> pa.Table:
        """All tables as one; a table of no columns where none was added."""
        tables = list(self.tables(columns))
        return pa.concat_tables(tables) if tables else pa.table({})
