r"""GRPO by TRL with three things more: labels weigh, samples are named, observers watch.

With rewards r_1 ... r_G of the G answers to a prompt of label t, TRL makes A_j = (r_j - mean) / (std + 1e-4). Here each
advantage is multiplied by the label's weight w(t) > 0 before it enters the objective. The clipped term
min(ratio A, clip(ratio) A) then is multiplied by w(t) as a whole, so the gradient is the weighted sum of the gradients
of prompts, as in equation 16 of supervised training; the distance to the reference model is not weighted. The paper
leaves open how weights enter the objective.

The other way would be to sample prompts in proportion to the weights. It has the same expectation at the same number of
answers but costs a new order of prompts at each estimate, and a label of small weight would hardly be measured.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from accelerate.utils import gather_object
from trl.trainer.grpo_trainer import GRPOTrainer

from training.callback import ObserverCallback
from training.errors import LossNotFinite
from training.observer import Segment
from training.reward.instances import Instance
from training.reward.rewarding import Reward
from training.stages.course import Course, Judged

PLACE, SAMPLE = "place", "sample"


@dataclass(frozen=True)
class Passed:
    """One micro-batch that went forward and backward.

    Attributes:
        loss: on the device.
        samples: the samples' numbers, one an answer.
        tokens: of prompts and answers, without padding; `answered` of them are the answers'.
    """

    loss: torch.Tensor
    samples: tuple[int, ...]
    tokens: int
    answered: int


class RolloutTrainer(GRPOTrainer):
    """TRL's trainer, whose data set holds only places in the order of the course's prompts.

    Attributes:
        passed: the micro-batches of the step so far.
        grad_norm: of the step, before clipping.
    """

    def __init__(
        self, *, course: Course, observing: ObserverCallback, reward: Reward, decode: Any, **given: Any
    ) -> None:
        self.course = course
        self.observing = observing
        self.passed: list[Passed] = []
        self.grad_norm: float | None = None
        self._reward = reward
        self._decode = decode
        self._given: Mapping[str, Any] | None = None
        self._judged: list[float] = []
        self._watched = -1  # the step that `passed` belongs to
        super().__init__(reward_funcs=[self.judge], **given)

    def judge(self, completion_ids: Sequence[Sequence[int]], **columns: Any) -> list[float | None]:
        """The reward of each answer, for TRL; none is ever None, which TRL would allow."""
        asked: list[Instance] = columns["instance"]
        texts = self._decode(completion_ids)
        self._judged = [self._reward(i.kind, i.gold, text) for i, text in zip(asked, texts, strict=True)]
        return list(self._judged)

    def training_step(self, model: Any, inputs: Any, num_items_in_batch: Any = None) -> Any:
        """The loss of one micro-batch of answers, inside the observers' contexts; answers are made outside them."""
        if self._watched != self.state.global_step:
            self.passed, self._watched = [], self.state.global_step
        model.train()
        batch = self._prepare_inputs(inputs)
        segments, seen = self._shown(batch)
        self._given = batch
        with self.observing.observed(self.state.global_step, segments, seen):
            loss: torch.Tensor = super().training_step(model, inputs, num_items_in_batch)  # type: ignore[no-untyped-call]
        samples = tuple(s.sample for s in segments)
        tokens = int(seen["attention_mask"].sum())
        self.passed.append(Passed(loss, samples, tokens, int(batch["completion_mask"].sum())))
        return loss

    def take_step(self) -> tuple[Passed, ...]:
        """The micro-batches of the step."""
        return tuple(self.passed)

    def _get_grad_norm(self, model: Any, grad_norm: Any = None) -> Any:
        """The norm before clipping. Here a step is refused: the gradients are whole, and nothing has moved."""
        found = super()._get_grad_norm(model, grad_norm=grad_norm)  # type: ignore[no-untyped-call]
        self.grad_norm = float(found)
        loss = float(torch.stack([p.loss for p in self.passed]).sum())
        if not (math.isfinite(loss) and math.isfinite(self.grad_norm)):
            raise self._refused(loss)
        return found

    def _refused(self, loss: float) -> LossNotFinite:
        thing = "gradient" if math.isfinite(loss) else "loss"
        bad = [p for p in self.passed if not torch.isfinite(p.loss)] or self.passed
        numbers = sorted({sample for p in bad for sample in p.samples})
        shown = ", ".join(f"{n} ({self.course.instances[n].sample_id[:12]})" for n in numbers[:8])
        return LossNotFinite(
            f"the {thing} of step {self.state.global_step} is not a number, and training stopped before the update",
            where=f"samples {shown}" + (f" and {len(numbers) - 8} more" if len(numbers) > 8 else ""),
            hint="lower learning_rate or raise kl",
        )

    def _prepare_inputs(self, generation_batch: Any) -> Any:
        if self._given is not None:  # made by `training_step` a moment ago
            given, self._given = self._given, None
            return given
        return super()._prepare_inputs(generation_batch)

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        asked = [self.course.at(row[PLACE]) for row in inputs]
        rows = [{"prompt": i.messages, "instance": i} for i in asked]
        made: dict[str, Any] = super()._generate_and_score_completions(rows)
        weights = [self.course.weight(i.label) for i in asked]
        made["advantages"] = made["advantages"] * torch.tensor(weights, device=made["advantages"].device)
        made[SAMPLE] = torch.tensor([i.sample for i in asked])
        self._report([i.sample for i in asked])
        return made

    def _report(self, samples: list[int]) -> None:
        """The rewards of every process's answers go to the course, prompt by prompt."""
        everyone = gather_object(list(zip(samples, self._judged, strict=True)))
        group = int(self.num_generations or 1)
        prompts = [everyone[start : start + group] for start in range(0, len(everyone), group)]
        self.course.answered(
            self.state.global_step,
            [Judged(self.course.instances[p[0][0]], tuple(r for _, r in p)) for p in prompts],
        )

    def _shown(self, batch: Mapping[str, Any]) -> tuple[tuple[Segment, ...], dict[str, Any]]:
        """(who is in the micro-batch, the tensors as the model gets them); prompts are padded on the left."""
        ids = torch.cat([batch["prompt_ids"], batch["completion_ids"]], dim=1)  # (B, P + C)
        mask = torch.cat([batch["prompt_mask"], batch["completion_mask"]], dim=1)
        width = batch["prompt_ids"].shape[1]
        starts = (width - batch["prompt_mask"].sum(1)).tolist()
        stops = (width + batch["completion_mask"].sum(1)).tolist()
        samples = batch[SAMPLE].tolist()
        segments = tuple(
            Segment(sample, row, start, stop)
            for row, (sample, start, stop) in enumerate(zip(samples, starts, stops, strict=True))
        )
        return segments, {"input_ids": ids, "attention_mask": mask}
