"""Expressions and their exact values.

A value is a fraction; only roots and powers to a fraction are inexact. Size is bounded: no number of more than
`BITS` bits is ever made, so `9^9^9` is unreadable and costs nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

BITS = 4096


class Unreadable(Exception):
    """The expression cannot be evaluated, in one word why."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written.

    Attributes:
        digits: with a point perhaps, without separators.
        percent: whether a percent sign follows.
        scale: 10000 for 万.
        unit: the word that follows, or nothing.
    """

    digits: str
    percent: bool = False
    scale: int = 1
    unit: str = ""

    @property
    def value(self) -> Fraction:
        """Of the digits alone."""
        return Fraction(self.digits)

    @property
    def decimals(self) -> int:
        """Digits shown after the point."""
        return len(self.digits.partition(".")[2])


@dataclass(frozen=True, slots=True)
class Binary:
    """Two expressions and an operator, one of + - * / ^."""

    sign: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Negative:
    """An expression after a minus sign."""

    of: Expression


@dataclass(frozen=True, slots=True)
class Root:
    """The square root of an expression."""

    of: Expression


@dataclass(frozen=True, slots=True)
class Percent:
    """An expression in brackets before a percent sign."""

    of: Expression


Expression = Number | Binary | Negative | Root | Percent


@dataclass(frozen=True)
class Reading:
    """One way to take what people write.

    Attributes:
        percent: whether 5% is 0.05; else it is 5.
        relative: whether 200 + 5% is 210.
        scaled: whether 3万 is 30000; else it is 3.
        moved: numbers (by identity) that are taken half a unit of their last digit higher.
    """

    percent: bool = True
    relative: bool = False
    scaled: bool = True
    moved: frozenset[int] = field(default_factory=frozenset)


PLAIN = Reading()


def evaluate(node: Expression, reading: Reading = PLAIN) -> Fraction:
    """The value; Unreadable where it is undefined or too large."""
    if isinstance(node, Number):
        return _number(node, reading)
    if isinstance(node, Negative):
        return -evaluate(node.of, reading)
    if isinstance(node, Percent):
        return evaluate(node.of, reading) / (100 if reading.percent else 1)
    if isinstance(node, Root):
        return _root(evaluate(node.of, reading))
    left, right = evaluate(node.left, reading), evaluate(node.right, reading)
    if reading.relative and node.sign in "+-" and isinstance(node.right, Number) and node.right.percent:
        right *= left
    return _small(_applied(node.sign, left, right))


def estimate(node: Expression) -> float:
    """The value in the plain reading as a float; nan where that takes more than the four operations."""
    if isinstance(node, Number):
        return float(node.digits) * node.scale / (100 if node.percent else 1)
    if isinstance(node, Negative):
        return -estimate(node.of)
    if not isinstance(node, Binary):
        return math.nan
    left, right = estimate(node.left), estimate(node.right)
    plain = {"+": left + right, "-": left - right, "*": left * right}
    if node.sign == "/" and right:
        return left / right
    return plain.get(node.sign, math.nan)


def unit_of_last_digit(number: Number, reading: Reading = PLAIN) -> Fraction:
    """What one step of the last digit shown is worth: 0.01 for 3.14, 0.001 for 31.4%."""
    step = Fraction(1, 10**number.decimals)
    if number.percent and reading.percent:
        step /= 100
    return step * number.scale if reading.scaled else step


def _number(number: Number, reading: Reading) -> Fraction:
    value = number.value
    if id(number) in reading.moved:
        value += Fraction(1, 2 * 10**number.decimals)
    if number.percent and reading.percent:
        value /= 100
    return value * number.scale if reading.scaled else value


def _applied(sign: str, left: Fraction, right: Fraction) -> Fraction:
    if sign == "+":
        return left + right
    if sign == "-":
        return left - right
    if sign == "*":
        return left * right
    if sign == "/":
        if right == 0:
            raise Unreadable("undefined")
        return left / right
    return _power(left, right)


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator == 1:
        size = max(base.numerator.bit_length(), base.denominator.bit_length())
        if abs(exponent.numerator) * size > BITS:
            raise Unreadable("large")
        if base == 0 and exponent <= 0:
            raise Unreadable("undefined")
        return Fraction(base ** int(exponent))
    if base <= 0:
        raise Unreadable("undefined")
    return _float(lambda: float(base) ** float(exponent))


def _root(value: Fraction) -> Fraction:
    if value < 0:
        raise Unreadable("undefined")
    top, bottom = math.isqrt(value.numerator), math.isqrt(value.denominator)
    if top * top == value.numerator and bottom * bottom == value.denominator:
        return Fraction(top, bottom)
    return _float(lambda: math.sqrt(value))


def _float(make: Callable[[], float]) -> Fraction:
    try:
        value = make()
    except OverflowError:
        raise Unreadable("large") from None
    if not math.isfinite(value):
        raise Unreadable("large")
    return Fraction(value)


def _small(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > BITS:
        raise Unreadable("large")
    return value


def numbers(node: Expression) -> list[Number]:
    """Every number of an expression, in order."""
    if isinstance(node, Number):
        return [node]
    if isinstance(node, Binary):
        return [*numbers(node.left), *numbers(node.right)]
    return numbers(node.of)


def signs(node: Expression) -> str:
    """Every operator of an expression, in order; a root counts as one."""
    if isinstance(node, Binary):
        return signs(node.left) + node.sign + signs(node.right)
    if isinstance(node, Number):
        return ""
    return ("r" if isinstance(node, Root) else "") + signs(node.of)
