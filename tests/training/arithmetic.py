"""The arithmetic world of the benchmark, with a model that was warmed up once for all tests of a process."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

from benchmarks.reward import arithmetic as world
from training.reward.instances import Instance, instances_of
from training.reward.rewarding import gold_of


@cache
def _warm() -> tuple[Any, Any]:
    words = world.tokenizer()
    net = world.model(len(words))
    world.taught(net, words, world.warm_up(4, 0.3, seed=0), epochs=4)
    return net, words


def warm_model() -> Any:
    """A model that has seen some sums; one's own, to be trained."""
    return copy.deepcopy(_warm()[0])


def words() -> Any:
    """The tokenizer."""
    return _warm()[1]


def instances(*labels: str) -> tuple[Instance, ...]:
    """Every question of those labels."""
    found = instances_of([world.members(world.questions())], gold_of, labels or None)
    return found.found
