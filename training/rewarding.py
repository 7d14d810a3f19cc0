r"""Which reward judges the answers to a row of a split: the kind and the gold that its own answer states.

`training.scoring.rewards` judges; here it is found out what by. An answer counts only if it states its result
strictly: an option letter, yes or no, a number, or what stands in its last box; and only if it would earn the reward
that is made of it.
"""

from __future__ import annotations

from collections.abc import Callable

from governance.errors import UsageError
from training.scoring.rewards import BOOLEAN, BOXED, KINDS, LETTER, NUMBER, SET, kind_of, reward

__all__ = ["BOOLEAN", "BOXED", "KINDS", "LETTER", "NUMBER", "SET", "Reward", "gold_of", "reward"]

Reward = Callable[[str, str, str], float]
"""(kind, gold, output) -> reward between 0 and 1."""


def gold_of(answer: str) -> tuple[str, str] | None:
    """(kind, gold) of an answer that states its result strictly; None where it states none."""
    stated = _stated(answer)
    try:
        return stated if stated is not None and reward(*stated, answer) == 1 else None
    except UsageError:  # the gold is none of its kind
        return None


def _stated(answer: str) -> tuple[str, str] | None:
    from governance.answers import final as finals
    from governance.answers.extract import boxed, number

    found = finals.final(answer)
    if found is not None and (found.kind != finals.NUMBER or number(answer)):
        return {finals.LETTER: LETTER, finals.BOOLEAN: BOOLEAN, finals.NUMBER: NUMBER}[found.kind], found.value
    box = boxed(answer)
    held = box.value.strip() if box is not None else ""
    return ((SET if kind_of(held) == SET else BOXED), held) if held else None
