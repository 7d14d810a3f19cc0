"""The final answer of a text whatever its kind, and whether two of them contradict each other."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from governance.answers.extract import LETTERS, boolean, boxed, letters, number
from governance.detectors.arithmetic.agreement import agree
from governance.detectors.arithmetic.lexer import tokens
from governance.detectors.arithmetic.reader import read
from governance.detectors.arithmetic.values import (
    Expression,
    Number,
    Unreadable,
    evaluate,
    numbers,
    unit_of_last_digit,
)

LETTER, BOOLEAN, NUMBER, SET = "letter", "boolean", "number", "letters"


@dataclass(frozen=True, slots=True)
class Final:
    """A final answer that can be compared with another of its kind."""

    kind: str
    value: str


def final(text: str) -> Final | None:
    """The final answer, strictest kind first; None where none is stated or it cannot be compared."""
    if named := letters(text, LETTERS):
        return Final(LETTER, named.value)
    if said := boolean(text):
        return Final(BOOLEAN, said.value)
    if given := number(text):
        return Final(NUMBER, given.value)
    box = boxed(text)
    return Final(NUMBER, box.value) if box is not None and _expression(box.value) is not None else None


def contradict(one: Final, other: Final) -> bool:
    """Whether both cannot be right. Numbers agree where one is the other rounded, or its percentage."""
    if one.kind != other.kind or one.value == other.value:
        return False
    if one.kind != NUMBER:
        return True
    a, b = _expression(one.value), _expression(other.value)
    if a is None or b is None:
        return False
    try:
        return not (agree(a, b) or _percentage(a, b) or _percentage(b, a))
    except Unreadable:
        return False


def _percentage(share: Expression, percent: Expression) -> bool:
    """Whether one is the other's percentage, as rounded: 0.25 and 25, 0.333 and 33."""
    step = max(_step(percent) / 100, _step(share) if any(n.decimals for n in numbers(share)) else Fraction(0))
    return abs(evaluate(share) - evaluate(percent) / 100) < max(step, Fraction(1, 10**9))


def _step(node: Expression) -> Fraction:
    return unit_of_last_digit(node) if isinstance(node, Number) else Fraction(0)


def _expression(text: str) -> Expression | None:
    line = tokens(text)
    found = read(line, 0, len(line)) if line else None
    return found.node if found is not None and found.after == len(line) else None
