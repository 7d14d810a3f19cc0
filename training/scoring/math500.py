r"""MATH-500: the boxed answer, by what it means.

Official follows the grader published with the data (openai/prm800k): the last box of the output; what is equal once
units, spaces and braces are gone is right; a tuple or interval has the gold's brackets and equal elements; an
unreduced fraction is wrong, and where the gold is a whole number the answer must be one as it is written. Its `eval` is
replaced by math-verify. Strict: the last box, else what is stated as the answer, by meaning alone: `\frac{2}{4}` is
`\frac{1}{2}`, `\sqrt{9}` is 3.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from governance.answers.extract import boxed, number
from governance.answers.structures import stated
from training.scoring.base import Item, Scored
from training.scoring.numbers import value_of
from training.scoring.symbolic import plain, same_expression
from training.scoring.verdict import scored, value

_FRACTION = re.compile(r"-?(?:\\[dt]?frac\{?-?\d+\}?\{?\d+\}?|\d+/\d+)")
_UNITS = re.compile(
    r"(?:degree|centimeter|cm|meter|mile|second|minute|hour|day|week|month|year|foot|feet|inch|yard)(?:es)?s?(?:\^\{?\d\}?)?"
)
_TUPLE = re.compile(r"[(\[]([^()\[\]]+)[)\]]")
_EQUATION = re.compile(r"[^=]{1,2}=([^=]+)")
UNDECIDED = "whether it equals the gold was not decided in time"


def official(item: Item, output: str) -> Scored:
    """As the published grader decides, with the box of what is said after the thinking."""
    found = boxed(output)
    return _judged(item, output, value(found), official_same)


def strict(item: Item, output: str) -> Scored:
    """Whether the answer that is boxed, or stated, means the same as the gold."""
    found = boxed(output) or number(output) or stated(output)
    return _judged(item, output, value(found), same_expression)


def official_same(gold: str, given: str) -> bool | None:
    """Whether the published grader takes both for equal; None where the time ran out."""
    wanted, found = _normal(gold), _normal(given)
    if wanted == found:
        return True
    if not found:
        return False
    parts, others = _elements(wanted), _elements(found)
    if len(parts) != len(others) or (len(parts) > 1 and (wanted[0], wanted[-1]) != (found[0], found[-1])):
        return False
    return all(_same_element(a, b) for a, b in zip(parts, others, strict=True))


def _same_element(gold: str, given: str) -> bool:
    if gold == given:
        return True
    if _FRACTION.fullmatch(gold) and _FRACTION.fullmatch(given):
        return _bare(gold) == _bare(given)
    if given.endswith(".") or "," in gold + given or _whole(gold) != _whole(given):
        return False
    return bool(same_expression(gold, given))


def _normal(text: str) -> str:
    r"""Without wrappers, units, degrees, percent signs, the `x =` before it, and the difference of \dfrac and \frac."""
    if whole := re.fullmatch(r"\\text\{(.+)\}", text.strip()):
        text = whole.group(1)
    value, *units = re.split(r"\\text\{ ", text)
    stop = "." if text.rstrip().endswith(".") else ""
    bare = plain(value if len(units) == 1 and value.strip() else text) + stop
    bare = re.sub(r"\^\s?\{?\\circ\}?|%", "", _UNITS.sub("", bare))
    bare = re.sub(r"\\[dt]frac", r"\\frac", bare).replace("{,}", ",")
    if match := _EQUATION.fullmatch(bare):
        bare = match.group(1)
    number = value_of(bare) if re.fullmatch(r"-?[\d,]+(?:\.0*)?", bare) else None
    return str(int(number)) if number is not None and number.denominator == 1 else bare.lower()


def _bare(fraction: str) -> list[str]:
    return re.findall(r"-?\d+", fraction) if "/" in fraction else _digits(fraction)


def _digits(fraction: str) -> list[str]:
    r"""The two numbers of \frac{1}{2} or \frac12, the sign with the first."""
    sign = "-" if fraction.startswith("-") else ""
    braced = re.findall(r"\{(-?\d+)\}", fraction)
    pair = braced if len(braced) == 2 else re.findall(r"\d", fraction)
    return [sign + pair[0], *pair[1:]]


def _elements(text: str) -> list[str]:
    match = _TUPLE.fullmatch(text)
    return match.group(1).split(",") if match else [text]


def _whole(text: str) -> bool:
    value = value_of(text) if re.fullmatch(r"-?[\d,.]+", text) else None
    return value is not None and value.denominator == 1


def _judged(item: Item, output: str, given: str | None, same: Callable[[str, str], bool | None]) -> Scored:
    """The score, saying so where it was not decided in time."""
    verdict = None if item.answer is None or given is None else same(item.answer, given)
    result = scored(item, output, given, lambda _gold, _given: bool(verdict))
    undecided = verdict is None and result.score is not None and given is not None
    return replace(result, reason=UNDECIDED) if undecided else result
