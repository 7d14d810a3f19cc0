"""Arrow IPC files (.arrow, Feather 2) and streams, record batch by record batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyarrow as pa
from pyarrow import ipc

from governance.columns import Kind, Plan
from governance.errors import InputError
from governance.readers.columnar import distrusted, records_of
from governance.readers.kinds import SPELLED, checked_schema, kinds_of, spelled_kinds
from governance.readers.records import Records
from governance.readers.streams import hashed, opened
from governance.readers.texts import texts_of
from governance.report import FileRecord

FIRST_ROWS = 32
DAMAGED = (pa.ArrowException, OSError, MemoryError, ValueError, IndexError)
HINT = "the file is damaged or was cut short; write or download it again"


class IpcReader:
    """An Arrow IPC file or stream on disk, memory-mapped."""

    def __init__(self, path: str, *, stream: bool) -> None:
        self.path = path
        self.notes: tuple[str, ...] = ()
        self._stream = stream
        self._schema = checked_schema(self._opened()[0], path)

    def columns(self) -> Mapping[str, Kind]:
        """The columns of the schema; text that spells lists of turns is known by its first values."""
        kinds = kinds_of(self._schema)
        spelled = [n for n, k in kinds.items() if k is Kind.TEXT and n.lower() in SPELLED]
        first = next(self._batches(), None) if spelled else None
        if first is None:
            return kinds
        head = first[1].slice(0, FIRST_ROWS)
        return spelled_kinds(kinds, {name: texts_of(head.column(name))[0].to_pylist() for name in spelled})

    def possible(self) -> Mapping[str, Kind]:
        """The columns; a schema knows no others."""
        return self.columns()

    def total(self) -> int | None:
        """Not known without going through all record batches."""
        return None

    def record(self, rows: int) -> FileRecord:
        """Size and hash of the file."""
        return hashed(self.path, rows)

    def records(self, plan: Plan, *, original: bool) -> Iterator[Records]:
        """All rows in order.

        Raises:
            InputError: the file is damaged; it is not used in part.
        """
        line = 1
        for batch, checked in self._batches():
            whole = pa.Table.from_batches([batch]) if original else None
            yield from records_of(pa.Table.from_batches([checked]), plan, line, whole)
            line += batch.num_rows

    def _batches(self) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
        """The record batches as they are, and with text as bytes, offsets checked."""
        _, batches = self._opened()
        number = 0
        while True:
            number += 1
            try:
                batch = next(batches, None)
                checked = None if batch is None else distrusted(batch)
            except DAMAGED as error:
                what = f"record batch {number} cannot be read ({type(error).__name__})"
                raise InputError(what, where=self.path, hint=HINT) from error
            if checked is None:
                return
            yield batch, checked

    def _opened(self) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        opened(self.path).close()
        try:
            source = pa.memory_map(self.path)
            if self._stream:
                reader = ipc.open_stream(source)
                return reader.schema, iter(reader)
            file = ipc.open_file(source)
            return file.schema, (file.get_batch(i) for i in range(file.num_record_batches))
        except DAMAGED as error:
            raise InputError("the Arrow data cannot be read", where=self.path, hint=HINT) from error
