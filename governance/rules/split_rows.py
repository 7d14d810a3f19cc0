"""What the split rules share: the rows that belong to a split or say a time, mapped once."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
import pyarrow as pa

from governance.rules.base import Mapper, Partials, Setup
from governance.samples import SampleBatch, hex_ids


def _map(batch: SampleBatch, _: Setup) -> pa.Table | None:
    from governance.detectors.splits.rows import split_rows

    return split_rows(batch)


SPLITS = Mapper("splits", _map)


def all_rows(partials: Mapping[str, Partials]) -> pl.DataFrame:
    """`splits.rows.ROWS` with the sample as hexadecimal `sample_id`."""
    from governance.detectors.splits.rows import ROWS
    from governance.text.store import chunk

    table = partials[SPLITS.name].read()
    if not table.num_rows:
        table = ROWS.empty_table()
    ids = hex_ids(chunk(table.column("sample"))) if table.num_rows else pa.array([], pa.string())
    return pl.DataFrame(pl.from_arrow(table.drop_columns("sample").append_column("sample_id", ids)))


def with_sides(partials: Mapping[str, Partials]) -> pl.DataFrame:
    """The rows that are known to be of training or held out."""
    return all_rows(partials).filter(pl.col("held").is_not_null())
