"""What was read: counted while the batches pass, dataset by dataset."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from governance.readers import Source
from governance.report import DatasetRecord
from governance.samples import ROLES, SampleBatch


@dataclass
class Count:
    """Running totals of one dataset."""

    first_row: int
    rows: int = 0
    unreadable: int = 0
    characters: int = 0
    roles: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(ROLES), np.int64))
    ids: list[pa.FixedSizeBinaryArray] = field(default_factory=list)

    def add(self, batch: SampleBatch) -> None:
        """Take in one batch."""
        self.unreadable += unreadable(batch)
        self.rows += len(batch) + unreadable(batch)
        self.characters += pc.sum(pc.utf8_length(batch.turns.contents)).as_py() or 0
        self.roles += np.bincount(batch.turns.roles, minlength=len(ROLES))
        self.ids.append(batch.sample_ids)

    def record(self, source: Source, name: str) -> DatasetRecord:
        """The dataset as the report describes it."""
        return DatasetRecord(
            name=name,
            uri=source.uri,
            first_row=self.first_row,
            version=0,
            content_hash=content_hash(self.ids),
            rows=self.rows,
            unreadable=self.unreadable,
            columns=dict(source.columns),
            files=tuple(source.file_records()),
            notes=tuple(source.notes),
            characters=self.characters,
            roles={role: int(n) for role, n in zip(ROLES, self.roles, strict=True) if n},
        )


def unreadable(batch: SampleBatch) -> int:
    """Rows of a batch that have a number but could not be read."""
    rules = batch.problems.column("rule")
    unread = batch.problems.filter(pc.equal(rules, "INP001")).column("row")
    return int(
        pc.count_distinct(unread.filter(pc.invert(pc.is_in(unread, batch.table.column("row"))))).as_py()
    )


def content_hash(ids: Sequence[pa.FixedSizeBinaryArray]) -> str:
    """SHA-256 over the sorted sample ids: the same for the same rows in any order and any number of files."""
    raw = b"".join(_raw(array) for array in ids)
    words = np.frombuffer(raw, ">u8").reshape(-1, 4)
    order = np.lexsort((words[:, 3], words[:, 2], words[:, 1], words[:, 0]))
    return hashlib.sha256(np.ascontiguousarray(words[order]).tobytes()).hexdigest()


def _raw(ids: pa.FixedSizeBinaryArray) -> bytes:
    data: memoryview = memoryview(ids.buffers()[1])
    return bytes(data[ids.offset * 32 : (ids.offset + len(ids)) * 32])


def total(records: Sequence[DatasetRecord]) -> Mapping[str, Any]:
    """Rows over all datasets of an audit, and how many of them could not be read."""
    return {"rows": sum(r.rows for r in records), "unreadable": sum(r.unreadable for r in records)}
