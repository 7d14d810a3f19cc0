"""Near-duplicate signatures that an audit leaves for the next one of the same dataset name.

Invariant: every pair of samples cached under one name and one set of parameters has been compared, and the
edges hold every pair that was near. An audit of an appended version then compares only the new samples with
all. What two audits of one name found at the same time cannot both be kept, because their new samples never
met; the second to commit keeps its report and lets its signatures go.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from governance.lake.staging import StagedFile, StagedTable
from governance.lake.tables import EDGES, SIGNATURE_BATCHES, SIGNATURES, names, table_of
from governance.text.signatures import EDGES as EDGE
from governance.text.signatures import SIGNATURES as SIGNATURE
from governance.text.signatures import prefixes

if TYPE_CHECKING:
    from governance.lake.catalog import Lake
    from governance.lake.commit import Transaction


class LakeSignatureCache:
    """The signatures of one dataset name under one parameter string, in `governance.text.signatures` schemas.

    Attributes:
        kept: after the commit, False where another audit of the name was faster and nothing could be added.
    """

    def __init__(self, lake: Lake, dataset: str, params: str) -> None:
        self.lake = lake
        self.dataset = dataset
        self.params = params
        self.kept = True
        self._seen = self._batches()
        self._signatures: StagedTable | None = None
        self._edges: StagedTable | None = None
        self._files: list[StagedFile] = []
        self._batch = uuid.uuid4().hex

    def known(self) -> npt.NDArray[np.uint64]:
        """Sorted: the first 8 bytes of every cached sample id as a big-endian number."""
        tables = self._read(SIGNATURES.name, "sample_id", _ID)
        parts = [prefixes(chunk) for table in tables for chunk in table.column("sample_id").chunks]
        joined = np.concatenate(parts) if parts else np.empty(0, np.uint64)
        return cast("npt.NDArray[np.uint64]", np.sort(joined))

    def signatures(self) -> Iterator[pa.Table]:
        """Every cached signature, in tables of some 65,000."""
        return self._read(SIGNATURES.name, names(SIGNATURE), SIGNATURE)

    def edges(self) -> pa.Table:
        """Every cached near pair, sorted by its two ids."""
        tables = list(self._read(EDGES.name, names(EDGE), EDGE))
        return pa.concat_tables([EDGE.empty_table(), *tables]).sort_by(
            [("a", "ascending"), ("b", "ascending")]
        )

    def stage(self, signatures: Iterable[pa.Table], edges: pa.Table) -> None:
        """New signatures and edges are in files; the audit's commit makes them part of the cache."""
        if self._signatures is None or self._edges is None:
            self._signatures = StagedTable(self.lake.session, SIGNATURES)
            self._edges = StagedTable(self.lake.session, EDGES)
        for table in signatures:
            self._signatures.write(self._owned(table))
        if edges.num_rows:
            self._edges.write(self._owned(edges))

    def prepare(self) -> None:
        """What was staged is durable; the lock is not needed for that."""
        if self._signatures is not None and self._edges is not None:
            self._files = [*self._signatures.finish(), *self._edges.finish()]

    def commit(self, tx: Transaction) -> None:
        """What was prepared is part of the transaction, unless the cache has changed since it was read."""
        if self._signatures is None or self._edges is None or not self._files:
            return
        if self._batches() != self._seen:
            self.kept = False
            self.discard()
            return
        tx.add(self._files)
        row = {
            "batch_id": self._batch,
            "dataset": self.dataset,
            "params": self.params,
            "seq": tx.seq,
            "signatures": self._signatures.rows,
            "edges": self._edges.rows,
        }
        tx.insert(SIGNATURE_BATCHES, table_of(SIGNATURE_BATCHES.schema, [row]))

    def discard(self) -> None:
        """Nothing that was staged is left."""
        for staged in (self._signatures, self._edges):
            if staged is not None:
                staged.discard()

    def _owned(self, table: pa.Table) -> pa.Table:
        return table.add_column(0, "batch_id", pa.repeat(pa.scalar(self._batch, pa.string()), table.num_rows))

    def _batches(self) -> list[str]:
        sql = "SELECT batch_id FROM lake.signature_batches WHERE dataset = ? AND params = ? ORDER BY seq"
        return [str(row[0]) for row in self.lake.fetch(sql, [self.dataset, self.params])]

    def _read(self, table: str, columns: str, schema: pa.Schema) -> Iterator[pa.Table]:
        for batch in self._seen:
            yield from self.lake.stream(
                f"SELECT {columns} FROM lake.{table} WHERE batch_id = ?", schema, [batch]
            )


_ID = pa.schema([SIGNATURE.field("sample_id")])
