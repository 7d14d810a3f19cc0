"""The protocol by which others watch a training run: who is in each batch, and what the optimizer did.

Training calls observers and knows nothing else of them, so it never imports attribution. The order within one
optimizer step `s` (0-based) is

    step_started(s)                     gradients are zero, parameters are those before the step
    with observed(batch): ...           around forward and backward of each micro-batch (gradient accumulation)
    before_update(s)                    gradients are whole and clipped; the optimizer has not moved yet
    after_update(s)                     parameters and optimizer state are those after the step

A sample is named by its number in the run's list of samples, never by a content hash: the same text may stand in a
split twice, and each of the two is trained on by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Segment:
    """Where a sample stands in a batch.

    Attributes:
        sample: the sample's number in the run's list of samples.
        row: row of the batch's tensors.
        start: first token position that belongs to it.
        stop: the position after its last token. Without packing a row holds one segment; padding belongs to none.
    """

    sample: int
    row: int
    start: int
    stop: int


@dataclass(frozen=True)
class MicroBatch:
    """One forward and backward pass.

    Attributes:
        step: the optimizer step it belongs to, 0-based.
        part: its place among the step's micro-batches, 0-based.
        segments: the samples in it, in order of (row, start).
        inputs: the tensors as the model gets them.
    """

    step: int
    part: int
    segments: tuple[Segment, ...]
    inputs: Mapping[str, torch.Tensor]

    @property
    def samples(self) -> tuple[int, ...]:
        """The samples' numbers, one a segment."""
        return tuple(s.sample for s in self.segments)


@dataclass(frozen=True)
class RunStarted:
    """What is known before the first step.

    Attributes:
        model: the model that is trained, with adapters in place, not wrapped for several processes.
        optimizer: the optimizer itself, not a wrapper around it.
        samples: 64 hex sample ids in the order of the run's list of samples.
        first_step: 0, or the number of steps done where a checkpoint is resumed.
        total_steps: number of optimizer steps of the whole run.
        max_grad_norm: the norm gradients are clipped to; 0 where they are not.
    """

    model: torch.nn.Module
    optimizer: torch.optim.Optimizer
    samples: Sequence[str]
    first_step: int
    total_steps: int
    max_grad_norm: float


class StepObserver(Protocol):
    """Someone who watches a run. An exception stops the run."""

    def run_started(self, run: RunStarted) -> None:
        """Called once, before the first step."""

    def step_started(self, step: int) -> None:
        """Gradients are zero; parameters are those before step `step`."""

    def observed(self, batch: MicroBatch) -> AbstractContextManager[None]:
        """A context that forward and backward of this micro-batch run in."""

    def before_update(self, step: int) -> None:
        """Gradients are whole and clipped; the optimizer has not moved yet."""

    def after_update(self, step: int) -> None:
        """Parameters and the optimizer's state are those after the step."""

    def checkpoint_saved(self, step: int, folder: str) -> None:
        """A checkpoint of the state after `step` steps is whole; what is needed to go on may be put beside it."""

    def run_finished(self, steps: int) -> None:
        """The run ended in good order after `steps` steps."""


class Watching:
    """An observer that does nothing; a base for those who need a few of the calls only."""

    def run_started(self, run: RunStarted) -> None:
        """See `StepObserver`."""

    def step_started(self, step: int) -> None:
        """See `StepObserver`."""

    def observed(self, batch: MicroBatch) -> AbstractContextManager[None]:
        """See `StepObserver`."""
        return nullcontext()

    def before_update(self, step: int) -> None:
        """See `StepObserver`."""

    def after_update(self, step: int) -> None:
        """See `StepObserver`."""

    def checkpoint_saved(self, step: int, folder: str) -> None:
        """See `StepObserver`."""

    def run_finished(self, steps: int) -> None:
        """See `StepObserver`."""
