"""Files that exported rows are written to, the same bytes however the rows come."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from governance.readers.kept import JSON

GROUP_ROWS = 16_384
"""Rows of a row group. Where groups end must not depend on how rows came."""
SETTINGS: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": 3,
    "version": "2.6",
    "data_page_version": "1.0",
    "store_schema": True,
}


class Sink(Protocol):
    """A file of rows being written."""

    rows: int

    def write(self, table: pa.Table) -> None:
        """The rows are on their way."""
        ...

    def close(self) -> None:
        """The file is whole."""
        ...


class ParquetSink:
    """Row groups of `GROUP_ROWS` rows, however the rows come."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.rows = 0
        self._writer = pq.ParquetWriter(path, schema, **SETTINGS)
        self._held: list[pa.Table] = []

    def write(self, table: pa.Table) -> None:
        """The rows are on their way."""
        self.rows += table.num_rows
        self._held.append(table.cast(self._writer.schema))
        if sum(t.num_rows for t in self._held) >= GROUP_ROWS:
            self._flush(whole=False)

    def _flush(self, *, whole: bool) -> None:
        table = pa.concat_tables(self._held)
        end = table.num_rows if whole else table.num_rows - table.num_rows % GROUP_ROWS
        for start in range(0, end, GROUP_ROWS):
            group = table.slice(start, min(GROUP_ROWS, end - start)).combine_chunks()
            self._writer.write_table(group, row_group_size=GROUP_ROWS)
        self._held = [table.slice(end)]

    def close(self) -> None:
        """The file is whole."""
        try:
            if self._held:
                self._flush(whole=True)
        finally:
            self._writer.close()


class JsonSink:
    """JSON lines: records as they were, other rows as polars writes them."""

    def __init__(self, path: Path) -> None:
        self.rows = 0
        self._file = path.open("wb")

    def write(self, table: pa.Table) -> None:
        """The rows are on their way."""
        self.rows += table.num_rows
        if table.column_names == [JSON] and pa.types.is_large_string(table.schema.field(JSON).type):
            self._file.write("".join(f"{text}\n" for text in table.column(JSON).to_pylist()).encode())
        else:
            pl.DataFrame(pl.from_arrow(table)).write_ndjson(self._file)

    def close(self) -> None:
        """The file is whole."""
        self._file.close()
