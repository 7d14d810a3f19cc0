"""Parquet, row group by row group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from governance.columns import Kind, Plan
from governance.errors import InputError
from governance.readers.columnar import records_of, wanted_columns
from governance.readers.kinds import SPELLED, checked_schema, kinds_of, spelled_kinds
from governance.readers.options import BATCH_BYTES, BATCH_ROWS
from governance.readers.records import Records
from governance.readers.streams import hashed, opened
from governance.readers.texts import texts_of
from governance.report import FileRecord

BUFFER = 1 << 20
"""Pages are read through a buffer of this size; without one pyarrow holds whole column chunks."""
FIRST_ROWS = 32
DAMAGED = (pa.ArrowException, OSError, MemoryError, ValueError, KeyError, IndexError, OverflowError)
"""What pyarrow raises on a file that is not what its footer says."""
HINT = "the file is damaged; write or download it again"


class ParquetReader:
    """A Parquet file.

    A file is used whole or not at all: a damaged row group, or a footer that disagrees with the data, is an
    InputError, because a gate must not pass on half a file.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.notes: tuple[str, ...] = ()
        with self._file() as file, self._watched("the footer"):
            self._rows = file.metadata.num_rows
            self._groups = _checked_groups(file.metadata, Path(path).stat().st_size, path)
            self._schema = checked_schema(file.schema_arrow, path)
        if sum(self._groups) != self._rows:
            what = f"the footer says {self._rows} rows, its row groups have {sum(self._groups)}"
            raise InputError(what, where=path, hint=HINT)

    def columns(self) -> Mapping[str, Kind]:
        """The columns of the schema; text that spells lists of turns is known by its first values."""
        kinds = kinds_of(self._schema)
        spelled = [n for n, k in kinds.items() if k is Kind.TEXT and n.lower() in SPELLED]
        if not spelled or not self._rows:
            return kinds
        with self._file() as file, self._watched("row group 1"):
            first = next(file.iter_batches(batch_size=FIRST_ROWS, columns=spelled, use_threads=False), None)
            texts = (
                {}
                if first is None
                else {name: texts_of(first.column(name))[0].to_pylist() for name in spelled}
            )
        return spelled_kinds(kinds, texts)

    def possible(self) -> Mapping[str, Kind]:
        """The columns; a schema knows no others."""
        return self.columns()

    def total(self) -> int | None:
        """Number of rows, from the footer."""
        return int(self._rows)

    def record(self, rows: int) -> FileRecord:
        """Size and hash of the file."""
        return hashed(self.path, rows)

    def records(self, plan: Plan, *, original: bool) -> Iterator[Records]:
        """All rows in order.

        Raises:
            InputError: a row group is damaged or has not the rows the footer promises.
        """
        wanted = list(self._schema.names) if original else wanted_columns(plan, self._schema.names)
        line = 1
        with self._file() as file:
            for group, promised in enumerate(self._groups):
                first = line
                for table in self._batches(file, group, wanted):
                    yield from records_of(table, plan, line, table if original else None)
                    line += table.num_rows
                if line - first != promised:
                    what = f"row group {group + 1} has {line - first} rows, the footer says {promised}"
                    raise InputError(what, where=self.path, hint=HINT)

    def _batches(self, file: pq.ParquetFile, group: int, wanted: list[str]) -> Iterator[pa.Table]:
        """The rows of one row group, few enough at a time for their text to fit into a batch."""
        with self._watched(f"row group {group + 1}"):
            rows = batch_rows(file.metadata.row_group(group), wanted)
            batches = file.iter_batches(
                batch_size=rows, row_groups=[group], columns=wanted, use_threads=False
            )
        while True:
            with self._watched(f"row group {group + 1}"):
                batch = next(batches, None)
            if batch is None:
                return
            yield pa.Table.from_batches([batch])

    @contextmanager
    def _watched(self, place: str) -> Iterator[None]:
        try:
            yield
        except DAMAGED as error:
            what = f"{place} cannot be read ({type(error).__name__})"
            raise InputError(what, where=self.path, hint=HINT) from error

    @contextmanager
    def _file(self) -> Iterator[pq.ParquetFile]:
        """The open file."""
        opened(self.path).close()
        try:
            file = pq.ParquetFile(
                self.path, buffer_size=BUFFER, pre_buffer=False, page_checksum_verification=True
            )
        except DAMAGED as error:
            hint = "the file is damaged or was cut short; write or download it again"
            raise InputError("the Parquet footer cannot be read", where=self.path, hint=hint) from error
        with file:
            yield file


def _checked_groups(metadata: pq.FileMetaData, size: int, path: str) -> list[int]:
    """Rows of each row group, where the footer's numbers are possible at all in a file of this size."""
    found = []
    for index in range(metadata.num_row_groups):
        group = metadata.row_group(index)
        chunks = [group.column(i) for i in range(group.num_columns)]
        inside = all(0 <= c.total_compressed_size <= size and 0 <= _start(c) <= size for c in chunks)
        if (
            group.num_rows < 0
            or not inside
            or any(_start(c) + c.total_compressed_size > size for c in chunks)
        ):
            what = f"the footer places row group {index + 1} outside the file"
            raise InputError(what, where=path, hint=HINT)
        _same_counts(metadata, index, path)
        found.append(int(group.num_rows))
    return found


def _same_counts(metadata: pq.FileMetaData, index: int, path: str) -> None:
    """Columns without lists have as many values as the row group has rows; with fewer rows, some would go unread."""
    group = metadata.row_group(index)
    for i in range(group.num_columns):
        values = group.column(i).num_values
        if metadata.schema.column(i).max_repetition_level == 0 and values != group.num_rows:
            what = f"the footer says row group {index + 1} has {group.num_rows} rows and a column of {values} values"
            raise InputError(what, where=path, hint=HINT)


def _start(chunk: pq.ColumnChunkMetaData) -> int:
    first = chunk.dictionary_page_offset if chunk.has_dictionary_page else None
    return int(chunk.data_page_offset if not first else min(first, chunk.data_page_offset))


def batch_rows(group: pq.RowGroupMetaData, wanted: list[str]) -> int:
    """Rows to decode at once, by the average size the footer gives; what comes out is measured again."""
    chunks = [group.column(i) for i in range(group.num_columns)]
    size = sum(c.total_uncompressed_size for c in chunks if c.path_in_schema.split(".")[0] in wanted)
    return max(1, min(BATCH_ROWS, BATCH_BYTES * max(int(group.num_rows), 1) // max(int(size), 1)))
