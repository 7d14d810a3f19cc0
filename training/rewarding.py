"""Verifiable rewards: 1 for an output that states the gold, 0 for any other, by strict scorers only.

Only what a program can check is rewarded: a box, a number, an option letter, a set of options, yes or no. An output
that states no answer, or goes on thinking for ever, has none and gets 0.
"""

from __future__ import annotations

from collections.abc import Callable

BOXED, NUMBER, LETTER, LETTERS, BOOLEAN = "boxed", "number", "letter", "letters", "boolean"
KINDS = (BOXED, NUMBER, LETTER, LETTERS, BOOLEAN)

Reward = Callable[[str, str, str], float]
"""(kind, gold, output) -> reward between 0 and 1."""


def reward(kind: str, gold: str, output: str) -> float:
    """1.0 where the output's final answer is the gold, else 0.0."""
    from governance.answers.extract import boolean, boxed, letter, letters, number, plain_number

    if kind == BOXED:
        found = boxed(output)
        return float(found is not None and found.value.strip() == gold.strip())
    if kind == NUMBER:
        found = number(output)
        return float(found is not None and found.value == plain_number(gold))
    extract = {LETTER: letter, LETTERS: letters, BOOLEAN: boolean}[kind]
    found = extract(output)
    return float(found is not None and found.value == gold)


def gold_of(answer: str) -> tuple[str, str] | None:
    """(kind, gold) of an answer that states its result strictly; None where it states none."""
    from governance.answers import final as finals
    from governance.answers.extract import boxed

    found = finals.final(answer)
    if found is None:
        box = boxed(answer)
        return None if box is None or not box.value.strip() else (BOXED, box.value.strip())
    if found.kind == finals.LETTER:
        return (LETTER if len(found.value) == 1 else LETTERS), found.value
    return (BOOLEAN if found.kind == finals.BOOLEAN else NUMBER), found.value
