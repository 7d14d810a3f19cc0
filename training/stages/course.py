"""The course of a training by reward: which prompt comes when, what each label earned, and which labels are done.

The order of prompts is drawn before the run, whole: permutations of all of them, one after another, so that a resumed
run goes on in the same order. Once a label is taken over (`takeover.py`), prompts of labels that go on stand in for its
own, and it costs no more answers.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from governance.label_records import LABEL_REWARD, LABEL_WINDOW
from training.difficulty.weights import LabelWeight, WeightState
from training.reward.instances import Instance
from training.stages.takeover import TAKEN_OVER, Judgement, Moments, TakeoverOptions, judged, moments


@dataclass(frozen=True, slots=True)
class Judged:
    """One prompt with the rewards of its answers."""

    instance: Instance
    rewards: tuple[float, ...]


def order_of(prompts: int, needed: int, seed: int) -> list[int]:
    """As many numbers of prompts as are needed: every prompt once before any comes again."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    order: list[int] = []
    while len(order) < needed:
        order += draw.sample(range(prompts), prompts)
    return order[:needed]


class Course:
    """What is known of the labels while a run lasts; a state to be kept with checkpoints.

    Attributes:
        instances: the run's list of samples.
        rule: when a label is taken over; None for never.
        weights: of labels in the objective; where none were estimated every label counts 1.
        taken: label -> the step it was taken over after.
        last_reward: mean over the prompts of the last step; 0 before the first.
    """

    def __init__(self, instances: Sequence[Instance], rule: TakeoverOptions | None) -> None:
        self.instances = tuple(instances)
        self.rule = rule
        self.weights = WeightState()
        self.taken: dict[str, int] = {}
        self.last_reward = 0.0
        self._windows: dict[str, list[Moments]] = {i.label: [] for i in instances}
        self._current: dict[str, list[float]] = {}
        self._rewards: list[dict[str, Any]] = []
        self._verdicts: list[dict[str, Any]] = []
        self._active = list(range(len(self.instances)))

    @property
    def labels(self) -> list[str]:
        """Every label, by name."""
        return sorted(self._windows)

    @property
    def over(self) -> bool:
        """True where no label is left to be trained by reward."""
        return not self._active

    def at(self, place: int) -> Instance:
        """The prompt that is asked at a place of the order: its own, or one that stands in for it."""
        own = self.instances[place]
        return self.instances[self._active[place % len(self._active)]] if own.label in self.taken else own

    def weight(self, label: str) -> float:
        """What the label counts in the objective."""
        return self.weights.of(label)

    def answered(self, step: int, prompts: Sequence[Judged]) -> None:
        """The prompts of a step were answered and judged."""
        for place, prompt in enumerate(prompts):
            label, mean = prompt.instance.label, sum(prompt.rewards) / len(prompt.rewards)
            self._current.setdefault(label, []).append(mean)
            row = {"step": step, "place": place, "sample": prompt.instance.sample, "label": label}
            counted = {"answers": len(prompt.rewards), "reward": mean, "weight": self.weight(label)}
            self._rewards.append(row | counted)
        self.last_reward = sum(sum(p.rewards) / len(p.rewards) for p in prompts) / max(1, len(prompts))

    def step_done(self, steps: int) -> None:
        """So many steps are done; at the end of a window every label that goes on is judged."""
        if self.rule is None or steps % self.rule.window:
            return
        for label in [x for x in self.labels if x not in self.taken]:
            self._windows[label].append(moments(self._current.get(label, ())))
            found = judged(self._windows[label], self.rule)
            if found.verdict == TAKEN_OVER:
                self.taken[label] = steps
            self._verdicts.append(_verdict(label, steps, self.rule, self._windows[label][-1], found))
        self._current = {}
        self._active = self._going_on()

    def pending(self) -> tuple[pa.Table, pa.Table]:
        """(rewards, verdicts) that no one has kept yet, as LABEL_REWARD and LABEL_WINDOW."""
        rewards = pa.Table.from_pylist(self._rewards, schema=LABEL_REWARD)
        return rewards, pa.Table.from_pylist(self._verdicts, schema=LABEL_WINDOW)

    def kept(self) -> None:
        """Nothing is pending any more."""
        self._rewards, self._verdicts = [], []

    def state(self) -> str:
        """Everything that a resumed run needs, as JSON."""
        return json.dumps(
            {
                "taken": self.taken,
                "windows": {x: [asdict(w) for w in own] for x, own in self._windows.items()},
                "current": self._current,
                "weights": [asdict(w) for w in self.weights.weights],
                "carried": dict(self.weights.carried),
                "rewards": self._rewards,
                "verdicts": self._verdicts,
            },
            ensure_ascii=False,
        )

    def restore(self, state: str) -> None:
        """The course as it was when `state` was made."""
        found: Mapping[str, Any] = json.loads(state)
        self.taken = dict(found["taken"])
        self._windows = {x: [Moments(**w) for w in own] for x, own in found["windows"].items()}
        self._current = dict(found["current"])
        self._rewards, self._verdicts = list(found["rewards"]), list(found["verdicts"])
        self.weights = WeightState(tuple(LabelWeight(**w) for w in found["weights"]), found["carried"])
        self._active = self._going_on()

    def _going_on(self) -> list[int]:
        return [n for n, i in enumerate(self.instances) if i.label not in self.taken]


def _verdict(
    label: str, steps: int, rule: TakeoverOptions, now: Moments, found: Judgement
) -> dict[str, object]:
    gain = found.gain
    return {
        "label": label,
        "window": steps // rule.window - 1,
        "stop_step": steps,
        "prompts": now.prompts,
        "reward": now.mean if now.prompts else None,
        "gain": None if gain is None else gain.value,
        "low": None if gain is None else gain.low,
        "high": None if gain is None else gain.high,
        "verdict": found.verdict,
    }
