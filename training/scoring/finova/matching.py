"""When Finova's published code takes two values for equal, rewritten without the `eval` that the original ends in.

A value is first brought into a plain form, in which a whole number that is the only one in the text stands for all of
it: `-760` becomes `760`, and so does `共 760 元`. Then texts are compared, then numbers at a relative 1e-4, also off by
a factor of 100 either way, then lists element by element, and last symbolically.
"""

from __future__ import annotations

import re
from math import isclose

from training.scoring.symbolic import same_expression

TOLERANCE = 1e-4
LONGEST = 1000
_UNITS = (
    "degree", "cm", "centimeter", "meter", "mile", "second", "minute", "hour", "week", "month", "year", "foot",
    "feet", "inch", "yard", "p.m.", "PM",
)  # fmt: skip
_UNIT = re.compile(f"(?:{'|'.join(_UNITS)})(?:es)?s? {{0,9}}(?:\\^[0-9]+)?")
_PERCENT = re.compile(r"\d+(?:\.\d+)?\\?%")
_TEXT = re.compile(r"\\text\s{0,9}\{\s{0,9}")
_GROUPED = re.compile(r"(\d),(?=\d{3}(?:\D|\Z))")


def equal(one: str, other: str) -> bool:
    """Whether two values are equal in the published sense."""
    a, b = _plain(one[:LONGEST]), _plain(other[:LONGEST])
    if a.lower() == b.lower():
        return True
    x, y = _number(a), _number(b)
    if x is not None and y is not None:
        return any(isclose(x, z, rel_tol=TOLERANCE) for z in (y / 100, y, y * 100))
    if not a or not b:
        return False
    bare = [re.sub(r"[{}()\[\]]", "", text) for text in (a, b)]
    if bare[0] == bare[1] or _lists_equal(a, b):
        return True
    return not re.search("[,;=]", a + b) and bool(same_expression(a, b))


def _lists_equal(a: str, b: str) -> bool:
    """Whether both are lists of equal values, one by one; the kind of bracket does not matter."""
    parts, others = (re.sub(r"^[(\[]|[)\]]$", "", text).split(",") for text in (a, b))
    return 1 < len(parts) == len(others) and all(map(equal, parts, others))


def _plain(text: str) -> str:
    """The plain form: without dollars, percent signs, wrappers, units and blanks; behind the last `=`."""
    return _without_units(_reduced(text))


def _reduced(text: str) -> str:
    """The first of the reductions that applies: a dollar, a percent sign, an equation, a single whole number."""
    if re.match(r"\$\d", text):
        return text[1:]
    if _PERCENT.fullmatch(text):
        return text.replace("\\%", "").replace("%", "")
    if re.search(r"√\d", text):
        return re.sub(r"√(\d+)", r"\\sqrt{\1}", text)
    if "=" in text:
        return (text.rpartition("=")[2].split() or [""])[0]
    whole = re.findall(r"\b\d+\b", text)
    return str(whole[0]) if len(whole) == 1 else text


def _without_units(text: str) -> str:
    plain = re.sub(r"\\left|\\right|\\!", "", text)
    pieces = _TEXT.split(plain)
    if len(pieces) == 2 and pieces[0] not in ("", "("):
        plain = pieces[0]
    plain = re.sub(r"\\text\{([^{}]+)\}", r"\1", plain)
    plain = re.sub(r"\\?[%$]|\^\{?\\circ\}?|\^ *\\circ", "", plain)
    plain = plain.replace(" or ", ",").replace(" and ", ",")
    plain = _UNIT.sub("", plain).replace(" ", "")
    if plain.startswith("{") and plain.endswith("}"):
        plain = plain[1:-1]
    grouped = _GROUPED.sub(r"\1", plain)
    value = None if "," in grouped else _number(grouped)
    return str(int(value)) if value is not None and abs(value) < 1e15 and value == int(value) else plain


def _number(text: str) -> float | None:
    """The number that a text is once commas are gone; None of anything else, and of what is not finite."""
    try:
        value = float(text.replace("{,}", "").replace(",", ""))
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None
