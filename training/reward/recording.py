"""Writes a training by reward down while it goes on, as `recording.py` does for a supervised one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from accelerate.utils import gather_object
from transformers import TrainerCallback

from training.callback import checkpoint_folder
from training.reward.rollouts import RolloutTrainer
from training.runs.checkpoints import sealed
from training.runs.journal import StepLine
from training.runs.run import RunBook

Progress = Callable[[str, int, int | None], None]


class RewardRecording(TrainerCallback):
    """Stands last among the callbacks: a checkpoint is sealed once everyone has added to it.

    The loss of a step is the surrogate that is differentiated; on policy its value is near 0 and says little. What
    counts is the reward, which the lake keeps by prompt.

    Attributes:
        book: None in every process but the first.
    """

    def __init__(self, trainer: RolloutTrainer, book: RunBook | None, progress: Progress) -> None:
        self.trainer = trainer
        self.book = book
        self.progress = progress
        self._rate = 0.0
        self._began: float | None = None

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """The first step's time begins with it."""
        self._began = self._began or time.monotonic()

    def on_optimizer_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """The learning rate of this step; the schedule moves right after."""
        self._rate = float(kwargs["lr_scheduler"].get_last_lr()[0])

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """The step is in the journal before the next begins."""
        own = [(float(p.loss), p.samples, p.tokens, p.answered) for p in self.trainer.take_step()]
        whole = gather_object([(args.process_index, part, *each) for part, each in enumerate(own)])
        now = time.monotonic()
        line = StepLine(
            step=state.global_step - 1,
            loss=sum(loss for _, _, loss, *_ in whole) / args.world_size,
            learning_rate=self._rate,
            grad_norm=self.trainer.grad_norm,
            tokens=sum(tokens for *_, tokens, _ in whole),
            supervised=sum(answered for *_, answered in whole),
            seconds=round(now - (self._began or now), 6),
            batches=tuple((process, part, samples) for process, part, _, samples, *_ in sorted(whole)),
        )
        self._began = now
        if self.book is not None:
            self.book.step(line)
        self.progress(f"reward {self.trainer.course.last_reward:.3f}", state.global_step, state.max_steps)

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """The checkpoint is whole, and the lake knows of it."""
        self.trainer.accelerator.wait_for_everyone()
        if self.book is not None:
            folder = checkpoint_folder(args.output_dir, state.global_step)
            self.book.checkpoint(sealed(folder, state.global_step))
        self._began = time.monotonic()  # what a checkpoint takes is no part of the next step
