"""What every format hands on: consecutive records of a file, good ones as columns, bad ones as faults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from governance.columns import Kind, Plan
from governance.readers.faults import FAULTS
from governance.report import FileRecord


@dataclass(frozen=True)
class Records:
    """Consecutive records of a file.

    Attributes:
        table: the plan's columns of the records that could be read, of any Arrow type.
        lines: (count,) 1-based line or row of every record, the unreadable ones included.
        kept: (table.num_rows,) index into `lines` of each row of the table, ascending.
        faults: `FAULTS`, positions are indices into `lines`.
        original: the user's own columns of the rows of the table, where they were asked for.
    """

    table: pa.Table
    lines: npt.NDArray[np.int64]
    kept: npt.NDArray[np.int64]
    faults: pa.Table = field(default_factory=FAULTS.empty_table)
    original: pa.Table | None = None

    @classmethod
    def whole(cls, table: pa.Table, first_line: int, original: pa.Table | None = None) -> Records:
        """Records none of which is unreadable, on consecutive lines."""
        every = np.arange(table.num_rows, dtype=np.int64)
        return cls(table, every + first_line, every, original=original)


class Reader(Protocol):
    """One file of one format."""

    @property
    def path(self) -> str:
        """The file as the user would name it."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What must not be silent; complete after the last record."""
        ...

    def columns(self) -> Mapping[str, Kind]:
        """The columns of the file and what they hold."""
        ...

    def possible(self) -> Mapping[str, Kind]:
        """The columns, and those that rows not yet seen may bring where the file has no schema."""
        ...

    def records(self, plan: Plan, *, original: bool) -> Iterator[Records]:
        """All records in order, a bounded number at a time."""
        ...

    def total(self) -> int | None:
        """Number of records, where that is known without reading them."""
        ...

    def record(self, rows: int) -> FileRecord:
        """Size and hash of the file; after the last record."""
        ...
