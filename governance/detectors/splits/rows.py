"""What is kept of each row that belongs to a split or says its time."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa

from governance.detectors.splits.names import is_holdout
from governance.detectors.splits.times import days
from governance.rules.marks import owners
from governance.samples import ASSISTANT, SAMPLE_ID, SampleBatch

ROWS = pa.schema(
    [
        pa.field("row", pa.int64(), False),
        pa.field("sample", SAMPLE_ID, False),
        pa.field("held", pa.bool_()),  # held out from training; null where the split is neither or not known
        pa.field("group", pa.string()),
        pa.field("day", pa.int64()),  # days since 1970-01-01
        pa.field("prompt", pa.uint64()),  # hash of what is asked; null where nothing is answered
        pa.field("timed", pa.bool_(), False),  # whether the row says a time at all
    ]
)


def split_rows(batch: SampleBatch) -> pa.Table | None:
    """ROWS of those that belong to training or to a holdout, or that say a time; None where there are none."""
    split, time = batch.table.column("split"), batch.table.column("time")
    if split.null_count == len(batch) and time.null_count == len(batch):
        return None
    held = _held(pl.Series(pl.from_arrow(split), dtype=pl.String)).set(pl.Series(~batch.holds_text), None)
    times = pl.Series(pl.from_arrow(time), dtype=pl.String)
    some_held = held.null_count() < len(held)
    prompt = _prompts(batch) if some_held else pl.Series([None] * len(batch), dtype=pl.UInt64)
    table = pa.table(
        [
            pa.array(batch.rows),
            batch.sample_ids,
            held.to_arrow(),
            batch.table.column("group").combine_chunks(),
            days(times).to_arrow(),
            prompt.to_arrow(),
            times.is_not_null().to_arrow(),
        ],
        schema=ROWS,
    )
    return table.filter(pa.array((held.is_not_null() | times.is_not_null()).to_numpy()))


def _held(split: pl.Series) -> pl.Series:
    words = {word: is_holdout(word) for word in split.unique().drop_nulls().to_list()}
    return split.replace_strict(words, default=None, return_dtype=pl.Boolean)


def _prompts(batch: SampleBatch) -> pl.Series:
    """(rows,) a hash of the turns that are no answers, in any case and spacing; null for rows without an answer."""
    turns = batch.turns
    rows = owners(turns.starts)
    answers = turns.roles == ASSISTANT
    frame = pl.DataFrame({"row": rows, "text": pl.Series(pl.from_arrow(turns.contents), dtype=pl.String)})
    asked = frame.filter(~pl.Series(answers)).with_columns(
        pl.col("text").str.to_lowercase().str.replace_all(r"\s+", "").hash(0)
    )
    joined = (
        asked.group_by("row", maintain_order=True).agg(pl.col("text")).with_columns(pl.col("text").hash(0))
    )
    answered = np.unique(rows[answers])
    joined = joined.filter(pl.col("row").is_in(pl.Series(answered).implode()))
    whole = pl.DataFrame({"row": np.arange(len(batch))}).join(
        joined, on="row", how="left", maintain_order="left"
    )
    return whole.get_column("text")
