"""What training reads of a split: its members with their conversations, weights and labels."""

from __future__ import annotations

import pyarrow as pa

from governance.samples import TURN

TRAIN, HOLDOUT = "train", "holdout"
PARTS = (TRAIN, HOLDOUT)
"""The parts of a split. What is held out is never trained on."""

MEMBERS = pa.schema(
    [
        pa.field("position", pa.int64(), False),  # 0-based, over the whole split; the order of its file
        pa.field("sample_id", pa.string(), False),  # 64 hex, of the entry as it is in the dataset version
        pa.field("part", pa.string(), False),  # one of PARTS
        pa.field("weight", pa.float64(), False),  # of the loss, 1.0 unless the policy says otherwise; > 0
        pa.field("dataset", pa.string(), False),  # NAME@VERSION
        pa.field("row", pa.int64(), False),  # row number in that version
        pa.field("source", pa.string()),
        pa.field("label", pa.string()),
        pa.field("group", pa.string()),
        pa.field("conversation", pa.list_(TURN), False),  # what is trained on: redacted where policy redacts
    ]
)
"""One row of a split. An equal text may stand in it twice; `position` tells the two apart."""
