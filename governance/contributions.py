"""The rows of the attribution ledger: what moved each evaluation item, in nats, and what does not add up.

They stand on this floor because the lake keeps them; `attribution.entries` names them for those who make them.
"""

from __future__ import annotations

import pyarrow as pa

ANSWER_LOSS, MARGIN = "answer_loss", "margin"
FUNCTIONALS = (ANSWER_LOSS, MARGIN)
"""Of what a contribution is the change: loss of the gold answer (its reduction counts as positive), or the margin of
the gold over a fixed competitor (its growth counts as positive)."""

CONTRIBUTIONS = pa.schema(
    [
        pa.field("start_step", pa.int64(), False),  # first optimizer step of the interval, 0-based
        pa.field("stop_step", pa.int64(), False),  # the step after its last
        pa.field("sample", pa.int64(), False),  # number in the run's list of samples
        pa.field("sample_id", pa.string(), False),  # 64 hex
        pa.field("suite", pa.string(), False),
        pa.field("item", pa.string(), False),
        pa.field("functional", pa.string(), False),
        pa.field("amount", pa.float64(), False),  # nats, positive helped; sums over samples
    ]
)
"""How far one sample moved one item within one interval, through all later steps that its momentum reached. An interval
of no steps is the close: what samples give each other when the bookings are shared out. For each item it sums to 0."""

BALANCES = pa.schema(
    [
        pa.field("start_step", pa.int64(), False),
        pa.field("stop_step", pa.int64(), False),
        pa.field("suite", pa.string(), False),
        pa.field("item", pa.string(), False),
        pa.field("functional", pa.string(), False),
        pa.field("before", pa.float64(), False),  # value of the functional at the interval's start, nats
        pa.field("after", pa.float64(), False),
        pa.field("attributed", pa.float64(), False),  # sum of CONTRIBUTIONS of this item and interval
        pa.field("weight_decay", pa.float64(), False),
        pa.field("carried", pa.float64(), False),  # momentum from before tracing began
        pa.field("residual", pa.float64(), False),  # change - attributed - weight_decay - carried
    ]
)
"""One line of the ledger for each item and interval: measured change = attributed + decay + carried + residual."""

REMOVALS = pa.schema(
    [
        pa.field("sample", pa.int64(), False),
        pa.field("sample_id", pa.string(), False),
        pa.field("suite", pa.string(), False),
        pa.field("item", pa.string(), False),
        pa.field("functional", pa.string(), False),
        pa.field(
            "score", pa.float64(), False
        ),  # unitless sum of z-scores (attribution.md, equation 5); a ranking
    ]
)
"""How much an item would change without a sample, as a ranking. Never added to contributions."""

SAMPLES = pa.schema(
    [
        pa.field("sample", pa.int64(), False),  # number in the run's list of samples
        pa.field("sample_id", pa.string(), False),  # 64 hex
        pa.field("dataset", pa.string()),  # NAME@VERSION
        pa.field("row", pa.int64()),  # row number in that version
        pa.field("source", pa.string()),
        pa.field("label", pa.string()),
        pa.field("group", pa.string()),
    ]
)
"""The run's list of samples: who they are, without their text."""
