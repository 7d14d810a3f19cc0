"""Writes a run down while it goes on: each step into the journal, each checkpoint into the lake, progress to people."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from transformers import TrainerCallback

from training.callback import checkpoint_folder
from training.runs.checkpoints import sealed
from training.runs.journal import StepLine
from training.runs.run import RunBook
from training.supervised.trainer import WeightedTrainer

Progress = Callable[[str, int, int | None], None]
Refresh = Callable[[Any, Any, int], Mapping[str, float]]
"""(model, tokenizer, step) -> weights by label."""


@dataclass(frozen=True)
class Refreshing:
    """When label weights are estimated again: before each step that `every` divides; at step 0 too."""

    estimate: Refresh
    every: int

    def due(self, step: int) -> bool:
        """True before the steps at which the weights are estimated."""
        return step == 0 if self.every == 0 else step % self.every == 0


class Recording(TrainerCallback):
    """Stands after the observers among the callbacks: a checkpoint is sealed once they have added to it.

    Attributes:
        book: None in every process but the first.
    """

    def __init__(
        self,
        trainer: WeightedTrainer,
        book: RunBook | None,
        refreshing: Refreshing | None,
        progress: Progress,
    ) -> None:
        self.trainer = trainer
        self.book = book
        self.refreshing = refreshing
        self.progress = progress
        self.last: StepLine | None = None
        self._rate = 0.0
        self._began: float | None = None

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """The epoch decides the order; a run that is taken up in its middle too."""
        self.trainer.order.epoch = state.global_step // steps_an_epoch(self.trainer)

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Weights of labels are estimated where it is time."""
        if self.refreshing is not None and self.refreshing.due(state.global_step):
            with undisturbed(self.trainer.model):
                labels = self.refreshing.estimate(
                    self.trainer.model, self.trainer.processing_class, state.global_step
                )
            self.trainer.weighting.set_labels(labels)
            if self.book is not None:
                self.book.weights(state.global_step, labels)
        self._began = self._began or time.monotonic()

    def on_optimizer_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """The learning rate of this step; the schedule moves right after."""
        self._rate = float(kwargs["lr_scheduler"].get_last_lr()[0])

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """The step is in the journal before the next begins."""
        loss, own = self.trainer.take_step()
        batches = self._everyone(own)
        now = time.monotonic()
        rows, numbers = self.trainer.samples.rows, [n for _, _, samples in batches for n in samples]
        self.last = StepLine(
            step=state.global_step - 1,
            loss=loss,
            learning_rate=self._rate,
            grad_norm=self.trainer.grad_norm,
            tokens=int(rows.column("tokens").to_numpy()[numbers].sum()),
            supervised=int(self.trainer.supervised[numbers].sum()),
            seconds=round(now - (self._began or now), 6),
            batches=batches,
        )
        self._began = now
        if self.book is not None:
            self.book.step(self.last)
        self.progress(words_of(self.last), state.global_step, state.max_steps)

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """The checkpoint is whole, and the lake knows of it."""
        if self.args_distributed(args):
            self.trainer.accelerator.wait_for_everyone()
        if self.book is not None:
            folder = checkpoint_folder(args.output_dir, state.global_step)
            self.book.checkpoint(sealed(folder, state.global_step))
        self._began = time.monotonic()  # what a checkpoint takes is no part of the next step

    @staticmethod
    def args_distributed(args: Any) -> bool:
        """True of a run on several processes."""
        return int(args.world_size) > 1

    def _everyone(self, own: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, int, tuple[int, ...]], ...]:
        """(process, part, samples) of the step's micro-batches on all processes."""
        seen = [(self.trainer.args.process_index, part, samples) for part, samples in enumerate(own)]
        if self.args_distributed(self.trainer.args):
            from accelerate.utils import gather_object

            seen = sorted(tuple(each) for each in gather_object(seen))
        return tuple(seen)


def steps_an_epoch(trainer: Any) -> int:
    """Optimizer steps of one epoch; the last may have fewer micro-batches than the others."""
    args = trainer.args
    batches: int = -(-len(trainer.order) // (args.per_device_train_batch_size * args.world_size))
    steps: int = -(-batches // args.gradient_accumulation_steps)
    return max(1, steps)


def words_of(line: StepLine) -> str:
    """One step for people."""
    speed = line.tokens / max(line.seconds, 1e-9)
    return f"loss {line.loss:.4f}  lr {line.learning_rate:.2e}  {speed:,.0f} tokens/s"


@contextmanager
def undisturbed(model: Any) -> Iterator[None]:
    """Whatever is sampled inside, the run goes on with the random numbers it would have had."""
    training, states = model.training, (random.getstate(), np.random.get_state())
    with torch.random.fork_rng([torch.cuda.current_device()] if torch.cuda.is_available() else []):
        try:
            yield
        finally:
            random.setstate(states[0])
            np.random.set_state(states[1])
            model.train(training)
            model.zero_grad()
