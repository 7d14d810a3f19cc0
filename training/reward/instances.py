"""Instances: prompts whose answer can be judged by a strict scorer, made from the rows of a split."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from governance.trainings import EXCLUSIONS

UNLABELLED = ""
"""The label of rows that have none, wherever something is kept by label."""
NO_ANSWER, NO_PROMPT, NO_RESULT, OTHER_LABEL = "no_answer", "no_prompt", "no_result", "other_label"
REASONS = {
    NO_ANSWER: "the conversation does not end with an answer",
    NO_PROMPT: "there is nothing before the answer",
    NO_RESULT: "the answer states no result that a strict scorer can judge",
    OTHER_LABEL: "the label is not among those of this run",
}


@dataclass(frozen=True, slots=True)
class Instance:
    """A prompt and the gold that an answer to it is judged by; texts are untrusted.

    Attributes:
        sample: the sample's number in the run's list of samples.
        position: its position in the split.
        sample_id: 64 hex.
        label: the sample's label; UNLABELLED for none.
        kind: how an answer is judged, one of `training.reward.rewarding.KINDS`.
        prompt: (role, content) of every turn before the answer.
        gold: the right answer, in the form that `kind` has.
        weight: the sample's own, of the split.
    """

    sample: int
    position: int
    sample_id: str
    label: str
    kind: str
    prompt: tuple[tuple[str, str], ...]
    gold: str
    weight: float = 1.0

    @property
    def messages(self) -> list[dict[str, str]]:
        """The prompt as chat templates take it."""
        return [{"role": role, "content": content} for role, content in self.prompt]


@dataclass(frozen=True)
class Instances:
    """What can be judged of a split, and why the rest cannot.

    Attributes:
        found: numbered 0, 1, 2 ... in the split's order.
        excluded: EXCLUSIONS rows of the others.
        labels: every label of the split, also those without an instance.
    """

    found: tuple[Instance, ...]
    excluded: pa.Table
    labels: tuple[str, ...]

    @property
    def reasons(self) -> dict[str, int]:
        """Reason -> number of members, by reason."""
        counted = self.excluded.column("reason").value_counts().to_pylist()
        return {c["values"]: c["counts"] for c in sorted(counted, key=lambda c: c["values"])}


Gold = Callable[[str], tuple[str, str] | None]
"""The last answer of a conversation -> (kind, gold), or None where it states none that can be judged."""


def instances_of(members: Iterable[pa.Table], gold: Gold, labels: Collection[str] | None = None) -> Instances:
    """The samples of a split (tables of MEMBERS, in order) that end in an answer that states its result.

    Args:
        labels: only these; None for all.
    """
    found: list[Instance] = []
    excluded: list[dict[str, Any]] = []
    every: set[str] = set()
    for table in members:
        for row in table.select(["position", "sample_id", "label", "weight", "conversation"]).to_pylist():
            label = row["label"] or UNLABELLED
            every.add(label)
            made = OTHER_LABEL if labels is not None and label not in labels else _instance(row, label, gold)
            if isinstance(made, Instance):
                found.append(made)
            else:
                own = {"position": row["position"], "sample_id": row["sample_id"]}
                excluded.append({**own, "reason": made, "tokens": 0})
    rest = pa.Table.from_pylist(excluded, schema=EXCLUSIONS)
    return Instances(renumbered(found), rest, tuple(sorted(every)))


def _instance(row: Mapping[str, Any], label: str, gold: Gold) -> Instance | str:
    """The instance, or why the row is none."""
    turns = row["conversation"]
    if not turns or turns[-1]["role"] != "assistant":
        return NO_ANSWER
    if len(turns) < 2:
        return NO_PROMPT
    judged = gold(turns[-1]["content"])
    if judged is None:
        return NO_RESULT
    prompt = tuple((t["role"], t["content"]) for t in turns[:-1])
    return Instance(0, row["position"], row["sample_id"], label, judged[0], prompt, judged[1], row["weight"])


def renumbered(instances: Iterable[Instance]) -> tuple[Instance, ...]:
    """The instances as the whole list of a run's samples, numbered 0, 1, 2 ... in their order."""
    return tuple(replace(instance, sample=number) for number, instance in enumerate(instances))


def drawn(instances: Sequence[Instance], per_label: int, seed: int) -> tuple[Instance, ...]:
    """As many instances of each label, without doubles; all of a label that has fewer.

    Each label is a stratum with a draw of its own, so that a label's draw does not change with other labels or with
    the order of the rows. Sorted by label and sample.
    """
    strata: dict[str, list[Instance]] = {}
    for instance in instances:
        strata.setdefault(instance.label, []).append(instance)
    chosen: list[Instance] = []
    for label, own in sorted(strata.items()):
        by_identity = sorted(own, key=lambda i: (i.sample_id, i.sample))
        draw = random.Random(hashlib.sha256(f"{seed}:{label}".encode()).digest())  # noqa: S311 - no secret
        some = draw.sample(by_identity, min(per_label, len(own)))
        chosen += sorted(some, key=lambda i: i.sample)
    return tuple(chosen)
