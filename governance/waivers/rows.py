"""What the pass keeps of each row so that waivers can ask about it afterwards; nothing where none asks."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from governance.report import DatasetRecord
from governance.samples import SampleBatch
from governance.spill import Spill
from governance.waivers.suppress import FACTS, IGNORES, Rows


class RowFacts:
    """Facts about rows, gathered batch by batch.

    Args:
        scratch: a folder for what does not fit into memory.
        memory: bytes that may stay in memory.
        wanted: a waiver asks about rows.
    """

    def __init__(self, scratch: Path, memory: int, *, wanted: bool) -> None:
        self._wanted = wanted
        self._facts = Spill(scratch / "facts.arrow", memory, compression="lz4")
        self._ignores = Spill(scratch / "ignores.arrow", memory, compression="lz4")

    def add(self, batch: SampleBatch) -> None:
        """Keep what is asked for of one batch."""
        if self._wanted:
            self._facts.add(batch.table.select(FACTS))
        asking = batch.table.column("ignored").is_valid()
        if pc.any(asking).as_py():
            self._ignores.add(_codes(batch.table.select(["row", "ignored"]).filter(asking)))

    def about(self, evidence: pa.Table, datasets: Iterable[DatasetRecord]) -> Rows:
        """The facts of the rows that evidence speaks of."""
        empty, names = Rows(), tuple((d.first_row, d.name) for d in datasets)
        if not self._facts.rows and not self._ignores.rows:
            return Rows(datasets=names)
        rows = pl.DataFrame(pl.from_arrow(evidence.select(["row"]))).unique()
        return Rows(
            facts=_of(self._facts, rows, empty.facts),
            datasets=names,
            ignores=_of(self._ignores, rows, empty.ignores),
        )


def _codes(asked: pa.Table) -> pa.Table:
    """Columns row and `IGNORES`: the rule codes, which stand one a line, or one after another with commas."""
    codes = pl.Series(pl.from_arrow(asked["ignored"]), dtype=pl.String).str.extract_all(r"[A-Za-z][\w-]*")
    return pa.table({"row": asked["row"], IGNORES: codes.to_arrow()})


def _of(spill: Spill, rows: pl.DataFrame, empty: pl.DataFrame) -> pl.DataFrame:
    """What the spill has of these rows; tables come one by one, so the whole is never in memory."""
    parts = [pl.DataFrame(pl.from_arrow(table)).join(rows, on="row", how="semi") for table in spill.tables()]
    return pl.concat([empty, *(part.cast(empty.schema) for part in parts)])
