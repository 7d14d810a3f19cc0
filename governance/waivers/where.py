"""Expressions that say which findings a waiver means: `source = "wiki" and kind in ("near", "template")`.

    expression :=  conjunction ("or" conjunction)*
    conjunction := factor ("and" factor)*
    factor :=      "not" factor | "(" expression ")" | condition
    condition :=   FIELD ("=" | "!=" | "<" | "<=" | ">" | ">=") VALUE
                 | FIELD "in" "(" VALUE ("," VALUE)* ")"
                 | FIELD "is" "missing"
    VALUE :=       "text" | 'text' | number

Fields are structured ones only, never words of a row, so nothing in the data can widen a waiver by what it says.
An expression becomes a Polars expression over literals; no text of it reaches a query language.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from governance.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    import polars as pl

FINDING_FIELDS = {"kind": str, "severity": str, "score": float, "rows": float}
"""Fields of a finding, and whether they are texts or numbers."""
ROW_FIELDS = {"source": str, "licence": str, "label": str, "row_id": str, "dataset": str}
"""Fields of the rows that a finding counts against; they have to hold for each of these rows."""
FIELDS = {**FINDING_FIELDS, **ROW_FIELDS}
LONGEST = 2_000
DEEPEST = 20
COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
TOKEN = re.compile(
    r"""\s*(?:(?P<text>"[^"\\]*"|'[^'\\]*')|(?P<number>-?\d{1,15}(?:\.\d{1,15})?)(?![\w.])"""
    r"""|(?P<word>[A-Za-z_]\w*)|(?P<sign><=|>=|!=|[=<>(),]))"""
)


@dataclass(frozen=True)
class Condition:
    """An expression that has been read.

    Attributes:
        fields: names of the fields it speaks of.
        matches: the Polars expression over columns of these names, null where a field is missing.
    """

    text: str
    fields: frozenset[str]
    matches: pl.Expr

    @property
    def row_fields(self) -> frozenset[str]:
        """Those of its fields that belong to rows."""
        return self.fields & ROW_FIELDS.keys()


@dataclass(frozen=True)
class Token:
    """A piece of an expression: text, number, word or sign, and where it begins."""

    kind: str
    text: str
    at: int


def parse(text: str) -> Condition:
    """The condition that a text says; UsageError with the place where it makes no sense."""
    if len(text) > LONGEST:
        raise UsageError(f"the expression is longer than {LONGEST:,} characters", where="where")
    return _Reader(text).whole()


def tokens(text: str) -> Iterator[Token]:
    """The pieces of an expression, then an empty one."""
    at, end = 0, len(text.rstrip())
    while at < end:
        found = TOKEN.match(text, at)
        if found is None:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            hint = 'write for example source = "wiki" and kind in ("near", "template")'
            raise UsageError(f"the expression cannot be read at character {start + 1}", where=text, hint=hint)
        kind = str(found.lastgroup)
        yield Token(kind, found[kind], found.start(kind))
        at = found.end()
    yield Token("end", "", len(text))


class _Reader:
    """One expression, read from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(tokens(text))
        self.at = 0
        self.fields: set[str] = set()

    def whole(self) -> Condition:
        expression = self.either(0)
        if self.peek.kind != "end":
            self.fail("nothing more was expected here", "join conditions by `and` or `or`")
        return Condition(self.text, frozenset(self.fields), expression)

    @property
    def peek(self) -> Token:
        return self.tokens[self.at]

    def take(self, *words: str) -> bool:
        """True, and one step further, where the next piece is one of these words or signs."""
        if self.peek.kind in {"word", "sign"} and self.peek.text in words:
            self.at += 1
            return True
        return False

    def need(self, word: str) -> None:
        if not self.take(word):
            self.fail(f"{word!r} was expected here")

    def fail(self, what: str, hint: str = "") -> None:
        place = f"at character {self.peek.at + 1}" if self.peek.text else "at its end"
        raise UsageError(f"{what}, {place} of the expression", where=self.text, hint=hint)

    def either(self, depth: int) -> pl.Expr:
        if depth > DEEPEST:
            self.fail(f"parentheses go deeper than {DEEPEST}")
        parts = [self.both(depth)]
        while self.take("or"):
            parts.append(self.both(depth))
        return reduce(operator.or_, parts)

    def both(self, depth: int) -> pl.Expr:
        parts = [self.factor(depth)]
        while self.take("and"):
            parts.append(self.factor(depth))
        return reduce(operator.and_, parts)

    def factor(self, depth: int) -> pl.Expr:
        if depth > DEEPEST:
            self.fail(f"parentheses go deeper than {DEEPEST}")
        if self.take("not"):
            return ~self.factor(depth + 1)
        if self.take("("):
            inside = self.either(depth + 1)
            self.need(")")
            return inside
        return self.condition()

    def condition(self) -> pl.Expr:
        import polars as pl

        name = self.field()
        column = pl.col(name)
        if self.take("is"):
            self.need("missing")
            return column.is_null()
        if self.take("in"):
            return column.is_in(self.values(name))
        sign = self.peek.text
        if not self.take(*COMPARISONS):
            self.fail("a comparison was expected here", f"one of: {' '.join(COMPARISONS)} in, is missing")
        if FIELDS[name] is str and sign not in {"=", "!="}:
            self.at -= 1
            self.fail(f"{name} is a text, and texts are compared by = and != only")
        return _compared(column, sign, self.value(name))

    def field(self) -> str:
        token = self.peek
        if token.kind != "word" or token.text not in FIELDS:
            near = did_you_mean(token.text, FIELDS)
            self.fail(f"{token.text!r} is no field" if token.text else "a field was expected",
                      f"{near}fields are: {', '.join(FIELDS)}")  # fmt: skip
        self.at += 1
        self.fields.add(token.text)
        return token.text

    def values(self, name: str) -> list[str | float]:
        self.need("(")
        found = [self.value(name)]
        while self.take(","):
            found.append(self.value(name))
        self.need(")")
        return found

    def value(self, name: str) -> str | float:
        token = self.peek
        wanted = "text" if FIELDS[name] is str else "number"
        if token.kind != wanted:
            hint = 'texts stand in quotes: "wiki"' if wanted == "text" else "numbers stand without quotes"
            self.fail(f"{name} is compared with a {wanted}", hint)
        self.at += 1
        return token.text[1:-1] if wanted == "text" else float(token.text)


def _compared(column: pl.Expr, sign: str, value: str | float) -> pl.Expr:
    import polars as pl

    compared: pl.Expr = COMPARISONS[sign](column, pl.lit(value))
    return compared
