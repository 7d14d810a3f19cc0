"""Drives the observers of `observer.py` from a transformers or TRL trainer.

A trainer knows its steps through callbacks, but not who is in a batch, and no callback surrounds one
micro-batch. So there are two halves: `ObserverCallback` for the steps, and `ObservedSteps`, put before the
trainer's class, for the micro-batches. The collator puts two arrays of marks into each batch, which leave it
before the model sees it (NumPy arrays rather than tensors: those would move to the GPU, and reading them there
would make the CPU wait for it at every micro-batch):

    sample_numbers  (segments,)    int64: the sample's number in the run's list of samples
    sample_places   (segments, 3)  int64: row, start, stop, as `Segment` has them

They travel through the data loader with the batch, so shuffling, workers and prefetching cannot part them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformers import TrainerCallback

from training.observer import MicroBatch, RunStarted, Segment, StepObserver

if TYPE_CHECKING:
    import torch

NUMBERS, PLACES = "sample_numbers", "sample_places"
"""The two marks of a batch."""


class ObserverCallback(TrainerCallback):
    """Tells every observer of each step, in the observers' order.

    Attributes:
        samples: 64 hex sample ids in the order of the run's list of samples.
    """

    def __init__(self, observers: Sequence[StepObserver], samples: Sequence[str]) -> None:
        self.observers = tuple(observers)
        self.samples = samples
        self._part = 0

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """The run has a model and an optimizer, and has taken no step yet."""
        optimizer = kwargs["optimizer"]
        run = RunStarted(
            model=kwargs["model"],
            optimizer=getattr(optimizer, "optimizer", optimizer),  # accelerate wraps it
            samples=self.samples,
            first_step=state.global_step,
            total_steps=state.max_steps,
            max_grad_norm=args.max_grad_norm,
        )
        for observer in self.observers:
            observer.run_started(run)

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Gradients are zero."""
        self._part = 0
        for observer in self.observers:
            observer.step_started(state.global_step)

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Gradients are whole and clipped."""
        for observer in self.observers:
            observer.before_update(state.global_step)

    def on_optimizer_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """The optimizer has moved; trainers count the step later."""
        for observer in self.observers:
            observer.after_update(state.global_step)

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """A checkpoint is written."""
        folder = checkpoint_folder(args.output_dir, state.global_step)
        for observer in self.observers:
            observer.checkpoint_saved(state.global_step, str(folder))

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """The last step is done."""
        for observer in self.observers:
            observer.run_finished(state.global_step)

    @contextmanager
    def observed(
        self, step: int, segments: tuple[Segment, ...], inputs: Mapping[str, torch.Tensor]
    ) -> Iterator[MicroBatch]:
        """The context of one micro-batch's forward and backward; the micro-batches of a step are counted here."""
        batch = MicroBatch(step, self._part, segments, inputs)
        self._part += 1
        with ExitStack() as stack:
            for observer in self.observers:
                stack.enter_context(observer.observed(batch))
            yield batch


class ObservedSteps:
    """A mixin before a trainer's class: each micro-batch runs inside the observers' contexts.

    Attributes:
        observing: the callback that holds the observers; it is among the trainer's callbacks too.
        batch: the micro-batch that runs now, or ran last.
    """

    observing: ObserverCallback
    batch: MicroBatch
    state: Any

    def training_step(self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None) -> Any:
        """The loss of one micro-batch, its marks taken out before the model sees it."""
        segments, given = unmarked(inputs)
        with self.observing.observed(self.state.global_step, segments, given) as self.batch:
            return super().training_step(model, given, num_items_in_batch)  # type: ignore[misc]


def unmarked(inputs: Mapping[str, Any]) -> tuple[tuple[Segment, ...], dict[str, Any]]:
    """(who is in the batch, the batch as the model gets it)."""
    numbers, places = inputs[NUMBERS].tolist(), inputs[PLACES].tolist()
    segments = tuple(Segment(n, *place) for n, place in zip(numbers, places, strict=True))
    return segments, {k: v for k, v in inputs.items() if k not in {NUMBERS, PLACES}}


def checkpoint_folder(output: str | Path, step: int) -> Path:
    """Where transformers keeps the checkpoint of the state after `step` steps."""
    return Path(output) / f"checkpoint-{step}"
