r"""Which reward judges the answers to a row of a split: the kind and the gold that its own answer states.

`training.scoring.rewards` judges; here it is found out what by. An answer counts only if it states its result
strictly: an option letter, yes or no, a number, or what stands in its last box; and only if it would earn the reward
that is made of it. A letter or a yes has to be the end of it too. Many a long consultation begins with `是的，`, and a
model that is rewarded for that alone learns to say nothing else: 4 of the 100 consultations of disc-finllm were taken
for yes or A before that was asked, and none is now.
"""

from __future__ import annotations

from collections.abc import Callable

from governance.answers.extract import LETTERS
from governance.errors import UsageError
from training.scoring.rewards import BOOLEAN, BOXED, KINDS, LETTER, NUMBER, SET, kind_of, reward

__all__ = ["BOOLEAN", "BOXED", "KINDS", "LETTER", "NUMBER", "SET", "Reward", "gold_of", "reward"]

LAST = 40
"""Characters that may follow a letter or a yes that is the end of an answer: `No, it does not.`"""
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
    from governance.answers.extract import boolean, boxed, letters, number

    found, box = finals.final(answer), boxed(answer)
    if found is not None and box is None and found.kind != finals.NUMBER:
        place = letters(answer, LETTERS) if found.kind == finals.LETTER else boolean(answer)
        if place is None or len(answer.rstrip()) - place.end > LAST:
            return None
    if found is not None and (found.kind != finals.NUMBER or number(answer)):
        return {finals.LETTER: LETTER, finals.BOOLEAN: BOOLEAN, finals.NUMBER: NUMBER}[
            found.kind
        ], found.value
    held = box.value.strip() if box is not None else ""
    return ((SET if kind_of(held) == SET else BOXED), held) if held else None
