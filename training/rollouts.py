r"""GRPO by TRL with three things more: labels weigh, samples are named, observers watch.

With rewards r_1 ... r_G of the G answers to a prompt of label t, TRL makes advantages A_j = (r_j - mean) / (std + 1e-4).
Here each is multiplied by the label's weight w(t) > 0 before it enters the objective. The clipped term
min(ratio A, clip(ratio) A) then is multiplied by w(t) as a whole, so the gradient is the weighted sum of the gradients
of prompts, as in equation 16 of supervised training; the distance to the reference model is not weighted. The paper
leaves open how weights enter the objective.

The other way would be to sample prompts in proportion to the weights. It has the same expectation at the same number of
answers but costs a new order of prompts at each estimate, and a label of small weight would hardly be measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from accelerate.utils import gather_object
from trl import GRPOTrainer

from training.callback import ObserverCallback
from training.course import Course, Judged
from training.instances import Instance
from training.observer import Segment
from training.rewarding import Reward

PLACE, SAMPLE = "place", "sample"


class RolloutTrainer(GRPOTrainer):  # type: ignore[misc]
    """TRL's trainer, whose data set holds only places in the order of the course's prompts."""

    def __init__(
        self, *, course: Course, observing: ObserverCallback, reward: Reward, decode: Any, **given: Any
    ) -> None:
        self.course = course
        self.observing = observing
        self._reward = reward
        self._decode = decode
        self._given: Mapping[str, Any] | None = None
        self._judged: list[float] = []
        super().__init__(reward_funcs=[self.judge], **given)

    def judge(self, completion_ids: Sequence[Sequence[int]], **columns: Any) -> list[float]:
        """The reward of each answer, for TRL."""
        asked: list[Instance] = columns["instance"]
        texts = self._decode(completion_ids)
        self._judged = [self._reward(i.kind, i.gold, text) for i, text in zip(asked, texts, strict=True)]
        return self._judged

    def training_step(self, model: Any, inputs: Any, num_items_in_batch: Any = None) -> Any:
        """The loss of one micro-batch of answers, inside the observers' contexts; answers are made outside them."""
        model.train()
        batch = self._prepare_inputs(inputs)
        segments, seen = self._shown(batch)
        self._given = batch
        with self.observing.observed(self.state.global_step, segments, seen):
            return super().training_step(model, inputs, num_items_in_batch)

    def _prepare_inputs(self, generation_batch: Any) -> Any:
        if self._given is not None:  # made by `training_step` a moment ago
            given, self._given = self._given, None
            return given
        return super()._prepare_inputs(generation_batch)

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        import torch

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
        group = self.num_generations
        prompts = [everyone[start : start + group] for start in range(0, len(everyone), group)]
        self.course.answered(
            self.state.global_step,
            [Judged(self.course.instances[p[0][0]], tuple(r for _, r in p)) for p in prompts],
        )

    def _shown(self, batch: Mapping[str, Any]) -> tuple[tuple[Segment, ...], dict[str, Any]]:
        """(who is in the micro-batch, the tensors as the model gets them); prompts are padded on the left."""
        import torch

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
