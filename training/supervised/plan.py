"""What a run would do, without doing it: samples, tokens, steps, what is left out and why, memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from training.failures import only_our_words
from training.models.files import refuse_pickles
from training.models.fresh import size_of
from training.models.loading import load_config, load_tokenizer, locate
from training.models.placement import Placement, placed
from training.processes import processes
from training.supervised.estimate import Memory, estimated
from training.supervised.sft import SftRequest, length_limit, rows_of, samples_of


@dataclass(frozen=True)
class Plan:
    """A run before it begins.

    Attributes:
        rows: of an epoch: one sample each, or as many as fit where they are packed.
        tokens, supervised: of one epoch, without padding.
        filled: share of a micro-batch that is no padding, about.
        steps: of the optimizer, in all.
        excluded: members left out, by reason.
    """

    samples: int
    rows: int
    tokens: int
    supervised: int
    longest: int
    filled: float
    max_length: int
    epochs: float
    steps: int
    rows_a_step: int
    processes: int
    excluded: Mapping[str, int]
    labels: Mapping[str, int]
    placement: Placement
    memory: Memory


def planned(request: SftRequest) -> Plan:
    """The plan of a run; it fails where the run would, before a model is loaded."""
    with only_our_words():
        settings, placement = request.settings, placed(request.settings)
        if not size_of(request.model.name):
            refuse_pickles(locate(request.model), allowed=request.model.allow_pickle)
        tokenizer = load_tokenizer(request.model)
        config = load_config(request.model, tokenizer)
        samples = samples_of(request, tokenizer)
        rows = rows_of(request, samples, tokenizer)
        lengths = np.array([int(samples.tokens.lengths[row].sum()) for row in rows])
        longest = int(np.sort(lengths)[-settings.batch_size :].sum()) if settings.packing else (
            int(lengths.max()) * settings.batch_size)  # fmt: skip
        memory = estimated(config, settings, placement, longest)
    each = settings.batch_size * settings.accumulation * processes()
    an_epoch = -(-len(rows) // each)
    steps = settings.max_steps or an_epoch * settings.epochs
    known = samples.rows.column("label").value_counts().to_pylist()
    return Plan(
        samples=len(samples),
        rows=len(rows),
        tokens=int(lengths.sum()),
        supervised=int(samples.rows.column("supervised").to_numpy().sum()),
        longest=int(samples.tokens.lengths.max()),
        filled=1.0 if settings.packing else float(lengths.mean() / _padded(lengths, settings.batch_size)),
        max_length=length_limit(request, tokenizer),
        epochs=round(steps / an_epoch, 2),
        steps=steps,
        rows_a_step=each,
        processes=processes(),
        excluded=samples.reasons,
        labels={str(c["values"] or ""): c["counts"] for c in sorted(known, key=lambda c: -c["counts"])},
        placement=placement,
        memory=memory,
    )


def _padded(lengths: np.ndarray, batch: int) -> float:
    """The mean of the longest of a batch drawn at random: what every row of it is padded to."""
    shuffled = np.random.default_rng(0).permutation(lengths)
    groups = [shuffled[at : at + batch].max() for at in range(0, len(shuffled), batch)]
    return float(np.mean(groups))
