"""Several trainings that take turns, step by step, so that whatever else the machine does hits all of them alike.

Each runs in a thread of its own and holds the baton for one optimizer step; the others wait. Between its turns a
training holds its memory, so what a turn adds to its peak is told apart from what others hold.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch


@dataclass
class Record:
    """What one training took.

    Attributes:
        steps: seconds of each optimizer step, with what observers do before and after it.
        ending: seconds from the end of the last step to the end of training: the last mark and settlement.
        peak: bytes on the GPU, of this training alone; 0 on a CPU.
        result: what the training returned.
    """

    steps: list[float] = field(default_factory=list)
    ending: float = 0.0
    peak: int = 0
    result: Any = None

    @property
    def whole(self) -> float:
        """Seconds of all of it."""
        return sum(self.steps) + self.ending


class Turn:
    """One training's side of the baton; its methods are called from its own thread."""

    def __init__(self, turns: Turns, place: int) -> None:
        self._turns, self._place = turns, place
        self.record = Record()
        self._held = self._start = 0
        self._from = 0.0

    def begin(self) -> None:
        """Waits for the baton."""
        self._turns.wait(self._place)
        if self._turns.device == "cuda":
            torch.cuda.reset_peak_memory_stats()
            self._start = torch.cuda.memory_allocated()
        self.restart()

    def restart(self) -> None:
        """The clock begins anew: what came before is not counted."""
        self._from = self._now()

    def lap(self) -> float:
        """Seconds since the clock began; it goes on from zero."""
        now = self._now()
        took, self._from = now - self._from, now
        return took

    def end(self, last: bool = False) -> None:
        """Hands the baton on."""
        if self._turns.device == "cuda":
            within = torch.cuda.max_memory_allocated() - self._start
            self.record.peak = max(self.record.peak, self._held + within)
            self._held += torch.cuda.memory_allocated() - self._start
        self._turns.hand_on(self._place, last)

    def callback(self) -> Any:
        """For the trainer, after all other callbacks."""
        from transformers import TrainerCallback

        turn = self

        class Clock(TrainerCallback):
            def on_train_begin(self, *_: Any, **__: Any) -> None:
                turn.restart()

            def on_step_end(self, *_: Any, **__: Any) -> None:
                turn.record.steps.append(turn.lap())
                turn.end()
                turn.begin()

        return Clock()

    def _now(self) -> float:
        if self._turns.device == "cuda":
            torch.cuda.synchronize()
            return time.perf_counter()
        return time.process_time()


class Turns:
    """The baton."""

    def __init__(self, device: str) -> None:
        self.device = device
        self._condition = threading.Condition()
        self._waiting: list[int] = []
        self._at = 0

    def wait(self, place: int) -> None:
        """Until it is this one's turn."""
        with self._condition:
            self._condition.wait_for(lambda: self._waiting[self._at] == place)

    def hand_on(self, place: int, last: bool) -> None:
        """To the next one; `last` where this one will not come again."""
        with self._condition:
            if last:
                self._waiting.remove(place)
                self._at = self._at % max(1, len(self._waiting))
            else:
                self._at = (self._at + 1) % len(self._waiting)
            self._condition.notify_all()

    def run(self, trainings: Mapping[str, Callable[[Turn], Any]]) -> dict[str, Record]:
        """All trainings, each called with its turn, in which it puts `callback` into its trainer."""
        self._waiting = list(range(len(trainings)))
        turns = {name: Turn(self, place) for place, name in enumerate(trainings)}
        errors: list[BaseException] = []

        def body(name: str) -> None:
            turn = turns[name]
            turn.begin()
            try:
                turn.record.result = trainings[name](turn)
                turn.record.ending = turn.lap()
            except BaseException as error:  # told again below, by the thread that waits
                errors.append(error)
            finally:
                turn.end(last=True)

        threads = [threading.Thread(target=body, args=(name,)) for name in trainings]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]
        return {name: turn.record for name, turn in turns.items()}
