"""Reasons to pass over an equation that does not come out: it may be a part of something, or mean something else."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from fractions import Fraction

from governance.detectors.arithmetic.lexer import Kind, Token
from governance.detectors.arithmetic.values import PLAIN, Binary, Expression, Number, evaluate, numbers, signs

CONVERSIONS = frozenset((3, 4, 7, 10, 12, 16, 24, 30, 52, 60, 365, 3600))
"""Factors between units of time, length and weight."""
_COUNTED = frozenset((
    "dollar", "dollars", "yuan", "rmb", "usd", "cny", "eur", "euros", "people", "元", "块", "美元", "港元", "欧元",
    "日元",
    "股", "张", "人", "个", "只", "件", "台", "份", "次", "倍", "期", "手", "户", "笔", "颗", "本", "条", "辆",
    "头", "箱", "包", "瓶",
))  # fmt: skip
"""Units that have no larger or smaller ones."""
_POWERS = frozenset(10**n for n in (2, 3, 4, 6, 8, 9))
"""Cents and dollars, thousands and 万 that the text names elsewhere."""
_STOPS = frozenset(",;，；。：:、.?!？！“”\"'()（）[]【】*#")
_INCOMPLETE = frozenset((
    "half", "twice", "double", "triple", "thrice", "square", "squared", "cube", "root", "log", "ln", "lg",
    "exp", "sin", "cos", "tan", "max", "min", "mod", "average", "sum", "product", "to", "difference", "and",
    "or", "than", "of", "plus", "minus", "times", "over", "by", "from", "per", "more", "less", "another",
    "every", "each", "third", "quarter", "next", "加", "减", "乘", "除", "加上", "减去", "乘以", "除以", "和",
    "与", "至", "到", "每", "第", "x", "day", "days", "week", "weeks", "month", "year", "step", "part", "case",
    "no", "number", "question", "problem", "figure", "table", "equation", "chapter", "page", "room", "item",
    "option", "level", "grade", "class", "group", "round", "phase", "stage", "q",
))  # fmt: skip


def cut(text: str, line: Sequence[Token], first: int, at: int, after: int) -> str:
    """Why a side may be only a part of what was meant; nothing where both are whole."""
    return "partial" if _cut_before(text, line, first, at) or _cut_after(text, line, after) else ""


def _cut_before(text: str, line: Sequence[Token], first: int, at: int) -> bool:
    """Whether something before the left side may belong to it: a name, an operator, `twice`, `week 2 =`."""
    start = line[first].start
    glued = text[start - 1] if start else ""
    if glued and ((glued.isalnum() and glued.isascii()) or glued in "_\\./:!^'|"):
        return True
    if first == 0:
        return line[0].text == "+"
    before = line[first - 1]
    if before.kind is Kind.LINE:
        earlier = line[first - 2] if first > 1 else before
        return earlier.kind is Kind.OPERATOR or line[first].text == "+"
    if before.kind is Kind.BREAK:
        return _broken_off(text, line, first)
    return before.kind is not Kind.EQUALS and _belongs(line, first, at)


def _belongs(line: Sequence[Token], first: int, at: int) -> bool:
    """Whether the word before the left side takes part: `twice`, `week 2 =`, `S + 143 =`; anything else does."""
    before = line[first - 1]
    if before.kind is not Kind.WORD or line[first].kind is Kind.OPERATOR or at == first + 1:
        return True
    word = before.text.lower()
    return word in _INCOMPLETE or word[-1:] in _INCOMPLETE or _operated(line, first - 1)


def _broken_off(text: str, line: Sequence[Token], first: int) -> bool:
    """Whether the break before the left side stands inside an expression: `14, 400 / 80`, `.8 + . 84`."""
    before = line[first - 1]
    touching = before.end == line[first].start
    picture = unicodedata.category(before.text[0]) == "So" and not touching  # an emoji or an arrow
    if not (before.text in _STOPS or picture) or (touching and before.text in ".:"):
        return True
    if first < 2:
        return False
    earlier = line[first - 2]
    return earlier.kind is Kind.OPERATOR or (before.text == "," and earlier.kind is Kind.NUMBER)


def _operated(line: Sequence[Token], last: int) -> bool:
    """Whether an operator stands among the words that end at token `last`; a bullet does not count."""
    at = last
    while at >= 0 and line[at].kind not in (Kind.BREAK, Kind.LINE, Kind.EQUALS):
        if line[at].kind is Kind.OPERATOR and at > 0 and line[at - 1].kind is not Kind.LINE:
            return True
        at -= 1
    return False


def _cut_after(text: str, line: Sequence[Token], after: int) -> bool:
    """Whether something after the right side may belong to it: a name, an operator, the rest of a number."""
    end = line[after - 1].end
    glued = text[end : end + 2]
    if glued and (glued[0] in "_^!:\\'|(…" or glued == ".."):
        return True
    if after == len(line):
        return False
    token = line[after]
    if token.kind is Kind.WORD:
        following = line[after + 1].kind if after + 1 < len(line) else Kind.LINE
        if token.text.lower() == "mod":
            return True
        letter = token.start == end and len(token.text) == 1 and token.text.isascii()
        return letter or following in (Kind.OPERATOR, Kind.FRACTION, Kind.OPEN)
    if token.kind is Kind.BREAK:
        return token.text[0].isdigit() or token.text.startswith("\\")
    return token.kind not in (Kind.LINE, Kind.EQUALS, Kind.CLOSE)


def undecidable(left: Expression, right: Expression) -> str:
    """Sides that differ and still may both be right: other units, ranges, one slash after another."""
    units = {n.unit for n in (*numbers(left), *numbers(right))} - {""}
    x, y = evaluate(left, PLAIN), evaluate(right, PLAIN)
    factor = max(abs(x), abs(y)) / min(abs(x), abs(y)) if x and y else Fraction(0)
    if len(units) > 1 or factor in _POWERS or (units - _COUNTED and factor in CONVERSIONS):
        return "units"
    if _all_percent(left) != _all_percent(right) and not (_any_percent(left) and _any_percent(right)):
        return "units"  # 48 = 100% + 20%
    if signs(left) == "-" and not signs(right) and x < 0 <= y:
        return "range"  # 3-5 = good
    return "ambiguous" if _divided_twice(left) or _divided_twice(right) else ""


def _any_percent(node: Expression) -> bool:
    return any(n.percent for n in numbers(node))


def _all_percent(node: Expression) -> bool:
    return all(n.percent for n in numbers(node))


def _divided_twice(node: Expression) -> bool:
    """25 / 1/3, which is 75 to those who write it."""
    if isinstance(node, Number):
        return False
    if not isinstance(node, Binary):
        return _divided_twice(node.of)
    twice = node.sign == "/" and isinstance(node.left, Binary) and node.left.sign == "/"
    return twice or _divided_twice(node.left) or _divided_twice(node.right)
