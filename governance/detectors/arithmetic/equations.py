"""Equations of a text, and whether their two sides agree.

Around every equals sign stands a left side, the longest readable expression that ends there, and a right side, the
longest that begins there. What agrees in any reading that people use is right: 5% as a share or as a number, 200 + 5%
as 210, 3 × 2 = 6万, the digits shown as rounded or cut off, a step that goes on (2 × 3 = 6 + 1 = 7). What agrees in
none is wrong only where both sides were read to their ends: next to a name, another unit, a cut or a word such as
"twice" the sides are partial, and the equation is passed over and counted.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from governance.detectors.arithmetic.agreement import TOLERANCE, agree, distance, goes_on
from governance.detectors.arithmetic.doubts import cut, undecidable
from governance.detectors.arithmetic.lexer import WIDE, Kind, Token, tokens
from governance.detectors.arithmetic.reader import Read, read
from governance.detectors.arithmetic.values import Unreadable, signs

WINDOW = 40
"""Tokens looked at on each side of an equals sign."""
PER_TEXT = 2000
"""Equals signs read in one text; the rest is counted as `capped`."""
_NOTE = re.compile(
    r"<<([^<>\n]{1,200})>>|\[Calculator\(([^\[\]\n]{1,200})\)\s?(?:→|->)\s?([^\[\]\n]{1,60})\]"
)
_PLAIN = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)([-+*/])(\d{1,15}(?:\.\d{1,9})?)=(\d{1,15}(?:\.\d{1,9})?)")
_EDGES = (Kind.BREAK, Kind.LINE, Kind.EQUALS)
_STARTS = (Kind.NUMBER, Kind.OPEN, Kind.FRACTION, Kind.ROOT, Kind.OPERATOR)
_ABOUT = frozenset((
    "about", "approximately", "roughly", "around", "nearly", "approx", "约", "大约", "约为", "约等于",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Equation:
    """Two sides that do not agree.

    Attributes:
        start, end: characters of the text, from the left side to the right.
        kind: step (in running text) or note (a calculator's annotation).
        error: |left - right| over the larger of the two, 0 to 2.
    """

    start: int
    end: int
    kind: str
    error: float


@dataclass(frozen=True)
class Checked:
    """What a text's equations came to.

    Attributes:
        wrong: those that do not recompute, in order.
        counts: `read` equals signs, `recomputed` ones, and the others by the reason why they were passed over.
    """

    wrong: tuple[Equation, ...]
    counts: Counter[str]


def check(text: str, tolerance: float = TOLERANCE) -> Checked:
    """The equations of a text, those of calculator notes among them."""
    counts: Counter[str] = Counter()
    notes = list(_notes(text, counts, tolerance))
    steps = [
        step
        for step in _steps(text, counts, tolerance)
        if not any(step.start <= note.start and note.end <= step.end for note in notes)
    ]
    wrong = sorted([*notes, *steps], key=lambda e: (e.start, e.end))
    counts["wrong"] = len(wrong)
    return Checked(tuple(wrong), counts)


def _notes(text: str, counts: Counter[str], tolerance: float) -> Iterator[Equation]:
    """`<<48/2=24>>` of GSM8K, `[Calculator(48/2)→24]` of Chinese sets."""
    for note in _NOTE.finditer(text) if "<<" in text or "[Calculator(" in text else ():
        inner = note.group(1) or f"{note.group(2)}={note.group(3)}"
        if _plainly_right(inner):
            counts["read"] += 1
            counts["recomputed"] += 1
            continue
        for wrong in itertools.islice(_steps(inner, counts, tolerance, whole=True), 1):
            yield Equation(note.start(), note.end(), "note", wrong.error)


def _plainly_right(inner: str) -> bool:
    """Whether a note is two numbers, a sign and their result: four in five are, and need no reader."""
    plain = _PLAIN.fullmatch(inner)
    if plain is None:
        return False
    a, sign, b, result = float(plain[1]), plain[2], float(plain[3]), float(plain[4])
    if sign == "/":
        return b != 0 and abs(a / b - result) <= 1e-12 * abs(result)
    value = a * b if sign == "*" else a + b if sign == "+" else a - b
    return abs(value - result) <= 1e-12 * abs(result)


def _steps(text: str, counts: Counter[str], tolerance: float, *, whole: bool = False) -> Iterator[Equation]:
    line = tokens(text)
    text = text.translate(WIDE)
    equals = [i for i, token in enumerate(line) if token.kind is Kind.EQUALS]
    counts["read"] += len(equals)
    counts["capped"] += max(0, len(equals) - PER_TEXT)
    for at in equals[:PER_TEXT]:
        verdict = _verdict(text, line, at, tolerance, whole=whole)
        if isinstance(verdict, str):
            counts[verdict] += 1
            continue
        counts["recomputed"] += 1
        yield verdict


def _verdict(text: str, line: Sequence[Token], at: int, tolerance: float, *, whole: bool) -> Equation | str:
    """The equation at one equals sign where it is wrong; else why it is not."""
    left, right = _left(line, at), _right(line, at)
    if left is None or right is None:
        return "not_arithmetic"
    first, a = left
    b, about = right
    if not signs(a.node) and not signs(b.node):
        return "no_operation"
    about = about or line[at].text == "~"
    try:
        if agree(a.node, b.node, tolerance, about=about) or goes_on(a.node, b.node, tolerance):
            return "recomputed"
        error = distance(a.node, b.node)
    except Unreadable as reason:
        return str(reason)
    if whole:
        doubt = "partial" if first or b.after < len(line) else ""
    else:
        doubt = cut(text, line, first, at, b.after) or undecidable(a.node, b.node)
    if doubt:
        return doubt
    return Equation(line[first].start, line[b.after - 1].end, "step", error)


def _left(line: Sequence[Token], at: int) -> tuple[int, Read] | None:
    """(first token, expression) of the longest expression that ends before token `at`."""
    low = at
    while low > max(0, at - WINDOW) and line[low - 1].kind not in _EDGES:
        low -= 1
    for start in range(low, at):
        if line[start].kind in _STARTS:
            found = read(line, start, at)
            if found is not None and found.after == at:
                return start, found
    return None


def _right(line: Sequence[Token], at: int) -> tuple[Read, bool] | None:
    """(the longest expression that begins after token `at`, whether a word says that it is about so much)."""
    start, about = at + 1, False
    if start < len(line) and line[start].kind is Kind.WORD and line[start].text.lower() in _ABOUT:
        start, about = start + 1, True
    stop = start
    while stop < min(len(line), start + WINDOW) and line[stop].kind not in _EDGES:
        stop += 1
    found = read(line, start, stop)
    return None if found is None else (found, about)
