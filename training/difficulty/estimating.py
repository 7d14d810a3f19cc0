"""How often a model passes each label: instances drawn, answers asked for, judged by verifiable rewards."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from governance.errors import InputError
from training.difficulty.weights import (
    LabelRate,
    Pass,
    WeightOptions,
    WeightState,
    estimated,
    pass_rate,
    reference_rates,
)
from training.reward.instances import UNLABELLED, Instance, drawn
from training.reward.rewarding import Reward

Messages = Sequence[Mapping[str, str]]
Answers = Callable[[Sequence[Messages], int], list[list[str]]]
"""(prompts, k) -> k answers to each prompt, sampled independently."""


def passes(
    instances: Sequence[Instance], answers: Answers, reward: Reward, each: int
) -> dict[str, tuple[Pass, ...]]:
    """Label -> how often each of its instances was answered right, `each` answers to an instance.

    An answer passes with a reward of 1; part of a reward is no pass.

    Raises:
        InputError: other than `each` answers came back for a prompt.
    """
    given = answers([i.messages for i in instances], each) if instances else []
    if len(given) != len(instances) or any(len(own) != each for own in given):
        counts = sorted({len(own) for own in given})
        raise InputError(
            f"{len(instances)} prompts were to get {each} answers each; {len(given)} were answered, with {counts}",
            hint="a model that does not answer every prompt cannot be measured; look at its log",
        )
    found: dict[str, list[Pass]] = {}
    for instance, own in zip(instances, given, strict=True):
        right = sum(reward(instance.kind, instance.gold, text) >= 1 for text in own)
        found.setdefault(instance.label, []).append(Pass(each, right))
    return {label: tuple(own) for label, own in found.items()}


def rates(found: Mapping[str, Sequence[Pass]], k: int) -> dict[str, float | None]:
    """Label -> pass@k."""
    return {label: pass_rate(own, k) for label, own in found.items()}


@dataclass
class Estimator:
    """Weights of the labels of a run, estimated again whenever it is asked.

    The instances are drawn once, so that two estimates differ by the model and not by the draw. Reference models do
    not change while a run lasts, so they answer once, the first time, or their rates came from a file.

    Attributes:
        labels: every label of the split, also those without an instance; samples without a label always count 1.
        answers: asks the model in training.
        references: ask the reference models.
        imported: label -> pass rate of reference models, from a file; taken beside `references` as one model more.
        state: the weights so far; set it to go on from a checkpoint.
    """

    labels: Sequence[str]
    instances: Sequence[Instance]
    answers: Answers
    reward: Reward
    options: WeightOptions = field(default_factory=WeightOptions)
    references: Sequence[Answers] = ()
    imported: Mapping[str, float] = field(default_factory=dict)
    state: WeightState = field(default_factory=WeightState)
    _reference: dict[str, float] | None = None

    def __post_init__(self) -> None:
        labelled = [i for i in self.instances if i.label != UNLABELLED]
        self.drawn = drawn(labelled, self.options.instances, self.options.seed)

    def estimate(self, without: Collection[str] = ()) -> WeightState:
        """The weights after one more estimate, of every label but those; they are in `state` too."""
        if self._reference is None:
            self._reference = reference_rates(self._of_references())
        current = self._rates(self.answers, without)
        measured = {
            label: LabelRate(current.get(label), self._reference.get(label))
            for label in sorted(set(self.labels) - {UNLABELLED, *without})
        }
        self.state = estimated(measured, self.state, self.options)
        return self.state

    def _of_references(self) -> Iterable[Mapping[str, float | None]]:
        if self.imported:
            yield self.imported
        for model in self.references:
            yield self._rates(model)

    def _rates(self, answers: Answers, without: Collection[str] = ()) -> dict[str, float | None]:
        asked = [i for i in self.drawn if i.label not in without]
        return rates(passes(asked, answers, self.reward, self.options.answers), self.options.k)
