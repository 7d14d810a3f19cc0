"""What a training run is, as the lake keeps it: its record, its samples, its steps, who was in each batch.

A sample of a run has a number, 0, 1, 2 ... in the order of the split; batches name samples by it, because the same
text may stand in a split twice. The steps of a run are numbered 0, 1, 2 ... without a gap, whatever kills and
resumes lie between.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

RUNNING, FINISHED, FAILED, STOPPED = "running", "finished", "failed", "stopped"
STATES = (RUNNING, FINISHED, FAILED, STOPPED)
"""A run that was killed stays `running` until it is resumed."""

TEXT, LONG, REAL = pa.string(), pa.int64(), pa.float64()


def _columns(**types: pa.DataType) -> pa.Schema:
    return pa.schema([pa.field(name, kind, nullable=False) for name, kind in types.items()])


SAMPLES = pa.schema(
    [
        pa.field("number", LONG, False),
        pa.field("position", LONG, False),  # in the split
        pa.field("sample_id", TEXT, False),  # 64 hex
        pa.field("label", TEXT),
        pa.field("weight", REAL, False),  # the split's own; the weight of its label is multiplied to it
        pa.field("tokens", LONG, False),
        pa.field("supervised", LONG, False),  # tokens that the model learns to write
    ]
)
EXCLUSIONS = _columns(position=LONG, sample_id=TEXT, reason=TEXT, tokens=LONG)
"""Members of the split that are not trained on; `tokens` is 0 where there are none."""
STEPS = pa.schema(
    [
        pa.field("step", LONG, False),
        pa.field("loss", REAL, False),  # nats
        pa.field("learning_rate", REAL, False),  # that the step was taken with
        pa.field("grad_norm", REAL),  # before clipping; null where it was not measured
        pa.field("tokens", LONG, False),  # without padding
        pa.field("supervised", LONG, False),
        pa.field("seconds", REAL, False),
    ]
)
BATCHES = _columns(step=LONG, part=LONG, process=LONG, place=LONG, sample=LONG)
"""One row a sample in a micro-batch: `part` counts the micro-batches of a step in one process."""
CHECKPOINTS = _columns(step=LONG, path=TEXT, sha256=TEXT)
"""States kept on disk, after `step` steps; `sha256` covers the weights."""
WEIGHTS = _columns(step=LONG, label=TEXT, weight=REAL)
"""Weights of labels, in force from `step` on until the next ones."""


@dataclass(frozen=True)
class TrainingRecord:
    """Everything that decides what a run does, and when and where it ran.

    Attributes:
        run: the run's id.
        kind: sft or grpo.
        parent: the run whose model it starts from; empty where there is none.
        split: NAME@VERSION, or the folder of an exported one.
        split_hash: content hash of the split.
        model: name, folder or new:SIZE, as given.
        tokenizer: name or folder of its tokenizer; empty for the model's own.
        model_hash: 64 hex over the base model's files.
        folder: where checkpoints and the model are.
        settings: each key with its value.
        origins: each key with the place its value comes from.
        environment: versions, device, processes.
        govern: version of this program.
    """

    run: str
    kind: str
    split: str
    split_id: str
    split_hash: str
    model: str
    model_hash: str
    folder: str
    seed: int
    started: str
    user: str
    govern: str
    tokenizer: str = ""
    command: str = ""
    parent: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Progress:
    """Rows of a run that are not in the lake yet.

    Attributes:
        steps: `STEPS` columns.
        batches: `BATCHES` columns, of the same steps.
        checkpoints: `CHECKPOINTS` columns.
        weights: `WEIGHTS` columns.
    """

    steps: pa.Table = field(default_factory=STEPS.empty_table)
    batches: pa.Table = field(default_factory=BATCHES.empty_table)
    checkpoints: pa.Table = field(default_factory=CHECKPOINTS.empty_table)
    weights: pa.Table = field(default_factory=WEIGHTS.empty_table)
