"""Whether two expressions agree in a reading that people use, and how far they are apart where they do not."""

from __future__ import annotations

import itertools
from fractions import Fraction

from governance.detectors.arithmetic.values import (
    PLAIN,
    Binary,
    Expression,
    Negative,
    Number,
    Percent,
    Reading,
    estimate,
    evaluate,
    numbers,
    signs,
    unit_of_last_digit,
)

TOLERANCE = 1e-4
ABOUT = Fraction(1, 100)
"""How far `≈` may be from the truth."""


def agree(left: Expression, right: Expression, tolerance: float = TOLERANCE, *, about: bool = False) -> bool:
    """Whether the two sides are equal in some reading that people use; Unreadable where neither can be computed."""
    if _nearly(left, right):
        return True
    every = [*numbers(left), *numbers(right)]
    percents = (True, False) if any(n.percent for n in every) or _has_percent(left, right) else (True,)
    scales = (True, False) if any(n.scale > 1 for n in every) else (True,)
    relative = (False, True) if percents != (True,) else (False,)
    sides = list(itertools.product(percents, relative, scales))
    return any(
        _close(left, right, Reading(*a), Reading(*b), tolerance, about=about)
        for a, b in itertools.product(sides, sides)
    )


def _nearly(left: Expression, right: Expression) -> bool:
    """Whether plain floating point says so already; most equations are right, and this is ten times as fast."""
    x, y = estimate(left), estimate(right)
    return abs(x - y) <= 1e-12 * abs(x)  # false for nan


def goes_on(left: Expression, right: Expression, tolerance: float) -> bool:
    """Whether the right side begins with the left one's value and goes on from there: 2 × 3 = 6 + 1 = 7."""
    while isinstance(right, Binary):
        right = right.left
        if agree(left, right, tolerance):
            return True
    return False


def _has_percent(*nodes: Expression) -> bool:
    """Whether brackets before a percent sign are among the expressions."""
    found = False
    for node in nodes:
        if isinstance(node, Percent):
            return True
        if isinstance(node, Binary):
            found = found or _has_percent(node.left, node.right)
        elif not isinstance(node, Number):
            found = found or _has_percent(node.of)
    return found


def _close(
    left: Expression, right: Expression, a: Reading, b: Reading, tolerance: float, *, about: bool
) -> bool:
    x, y = evaluate(left, a), evaluate(right, b)
    if x == y:
        return True
    allowed = max(_shown(left, a), _shown(right, b))
    if _inexact(left) or _inexact(right) or x.denominator > 1 or y.denominator > 1:
        allowed = max(allowed, Fraction(tolerance) * max(abs(x), abs(y)))
    if about:
        allowed = max(allowed, ABOUT * max(abs(x), abs(y)), _rounded_whole(right, b))
    if abs(x - y) < allowed:
        return True
    return _spread(left, a) + _spread(right, b) + allowed > abs(x - y)


def _shown(node: Expression, reading: Reading) -> Fraction:
    """One unit of the last digit of a lone number: as it may be rounded up or down, or cut off."""
    lone = node.of if isinstance(node, Negative) else node
    if isinstance(lone, Binary) and isinstance(lone.left, Number) and _power_of_ten(lone):
        return unit_of_last_digit(lone.left, reading) * evaluate(lone.right, reading)
    return unit_of_last_digit(lone, reading) if isinstance(lone, Number) else Fraction(0)


def _power_of_ten(node: Binary) -> bool:
    """Whether the right side of a product is 10^n: 9.35 × 10^-3 is a number as written."""
    right = node.right
    ten = isinstance(right, Binary) and right.sign == "^" and isinstance(right.left, Number)
    return node.sign == "*" and ten and numbers(right)[0].digits == "10" and len(signs(right)) == 1


def _rounded_whole(node: Expression, reading: Reading) -> Fraction:
    """One unit of the last digit that is not a zero: 2,700,000 stands for some 2.7 million."""
    lone = node.of if isinstance(node, Negative) else node
    if not isinstance(lone, Number) or lone.decimals or not lone.value:
        return Fraction(0)
    digits = str(int(lone.value))
    zeros = len(digits) - len(digits.rstrip("0"))
    return Fraction(10**zeros) * unit_of_last_digit(lone, reading)


def _inexact(node: Expression) -> bool:
    return "r" in signs(node) or any(n.decimals for n in numbers(node))


def _spread(node: Expression, reading: Reading) -> Fraction:
    """How far the value may be off because its own numbers were rounded: 0.33 × 9 = 3."""
    if not signs(node):
        return Fraction(0)
    value = evaluate(node, reading)
    total = Fraction(0)
    for number in numbers(node):
        if _looks_rounded(number):
            moved = Reading(reading.percent, reading.relative, reading.scaled, frozenset((id(number),)))
            total += abs(evaluate(node, moved) - value)
    return total


def _looks_rounded(number: Number) -> bool:
    """Four digits or more with a point, or two decimals of a third, a sixth, a seventh or a ninth."""
    if number.decimals < 2:
        return False
    step = Fraction(1, 10**number.decimals)
    if number.value >= step * 1000:
        return True
    return any(
        abs(round(number.value * d) / Fraction(d) - number.value) < step
        and (number.value * d).denominator > 1
        for d in (3, 6, 7, 9)
    )


def distance(left: Expression, right: Expression) -> float:
    """|left - right| over the larger of the two, 0 to 2."""
    x, y = evaluate(left, PLAIN), evaluate(right, PLAIN)
    largest = max(abs(x), abs(y))
    return float(abs(x - y) / largest) if largest else 0.0
