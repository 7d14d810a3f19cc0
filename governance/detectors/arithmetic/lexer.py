"""Text to tokens: numbers, operators, brackets, equals signs, words, and whatever breaks an expression.

One regular expression without nested repetition reads plain text and LaTeX alike, so the time is linear. Full-width
forms are read as their plain ones; offsets are characters of the text as it was given.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import NamedTuple

WIDE = str.maketrans("０１２３４５６７８９＋－＊／＝％（）．＄＾", "0123456789+-*/=%().$^")


class Kind(IntEnum):
    """What a token is."""

    NUMBER = 0
    OPERATOR = 1  # text is one of + - * / ^
    OPEN = 2
    CLOSE = 3
    EQUALS = 4  # text is = or ~ (about)
    PERCENT = 5
    FRACTION = 6
    ROOT = 7
    SCALE = 8  # 万, million; the factor is in SCALES
    WORD = 9
    BREAK = 10
    LINE = 11


class Token(NamedTuple):
    """One token and its place; a named tuple, because a text has hundreds and dataclasses take three times as long."""

    kind: Kind
    text: str
    start: int
    end: int


SCALES = {
    "百": 10**2, "千": 10**3, "万": 10**4, "十万": 10**5, "百万": 10**6, "千万": 10**7, "亿": 10**8, "十亿": 10**9,
    "百亿": 10**10, "千亿": 10**11, "万亿": 10**12, "萬": 10**4, "億": 10**8,
    "hundred": 10**2, "thousand": 10**3, "million": 10**6, "millions": 10**6, "billion": 10**9,
    "billions": 10**9, "trillion": 10**12, "mn": 10**6, "bn": 10**9,
}  # fmt: skip

_OPERATORS = {
    "+": "+", "-": "-", "−": "-", "–": "-", "*": "*", "×": "*", "·": "*", "⋅": "*", "∙": "*", "✕": "*", "✖": "*",
    "/": "/", "÷": "/", "^": "^", "**": "^", "\\times": "*", "\\cdot": "*", "\\ast": "*", "\\div": "/",
}  # fmt: skip

_TOKEN = re.compile(
    r"""
      (?P<space> [^\S\n]+ )
    | (?P<word> (?!sqrt\(|percent\b|US\$|HK\$|RMB\s?\d) [^\W\d_\u4e00-\u9fff]{1,40} )
    | (?P<note> <<[^<>\n]{0,200}>> | \[Calculator\([^\[\]\n]{0,200}\] )          # checked apart, see equations.py
    | (?P<label> \\(?:text|textbf|textit|textrm|mathrm|mbox|operatorname)\s?\{(?P<inner>[^{}]{0,100})\} )
    | (?P<fraction> \\[dtc]?frac(?![a-z]) )
    | (?P<root> \\sqrt(?![a-z\[]) | √ | sqrt(?=\() )
    | (?P<degree> \^\s?\{?\\circ\}? | [°℃℉] )
    | (?P<operator> \\(?:times|cdot|ast|div)(?![a-z]) | \*\*(?!\*) | [-+*/^×·⋅∙✕✖÷−–](?!=) )
    | (?P<about> ≈|≒|≅|\\approx(?![a-z])|\\simeq(?![a-z]) )
    | (?P<noise> \\left(?![a-z]) | \\right(?![a-z]) | \\(?:quad|qquad|displaystyle|boxed|mathbf|bf|limits)(?![a-z])
        | \\[,;:!\ ()\[\]$] | [$€£¥￥&] | US\$ | HK\$ | RMB(?=\s?\d) )
    | (?P<line> \\\\(?:\[\w{1,6}\])? | \\newline(?![a-z]) | \n )
    | (?P<percent> \\?% | ‰(?!.) | \bpercent\b )
    | (?P<bad> \d+\.\d+\.\d[\d.]* | (?:19|20)\d\d(?:-\d{1,2}-|/\d{1,2}/)\d{1,2}(?!\d)
        | \d{1,2}(?:-\d{1,2}-|/\d{1,2}/)(?:19|20)\d\d(?!\d)
        | \d[\d,.]*:\d[\d:.]* | \d+(?:,\d{3})*(?:\.\d+)?,\d(?!\d\d(?!\d))[\d,.]* )
    | (?P<number> \d{1,3}(?:(?:,|\{,\})\d{3})+(?:\.\d+)?(?!\d) | \d+(?:\.\d+)? | (?<![\d\w])\.\d+ )
    | (?P<open> [(\[{] ) | (?P<close> [)\]}] )
    | (?P<broken> [=<>!:+\-*/]=+ | ==+ | =[>] | -> | \\[a-zA-Z]+ | \\. )
    | (?P<equals> = )
    | (?P<han> [\u4e00-\u9fff]{1,40} )
    | (?P<other> . )
    """,
    re.VERBOSE,
)
_SCALE_HAN = re.compile("[十百千]?[万亿萬億]|[百千](?![分克米瓦帕卡])|万亿")
_SIMPLE = {
    "fraction": Kind.FRACTION,
    "root": Kind.ROOT,
    "open": Kind.OPEN,
    "close": Kind.CLOSE,
    "percent": Kind.PERCENT,
    "line": Kind.LINE,
    "bad": Kind.BREAK,
    "broken": Kind.BREAK,
    "other": Kind.BREAK,
}
_SKIPPED = {"space", "noise", "note", "degree"}


def tokens(text: str) -> list[Token]:
    """The tokens of a text, white space, currency signs and layout commands left out."""
    found: list[Token] = []
    for match in _TOKEN.finditer(text.translate(WIDE)):
        group = match.lastgroup or "other"
        if group == "word":
            found.append(Token(Kind.WORD, match.group(), *match.span()))
        elif group not in _SKIPPED:
            found += _made(group, match)
    return _joined(found)


def _made(group: str, match: re.Match[str]) -> list[Token]:
    start, end, text = match.start(), match.end(), match.group()
    if group == "number":
        whole = text.partition(".")[0]
        bad = len(whole) > 1 and whole[0] == "0"  # 007, 01 of a date
        return [
            Token(Kind.BREAK if bad else Kind.NUMBER, text.replace("{,}", ",").replace(",", ""), start, end)
        ]
    if group == "operator":
        return [Token(Kind.OPERATOR, _OPERATORS[text], start, end)]
    if group in ("equals", "about"):
        return [Token(Kind.EQUALS, "=" if group == "equals" else "~", start, end)]
    if group == "han":
        return _chinese(text, start)
    if group in ("label", "inner"):
        return [Token(Kind.WORD, (match.group("inner") or "").strip(), start, end)]
    return [Token(_SIMPLE[group], text, start, end)]


def _chinese(text: str, start: int) -> list[Token]:
    """A run of Chinese characters: a scale at its beginning is one token, the rest another."""
    scale = _SCALE_HAN.match(text)
    cut = scale.end() if scale else 0
    out = [Token(Kind.SCALE, text[:cut], start, start + cut)] if cut else []
    return [*out, Token(Kind.WORD, text[cut:], start + cut, start + len(text))] if text[cut:] else out


_BEFORE = (Kind.NUMBER, Kind.CLOSE, Kind.PERCENT, Kind.SCALE)
_AFTER = (Kind.NUMBER, Kind.OPEN, Kind.FRACTION, Kind.ROOT)


def _joined(found: list[Token]) -> list[Token]:
    """Words that are operators or scales where they stand, bold marks and line ends beside an equals sign dropped."""
    out: list[Token] = []
    for i, read in enumerate(found):
        token = read
        before = out[-1] if out else None
        after = found[i + 1] if i + 1 < len(found) else None
        if token.kind is Kind.LINE and _beside_equals(before, after):
            continue
        if token.kind is Kind.WORD:
            percent = i + 2 < len(found) and found[i + 2].kind is Kind.PERCENT
            token = _word(token, before, after, percent=percent)
        elif token.text == "^" and token.end - token.start == 2 and not _between(before, after):  # **bold**
            continue
        out.append(token)
    return out


def _beside_equals(before: Token | None, after: Token | None) -> bool:
    return (before is not None and before.kind is Kind.EQUALS) or (
        after is not None and after.kind is Kind.EQUALS
    )


def _between(before: Token | None, after: Token | None) -> bool:
    return before is not None and after is not None and before.kind in _BEFORE and after.kind in _AFTER


def _apart(before: Token, token: Token, after: Token) -> bool:
    """Whether blanks stand on both sides: 3 x (2 + 1) multiplies, 3x(2 + 1) names an x."""
    return before.end < token.start and token.end < after.start


def _word(token: Token, before: Token | None, after: Token | None, *, percent: bool) -> Token:
    """`x` and `of` between two operands multiply (a percentage where `percent`), `million` after a number scales."""
    if before is not None and after is not None and _between(before, after):
        if token.text in ("x", "X") and (after.kind is Kind.NUMBER or _apart(before, token, after)):
            return Token(Kind.OPERATOR, "*", token.start, token.end)
        if (token.text, percent) == ("的", True) or (token.text == "of" and before.kind is Kind.PERCENT):
            return Token(Kind.OPERATOR, "*", token.start, token.end)
    if token.text in SCALES and before is not None and before.kind is Kind.NUMBER:
        return Token(Kind.SCALE, token.text, token.start, token.end)
    return token
