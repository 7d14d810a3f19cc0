"""Where two excerpts differ, word by word, so that a reader sees why they count as near-duplicates."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from governance.safe_text import visible

TOKEN = re.compile(r"[A-Za-z0-9]+|\s+|.", re.DOTALL)
"""A word of letters and digits, a run of space, or any one character: Chinese is compared character by character."""


def differences(first: str, second: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The two texts as (visible text, class) pieces, class `differs` on what the other does not have.

    Made for excerpts of a few hundred characters; the comparison takes time with the product of the lengths.
    """
    left, right = TOKEN.findall(first), TOKEN.findall(second)
    blocks = SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()
    return (
        _pieces(left, [(b.a, b.size) for b in blocks]),
        _pieces(right, [(b.b, b.size) for b in blocks]),
    )


def _pieces(tokens: list[str], same: list[tuple[int, int]]) -> list[tuple[str, str]]:
    pieces, at = [], 0
    for start, size in same:
        pieces += [(tokens[at:start], "differs"), (tokens[start : start + size], "")]
        at = start + size
    return [(visible("".join(part), lines=True), kind) for part, kind in pieces if part]
