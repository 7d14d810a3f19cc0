"""Rewards that can be verified: what an output is worth by the strict scorers, for training against them.

    reward("number", "18", "... so the answer is 18.")      # 1.0

Only strict scorers are used: a reward that can be had without the answer (naming every tool, an empty list) is what a
model would learn. Thoughts are never read, and an output that never stops thinking has no reward.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from governance.answers.extract import LETTERS, boolean, boxed, letters, number
from governance.answers.structures import named
from governance.errors import UsageError
from training.scoring import generic
from training.scoring.base import Item
from training.scoring.numbers import same_number
from training.scoring.symbolic import same_expression
from training.scoring.verdict import gold_letters

BOXED, NUMBER, LETTER, BOOLEAN, SET = "boxed", "number", "letter", "boolean", "set"
KINDS = (BOXED, NUMBER, LETTER, BOOLEAN, SET)


def reward(kind: str, gold: str, output: str) -> float:
    r"""1.0 where the output states the gold, else 0.0.

    Kinds: `boxed` (the last box means the same as the gold), `number` (the same number, after ####, in a box, or
    stated), `letter` (exactly the gold's letters, one or several), `boolean` (yes or no, 是 or 否, in any words), `set`
    (the same names in any order; a gold joined by `;` or a JSON list).

    Raises:
        UsageError: there is no such kind, or the gold is none of that kind.
    """
    if kind not in _REWARDS:
        raise UsageError(f"there is no reward of kind {kind!r}", hint=f"kinds are: {', '.join(KINDS)}")
    return float(_REWARDS[kind](gold, output))


def kind_of(gold: str, options: tuple[str, ...] = ()) -> str | None:
    """The kind of reward that suits a gold answer; None where no answer to it can be verified (a free text)."""
    shape = generic.shape(Item("", "", "", options, gold))
    return {
        generic.LETTERS: LETTER,
        generic.BOOLEAN: BOOLEAN,
        generic.NUMBER: NUMBER,
        generic.SET: SET,
        generic.EXPRESSION: BOXED,
    }.get(shape)


def _boxed(gold: str, output: str) -> bool:
    found = boxed(output)
    return found is not None and same_expression(gold, found.value) is True


def _number(gold: str, output: str) -> bool:
    found = number(output)
    return found is not None and same_number(gold.rpartition("####")[2].strip(), found.value)


def _letter(gold: str, output: str) -> bool:
    wanted = gold_letters(Item("", "", "", (), gold))
    if wanted is None:
        raise UsageError("the gold names no letter", where=repr(gold[:40]), hint="use A to H, one or several")
    found = letters(output, LETTERS)
    return found is not None and found.value == wanted


def _boolean(gold: str, output: str) -> bool:
    wanted, found = boolean(gold), boolean(output)
    if wanted is None:
        raise UsageError(
            "the gold is neither yes nor no", where=repr(gold[:40]), hint="use yes, no, 是 or 否"
        )
    return found is not None and found.value == wanted.value


def _set(gold: str, output: str) -> bool:
    found = named(output)
    return found is not None and generic.same_set(gold, json.dumps(found.value))


_REWARDS: dict[str, Callable[[str, str], bool]] = {
    BOXED: _boxed,
    NUMBER: _number,
    LETTER: _letter,
    BOOLEAN: _boolean,
    SET: _set,
}
