"""The contamination search of one batch: from samples to a table of candidates that `decide` can merge.

A partial holds two kinds of lines. A line with an item is a candidate: this turn may hold this item's
question. A line with an n-gram is a document frequency: so many rows of the batch hold it (n-gram -1: rows
of the batch). Partials of a dataset can be concatenated in any order and in batches of any size; what is
decided is the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from governance.detectors.contamination.confirm import Facts, confirm
from governance.detectors.contamination.index import ItemIndex
from governance.detectors.contamination.options import MOST_OPTIONS
from governance.detectors.contamination.scan import Candidates, scan
from governance.samples import SAMPLE_ID, SampleBatch

ALL_ROWS = -1
CUT_SHORT = -2

_SPAN = pa.struct([pa.field("option", pa.int8()), pa.field("start", pa.int32()), pa.field("end", pa.int32())])
_RUN = pa.struct(
    [pa.field("turn_token", pa.int32()), pa.field("item_token", pa.int32()), pa.field("tokens", pa.int32())]
)

PARTIAL = pa.schema(
    [
        pa.field("gram", pa.int32()),  # of a document frequency; null for a candidate
        pa.field("rows", pa.int64()),
        pa.field("row", pa.int64()),
        pa.field("sample_id", SAMPLE_ID),
        pa.field("turn", pa.int32()),  # within the row
        pa.field("item", pa.int32()),  # place in `PreparedItems`
        pa.field("how", pa.uint8()),
        pa.field("runs", pa.list_(_RUN)),  # equal words, as token positions of both sides
        pa.field("start", pa.int64()),
        pa.field("end", pa.int64()),
        pa.field("ask", pa.float32()),
        pa.field("specifics", pa.float32()),
        pa.field("spoken", pa.float32()),
        pa.field("before", pa.uint8()),
        pa.field("behind", pa.uint8()),
        pa.field("blanks_kept", pa.bool_()),
        pa.field("options", pa.list_(_SPAN)),
        pa.field("lists", pa.bool_()),
        pa.field("fills", pa.float32()),
        pa.field("context", pa.float32()),
        pa.field("answer_turn", pa.int32()),  # within the row, or null
        pa.field("answer_start", pa.int64()),
        pa.field("answer_end", pa.int64()),
    ]
)


def search(batch: SampleBatch, index: ItemIndex) -> pa.Table:
    """The partial of a batch, `PARTIAL` columns."""
    scanned = scan(batch, index)
    facts = confirm(batch.turns, scanned.candidates, index.items.arrays)
    frequencies = pa.table(
        {
            "gram": pa.array(np.concatenate([[ALL_ROWS, CUT_SHORT], scanned.grams]).astype(np.int32)),
            "rows": pa.array(np.concatenate([[len(batch), scanned.cut], scanned.rows_with]).astype(np.int64)),
        }
    )
    found = _candidate_table(batch, scanned.candidates, facts)
    return pa.concat_tables([_padded(found), _padded(frequencies)])


def _padded(table: pa.Table) -> pa.Table:
    """The table with every column of `PARTIAL`, null where it has none."""
    columns = [
        table.column(f.name).cast(f.type)
        if f.name in table.column_names
        else pa.nulls(table.num_rows, f.type)
        for f in PARTIAL
    ]
    return pa.table(columns, schema=PARTIAL)


def _candidate_table(batch: SampleBatch, found: Candidates, facts: Facts) -> pa.Table:
    starts = batch.turns.starts
    rows = np.searchsorted(starts, found.turns, side="right") - 1
    answered = facts.answer_turns >= 0
    first = starts[rows] if len(rows) else np.zeros(0, np.int64)
    return pa.table(
        {
            "row": pa.array(batch.rows[rows], pa.int64()),
            "sample_id": batch.sample_ids.take(pa.array(rows, pa.int64())),
            "turn": pa.array(found.turns - first, pa.int32()),
            "item": pa.array(found.items, pa.int32()),
            "how": pa.array(found.how, pa.uint8()),
            "runs": _run_lists(found),
            "start": pa.array(facts.spans[:, 0], pa.int64()),
            "end": pa.array(facts.spans[:, 1], pa.int64()),
            **{n: pa.array(getattr(facts, n)) for n in ("ask", "specifics", "spoken", "before", "behind")},
            "blanks_kept": pa.array(facts.blanks_kept, pa.bool_()),
            "options": _option_lists(facts),
            "lists": pa.array(facts.lists, pa.bool_()),
            "fills": pa.array(facts.fills),
            "context": pa.array(facts.context),
            "answer_turn": _masked(facts.answer_turns - first, answered, pa.int32()),
            "answer_start": _masked(facts.answer_spans[:, 0], answered, pa.int64()),
            "answer_end": _masked(facts.answer_spans[:, 1], answered, pa.int64()),
        }
    )


def _masked(values: npt.NDArray[Any], known: npt.NDArray[np.bool_], kind: pa.DataType) -> pa.Array:
    return pa.array(values, kind, mask=~known)


def _run_lists(found: Candidates) -> pa.ListArray:
    runs = pa.StructArray.from_arrays(
        [pa.array(np.ascontiguousarray(found.runs[:, i])) for i in range(3)], fields=list(_RUN)
    )
    return pa.ListArray.from_arrays(pa.array(found.first, pa.int32()), runs)


def _option_lists(facts: Facts) -> pa.ListArray:
    bits = (facts.options[:, None] >> np.arange(MOST_OPTIONS, dtype=np.uint32)) & 1 == 1
    offsets = np.concatenate([[0], np.cumsum(bits.sum(axis=1))])
    numbers = np.broadcast_to(np.arange(MOST_OPTIONS, dtype=np.int8), bits.shape)[bits]
    spans = facts.option_spans[bits]
    columns = [pa.array(numbers), pa.array(spans[:, 0].copy()), pa.array(spans[:, 1].copy())]
    return pa.ListArray.from_arrays(
        pa.array(offsets, pa.int32()), pa.StructArray.from_arrays(columns, fields=list(_SPAN))
    )
