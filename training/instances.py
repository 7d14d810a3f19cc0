"""Instances: prompts whose answer can be judged by a strict scorer, made from the rows of a split."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

UNLABELLED = ""
"""The label of rows that have none, wherever something is kept by label."""


@dataclass(frozen=True, slots=True)
class Instance:
    """A prompt and the gold that an answer to it is judged by; texts are untrusted.

    Attributes:
        sample: the sample's number in the run's list of samples.
        position: its position in the split.
        sample_id: 64 hex.
        label: the sample's label; UNLABELLED for none.
        kind: how an answer is judged, one of `training.rewarding.KINDS`.
        prompt: (role, content) of every turn before the answer.
        gold: the right answer, in the form that `kind` has.
    """

    sample: int
    position: int
    sample_id: str
    label: str
    kind: str
    prompt: tuple[tuple[str, str], ...]
    gold: str

    @property
    def messages(self) -> list[dict[str, str]]:
        """The prompt as chat templates take it."""
        return [{"role": role, "content": content} for role, content in self.prompt]


@dataclass(frozen=True)
class Instances:
    """What can be judged of a split, and why the rest cannot.

    Attributes:
        skipped: reason -> number of samples.
    """

    found: tuple[Instance, ...]
    skipped: Mapping[str, int]


Gold = Callable[[str], tuple[str, str] | None]
"""The last answer of a conversation -> (kind, gold), or None where it states none that can be judged."""


def instances_of(members: Iterable[pa.Table], gold: Gold) -> Instances:
    """The samples of a split (tables of MEMBERS, in order) that end in an answer that states its result."""
    found: list[Instance] = []
    skipped: Counter[str] = Counter()
    number = 0
    for table in members:
        rows = table.select(["position", "sample_id", "label", "conversation"]).to_pylist()
        for sample, row in enumerate(rows, start=number):
            made = _instance(sample, row, gold)
            if isinstance(made, str):
                skipped[made] += 1
            else:
                found.append(made)
        number += len(rows)
    return Instances(tuple(found), dict(sorted(skipped.items())))


def _instance(sample: int, row: Mapping[str, Any], gold: Gold) -> Instance | str:
    """The instance, or why the row is none."""
    turns = row["conversation"]
    if not turns or turns[-1]["role"] != "assistant":
        return "the conversation does not end with an answer"
    if len(turns) < 2:
        return "there is nothing before the answer"
    judged = gold(turns[-1]["content"])
    if judged is None:
        return "the answer states no result that a strict scorer can judge"
    prompt = tuple((t["role"], t["content"]) for t in turns[:-1])
    label = row["label"] or UNLABELLED
    return Instance(sample, row["position"], row["sample_id"], label, judged[0], prompt, judged[1])


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
