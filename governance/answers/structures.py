r"""Extractors of answers that are more than a word: lists, several values, and a text that is stated.

As strict as those of `extract.py`: thoughts are left out, the last statement counts, `first=True` takes the first.
A list is JSON (or the same as Python writes it), in a box, in a fence, or bare.
"""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from typing import Any

from governance.answers.extract import boxed, spoken

LISTS = 100
"""Opening brackets that are tried; a text with more of them is no answer in form of a list."""
LIST_LIMIT = 20_000
"""Characters of the longest list."""

_WRAP = re.compile(r"\\(?:text|mathrm|mathbf|textbf)\s?\{([^{}]*)\}")
_FLAT = re.compile(r"\[\s*(?:(?:'[^'\n]{0,400}'|\"[^\"\n]{0,400}\")\s*,?\s*){0,200}\]")
_STATED = re.compile(
    r"(?:(?i:\b(?:the )?(?:final |correct |right )?answer(?: is| should be|\s?[:=])[:：]?)"
    r"|(?:正确|最终|参考)?答案(?:应该|应当)?(?:[是为]|[:：=])[:：]?|####)[ \t]*([^\n]+)"
)
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class FoundList:
    """A list and its place: characters of the text as it was given."""

    value: list[Any]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class FoundText:
    """A text and its place."""

    value: str
    start: int
    end: int


def listed(text: str, *, first: bool = False) -> FoundList | None:
    """The last (or first) outermost list that the answer gives; lists inside a list are part of it."""
    said, offset = spoken(text)
    found: FoundList | None = None
    at = said.find("[")
    for _ in range(LISTS):
        if at < 0:
            break
        end = at + 1
        if read := _list_at(said, at):
            value, end = read
            found = FoundList(value, at + offset, end + offset)
            if first:
                break
        at = said.find("[", end)
    return found


def named(text: str, *, first: bool = False) -> FoundList | None:
    r"""The names that the answer lists: a list of texts, or what stands in a box, parted by `;`, `,`, `、`.

    `\boxed{保险-信息查询; 保险-投资顾问}` is as good as `\boxed{["保险-信息查询", "保险-投资顾问"]}`. An empty box is
    an empty list.
    """
    box = boxed(text, first=first)
    if box is not None:
        inner = listed(box.value)
        names = inner.value if inner is not None else values(box.value, r"[;；,，、\n]")
        return FoundList(names, box.start, box.end) if _texts(names) else None
    found = listed(text, first=first)
    return found if found is not None and _texts(found.value) else None


def values(text: str, separators: str = r"[;；]") -> list[str]:
    r"""The parts of `1200; 15\%`, without wrappers such as \text{...}, dollars and blanks; [] where nothing is said."""
    plain = _WRAP.sub(r"\1", text).replace("\\%", "%").replace("\\$", "").replace("$", "")
    parts = (re.sub(r"\\[,;! ]", "", part).strip().strip("\"'“”‘’`") for part in re.split(separators, plain))
    return [part for part in parts if part]


def stated(text: str, *, first: bool = False) -> FoundText | None:
    """What the answer states as such: in a box, after `the answer is` or `答案是`, or all that is said on one line."""
    box = boxed(text, first=first)
    if box is not None:
        return FoundText(_WRAP.sub(r"\1", box.value).strip(), box.start, box.end)
    said, offset = spoken(text)
    hits = list(_STATED.finditer(said))
    if hits:
        hit = hits[0 if first else -1]
        return _stripped(hit.group(1), hit.start(1) + offset)
    if said.strip() and "\n" not in said.strip():
        return _stripped(said, offset)
    return None


def _list_at(text: str, at: int) -> tuple[list[Any], int] | None:
    """The list that begins at a bracket, as JSON, else as a flat Python list of texts."""
    try:
        value, end = _DECODER.raw_decode(text[at : at + LIST_LIMIT])
    except (ValueError, RecursionError):
        return _python_list(text, at)
    return (value, at + end) if isinstance(value, list) else None


def _python_list(text: str, at: int) -> tuple[list[Any], int] | None:
    match = _FLAT.match(text, at)
    if match is None or "\\" in match.group():
        return None
    try:
        value = ast.literal_eval(match.group())
    except (ValueError, SyntaxError):
        return None
    return (value, match.end()) if isinstance(value, list) else None


def _texts(names: list[Any]) -> bool:
    return all(isinstance(name, str) for name in names)


def _stripped(text: str, start: int) -> FoundText | None:
    """The text without marks around it, and where it stands."""
    bare = text.strip(' \t\n*_`"“”.。!！')
    if not bare:
        return None
    at = start + text.index(bare)
    return FoundText(bare, at, at + len(bare))
