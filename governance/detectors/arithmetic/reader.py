"""Tokens to expressions: a recursive descent that takes as much as it can read, and says where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from governance.detectors.arithmetic.lexer import SCALES, Kind, Token
from governance.detectors.arithmetic.values import (
    Binary,
    Expression,
    Negative,
    Number,
    Percent,
    Root,
    Unreadable,
)

DEPTH = 24
"""Brackets inside brackets; deeper ones are unreadable."""
DIGITS = 60
UNITS = frozenset((
    "dollar", "dollars", "cent", "cents", "yuan", "rmb", "usd", "cny", "eur", "euros", "pounds", "hour",
    "hours", "hr", "hrs", "minute", "minutes", "min", "mins", "second", "seconds", "sec", "day", "days", "week",
    "weeks", "month", "months", "year", "years", "mile", "miles", "km", "m", "cm", "mm", "kg", "g", "mg", "lb",
    "lbs", "oz", "ounce", "ounces", "foot", "feet", "ft", "inch", "inches", "yard", "yards", "meter", "meters",
    "metre", "metres", "liter", "liters", "litre", "litres", "l", "ml", "gallon", "gallons", "mph", "people",
    "元", "块", "角", "分", "美元", "港元", "欧元", "日元", "股", "张", "人", "天", "日", "年", "月", "个月",
    "小时", "分钟", "秒", "米", "千米", "公里", "厘米", "毫米", "公斤", "千克", "克", "斤", "吨", "升", "毫升",
    "个", "只", "件", "台", "份", "次", "倍", "期", "手", "户", "笔", "颗", "本", "条", "辆", "头", "箱", "包",
    "瓶", "亩",
))  # fmt: skip
"""Words that may stand between a number and an operator. Any other word there could be a name, not a unit."""


@dataclass(frozen=True, slots=True)
class Read:
    """An expression and the number of the token after it."""

    node: Expression
    after: int


def read(tokens: Sequence[Token], start: int, stop: int) -> Read | None:
    """The longest expression that begins at token `start` and ends before `stop`; None where there is none."""
    reader = _Reader(tokens, start, stop)
    try:
        return Read(reader.sum(0), reader.at)
    except Unreadable:
        return None


class _Reader:
    def __init__(self, tokens: Sequence[Token], start: int, stop: int) -> None:
        self.tokens = tokens
        self.at = start
        self.stop = stop

    def peek(self) -> Token | None:
        return self.tokens[self.at] if self.at < self.stop else None

    def sum(self, depth: int) -> Expression:
        return self._chain("+-", self.product, depth)

    def product(self, depth: int) -> Expression:
        node = self.power(depth)
        divided = False
        while token := self.peek():
            sign = self._sign("*/")
            implied = not sign and token.kind in (Kind.OPEN, Kind.ROOT) and self._touches(token)
            if not sign and not implied:
                break
            if implied and divided:
                raise Unreadable("ambiguous")  # 12/2(3) is read in two ways
            before = self.at
            self.at += bool(sign)
            try:
                right = self.power(depth)
            except Unreadable:
                self.at = before
                break
            divided = sign == "/"
            node = Binary(sign or "*", node, right)
        return node

    def power(self, depth: int) -> Expression:
        if self._sign("+-"):
            negative = self.tokens[self.at].text == "-"
            if not negative and self.at and self.tokens[self.at - 1].kind is Kind.OPERATOR:
                raise Unreadable("word")  # 3 + + 4: a number is missing
            self.at += 1
            node = self.power(depth)
            return Negative(node) if negative else node
        node = self.postfix(depth)
        if self._sign("^"):
            before = self.at
            self.at += 1
            try:
                return Binary("^", node, self.power(depth))
            except Unreadable:
                self.at = before
        return node

    def postfix(self, depth: int) -> Expression:
        node = self.primary(depth)
        scale, percent, unit = 1, False, ""
        if (token := self.peek()) and token.kind is Kind.SCALE:
            scale = SCALES[token.text]
            self.at += 1
        if (token := self.peek()) and token.kind is Kind.PERCENT:
            percent = True
            self.at += 1
        if (token := self.peek()) and token.kind is Kind.WORD and self._is_unit(token):
            unit = token.text.lower()
            self.at += 1
        if isinstance(node, Number):
            return Number(node.digits, percent, scale, unit) if percent or unit or scale > 1 else node
        if scale > 1:
            node = Binary("*", node, Number("1", scale=scale))
        return Percent(node) if percent else node

    def primary(self, depth: int) -> Expression:
        token = self.peek()
        if token is None or depth > DEPTH:
            raise Unreadable("incomplete")
        self.at += 1
        if token.kind is Kind.NUMBER:
            return self._number(token)
        if token.kind is Kind.OPEN:
            self.at -= 1
            return self._group(depth)
        if token.kind is Kind.FRACTION:
            return Binary("/", self._group(depth), self._group(depth))
        if token.kind is Kind.ROOT:
            return Root(self.primary(depth + 1))
        raise Unreadable("word")

    def _chain(self, signs: str, operand: Callable[[int], Expression], depth: int) -> Expression:
        node: Expression = operand(depth)
        while sign := self._sign(signs):
            before = self.at
            self.at += 1
            try:
                node = Binary(sign, node, operand(depth))
            except Unreadable:
                self.at = before
                break
        return node

    def _number(self, token: Token) -> Number:
        if len(token.text) > DIGITS:
            raise Unreadable("large")
        after = self.peek()
        if after is not None and after.kind is Kind.FRACTION:
            raise Unreadable("mixed")  # 2\frac{1}{2} is two and a half, or one
        return Number(token.text)

    def _group(self, depth: int) -> Expression:
        token = self.peek()
        if token is None or token.kind is not Kind.OPEN:
            raise Unreadable("incomplete")
        self.at += 1
        node = self.sum(depth + 1)
        close = self.peek()
        if close is None or close.kind is not Kind.CLOSE:
            raise Unreadable("word")
        self.at += 1
        return node

    def _sign(self, signs: str) -> str:
        token = self.peek()
        return token.text if token is not None and token.kind is Kind.OPERATOR and token.text in signs else ""

    def _touches(self, token: Token) -> bool:
        before = self.tokens[self.at - 1]
        return token.text != "{" and token.start == before.end

    def _is_unit(self, token: Token) -> bool:
        """A unit of measure; one letter that touches its number (3m) is more often a name."""
        if len(token.text) == 1 and token.text.isascii():
            return token.text in UNITS and token.start > self.tokens[self.at - 1].end
        return token.text.lower() in UNITS
