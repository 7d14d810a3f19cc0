"""Vectors that an audit leaves for the next: by sample id, whatever dataset the sample is in, under one model.

A vector follows from the text and the model alone, so what two audits add at the same time can both stay, and a sample
that is there twice is read as one. The batches of a dataset go with it when it is removed.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from governance.embedding.store import EMBEDDING
from governance.lake.staging import StagedTable
from governance.lake.tables import EMBEDDING_BATCHES, EMBEDDINGS, names, table_of
from governance.text.signatures import prefixes

if TYPE_CHECKING:
    from governance.lake.catalog import Lake
    from governance.lake.commit import Transaction
    from governance.lake.staging import StagedFile

_ID = pa.schema([EMBEDDING.field("sample_id")])


class LakeEmbeddings:
    """The vectors of a lake, those of one model at a time; new ones are filed under a dataset name."""

    def __init__(self, lake: Lake, dataset: str) -> None:
        self.lake = lake
        self.dataset = dataset
        self._models: dict[str, ModelEmbeddings] = {}

    def of(self, model: str) -> ModelEmbeddings:
        """The vectors of one model, by its key."""
        return self._models.setdefault(model, ModelEmbeddings(self.lake, self.dataset, model))

    def prepare(self) -> None:
        """What was staged is durable; the lock is not needed for that."""
        for model in self._models.values():
            model.prepare()

    def commit(self, tx: Transaction) -> None:
        """What was prepared is part of the transaction."""
        for model in self._models.values():
            model.commit(tx)


class ModelEmbeddings:
    """The vectors of one model, as `governance.embedding.rows.EmbeddingStore`."""

    def __init__(self, lake: Lake, dataset: str, model: str) -> None:
        self.lake = lake
        self.dataset = dataset
        self.model = model
        self._staged: StagedTable | None = None
        self._files: list[StagedFile] = []
        self._batch = uuid.uuid4().hex
        sql = "SELECT batch_id FROM lake.embedding_batches WHERE model = ? ORDER BY seq"
        self._seen = [str(row[0]) for row in lake.fetch(sql, [model])]

    def known(self) -> npt.NDArray[np.uint64]:
        """Sorted: the first 8 bytes of every stored sample id as a big-endian number."""
        parts = [prefixes(c) for t in self._read("sample_id", _ID) for c in t.column("sample_id").chunks]
        return cast("npt.NDArray[np.uint64]", np.unique(np.concatenate([np.empty(0, np.uint64), *parts])))

    def vectors(self) -> Iterator[pa.Table]:
        """Every stored sample, in tables of some 65,000."""
        return self._read(names(EMBEDDING), EMBEDDING)

    def stage(self, vectors: Iterable[pa.Table]) -> None:
        """New vectors are in files; the audit's commit makes them part of the store."""
        self._staged = self._staged or StagedTable(self.lake.session, EMBEDDINGS)
        for table in vectors:
            owner = pa.repeat(pa.scalar(self._batch, pa.string()), table.num_rows)
            self._staged.write(table.add_column(0, "batch_id", owner))

    def prepare(self) -> None:
        """What was staged is durable."""
        if self._staged is not None:
            self._files = self._staged.finish()

    def commit(self, tx: Transaction) -> None:
        """What was prepared is part of the transaction."""
        if self._staged is None or not self._files:
            return
        tx.add(self._files)
        row: dict[str, object] = {
            "batch_id": self._batch,
            "dataset": self.dataset,
            "model": self.model,
            "seq": tx.seq,
            "vectors": self._staged.rows,
        }
        tx.insert(EMBEDDING_BATCHES, table_of(EMBEDDING_BATCHES.schema, [row]))

    def _read(self, columns: str, schema: pa.Schema) -> Iterator[pa.Table]:
        for batch in self._seen:
            sql = f"SELECT {columns} FROM lake.{EMBEDDINGS.name} WHERE batch_id = ?"
            yield from self.lake.stream(sql, schema, [batch])
