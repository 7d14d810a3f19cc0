"""Whether two numbers are the same: exactly, or as far as the gold's digits go."""

from __future__ import annotations

import re
from fractions import Fraction

from governance.answers.extract import plain_number

WHOLE_TOLERANCE = Fraction(1, 10_000)
"""Relative; how far an answer may lie from a whole gold that may have been rounded (332,498.54 and 332,499)."""
_PLAIN = re.compile(r"[-+]?(\d{1,40})?(\.\d{1,40})?(/\d{1,40})?%?")
_LOOSE_COMMA = re.compile(r",(?!\d{3}(?:\D|\Z))")
_UNIT = re.compile(r"\s*(?:[A-Za-z°]{1,12}\.?|[\u4e00-\u9fff]{1,4}|[$¥￥€£])\s*\Z")


def value_of(text: str) -> Fraction | None:
    """The value of `1,200`, `-3.5`, `3/4`, `$12` or `15%` (0.15); None of anything else, `2,1` and `2x` too."""
    if _LOOSE_COMMA.search(text) or text.count(".") > 1:
        return None
    plain = plain_number(text.strip())
    match = _PLAIN.fullmatch(plain)
    if match is None or (match.group(1) is None and match.group(2) is None):
        return None
    digits = plain.rstrip("%")
    if "/" in digits and "." in digits:
        return None
    try:
        value = Fraction(digits)
    except (ValueError, ZeroDivisionError):
        return None
    return value / 100 if plain.endswith("%") else value


def same_number(gold: str, given: str) -> bool:
    """Whether both are exactly the same number; a percent sign that only one has may be the question's unit."""
    read = _readings(gold, given)
    return read is not None and read[0] in read[1]


def agrees(gold: str, given: str) -> bool:
    """Whether an answer, which may have a unit, is the gold as far as the gold's digits go.

    A gold with decimals is met within half a unit of its last one; a whole gold within one in ten thousand, at most a
    half. A percent sign that only one of the two has may be the question's unit, so 15.38% meets 15.38 and 0.1538;
    where neither has one, a factor of 100 is an error.
    """
    read = _readings(_UNIT.sub("", gold), _UNIT.sub("", given))
    if read is None:
        return False
    written, readings = read
    return any(abs(written - reading) <= _tolerance(gold, written) for reading in readings)


def _readings(gold: str, given: str) -> tuple[Fraction, list[Fraction]] | None:
    """(the gold as it is written, what the answer may mean in the gold's unit); None where either is no number."""
    wanted, value = value_of(gold), value_of(given)
    if wanted is None or value is None:
        return None
    signs = [text.rstrip().endswith(("%", "％")) for text in (gold, given)]
    written = wanted * 100 if signs[0] else wanted
    return written, [value * 100] if all(signs) else [value, value * 100] if any(signs) else [value]


def _tolerance(gold: str, written: Fraction) -> Fraction:
    decimals = re.search(r"\.(\d+)", gold)
    if decimals:
        return Fraction(1, 2 * 10 ** len(decimals.group(1)))
    return min(Fraction(1, 2), abs(written) * WHOLE_TOLERANCE)
