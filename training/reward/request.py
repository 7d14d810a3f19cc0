"""What a training by reward is asked for, and what it comes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from training.difficulty.estimating import Answers
from training.difficulty.weights import WeightOptions, WeightState
from training.models.placement import Placement
from training.reward.instances import Instance
from training.reward.rewarding import Reward, reward
from training.reward.settings import GrpoSettings
from training.stages.takeover import TakeoverOptions

STATE = "govern_course.json"
"""The course of labels, kept with each checkpoint."""


class Keeper(Protocol):
    """Where a run's weights, rewards and verdicts are kept, such as the lake."""

    def weights(self, step: int, state: WeightState) -> None:
        """Label weights were estimated when so many steps were done."""

    def rewards(self, rewards: pa.Table, windows: pa.Table) -> bool:
        """True where LABEL_REWARD and LABEL_WINDOW rows are kept; else they come again, with those that follow.

        They come in order. After a resume some may come a second time.
        """


def _nobody(trainer: Any) -> Sequence[Any]:
    """No callback."""
    return ()


@dataclass(frozen=True)
class GrpoRequest:
    """A run of training by reward.

    Attributes:
        model: a causal language model, with adapters in place where only these are trained.
        tokenizer: with a chat template.
        instances: the prompts, all of them; their place here is their number in the run's list of samples.
        folder: for checkpoints.
        rule: when targeted SFT takes a label over; None for never.
        weighting: parameters of the label weights, used where `settings.reestimate_steps` is above 0.
        weights: label weights to begin with, of the stage before.
        references: reference models, which answer prompts.
        imported: label -> pass rate of reference models, from a file.
        resume: folder of the checkpoint to go on from.
        placement: how the run computes; None for what the settings and this machine lead to.
        recording: given the trainer, callbacks that stand after all others.
    """

    model: Any
    tokenizer: Any
    instances: Sequence[Instance]
    settings: GrpoSettings
    folder: Path
    rule: TakeoverOptions | None = None
    reward: Reward = reward
    weighting: WeightOptions = field(default_factory=WeightOptions)
    weights: WeightState = field(default_factory=WeightState)
    references: Sequence[Answers] = ()
    imported: Mapping[str, float] = field(default_factory=dict)
    resume: Path | None = None
    keeper: Keeper | None = None
    placement: Placement | None = None
    recording: Callable[[Any], Sequence[Any]] = _nobody


@dataclass(frozen=True)
class GrpoResult:
    """What a run came to.

    Attributes:
        steps: optimizer steps done; fewer than were asked for where every label was taken over.
        taken: label -> the step it was taken over after, for targeted SFT.
        weights: label weights at the end.
        checkpoint: the last one's folder.
    """

    steps: int
    taken: Mapping[str, int]
    weights: WeightState
    checkpoint: Path
