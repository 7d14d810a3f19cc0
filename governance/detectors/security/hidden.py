"""Characters that a reader does not see and a model does, told from those that scripts and emoji need.

Needed: the joiners of Persian, Arabic, Indic and other scripts, the joiner between emoji, flags of regions spelled with
tags, a byte order mark at the start, direction marks in text that has right-to-left letters. Soft hyphens and lone
direction marks are left by word processors and web pages and change nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_HIDDEN = re.compile(
    "[\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\U000e0000-\U000e01ef]+"
)
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_REVERSING = frozenset("\u202b\u202d\u202e\u2067")
_OVERRIDES = frozenset("\u202d\u202e")
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_MARKS = frozenset("\u200e\u200f")
_JOINERS = frozenset("\u200c\u200d")
_BLACK_FLAG = "\U0001f3f4"
PAYLOAD = 8
"""Zero-width characters in one run from which on they spell something: eight make a byte."""


def hidden_in(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, kind) of runs of hidden characters that nobody needs: direction, tags, payload, zero-width."""
    wanted: frozenset[str] | None = None
    for match in _HIDDEN.finditer(text):
        start, end = match.span()
        run = frozenset(match.group())
        if run & _TURNING and wanted is None:  # looked up once, and only where something turns
            wanted = _OVERRIDES if _RIGHT_TO_LEFT.search(text) else _REVERSING
        kind = "direction" if run & (wanted or frozenset()) else _kind(text, start, end, run - _TURNING)
        if kind:
            yield start, end, kind


def _kind(text: str, start: int, end: int, run: frozenset[str]) -> str | None:
    """What a run of other hidden characters is, or None where it belongs."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if any(c >= "\U000e0000" for c in run):
        flag = before == _BLACK_FLAG and end - start <= 7 and text[end - 1] == "\U000e007f"
        return None if flag or _is_variant(run, end - start) else "tags"
    if end - start >= PAYLOAD and len(run) > 1:
        return "payload"
    if start == 0 or not run - _MARKS:
        return None
    if not run - _JOINERS and (_joins(before) or _joins(after)):
        return None
    return "zero-width" if _spells(before) and _spells(after) else None


def _is_variant(run: frozenset[str], length: int) -> bool:
    """True for the one or two selectors that choose a form of the character before (UTS 37)."""
    return length <= 2 and all(c >= "\U000e0100" for c in run)


def _joins(character: str) -> bool:
    """True for emoji and for letters of scripts that join: not Latin, Greek, Cyrillic, Chinese, Japanese or Korean."""
    if not character:
        return False
    category = unicodedata.category(character)
    if category in {"So", "Sk", "Mn", "Mc", "Me"} or character == "\ufe0f":
        return True
    return category[0] == "L" and not _spells(character)


def _spells(character: str) -> bool:
    """True for letters and digits of scripts that need no joiner: Latin, Greek, Cyrillic, Chinese, Japanese, Korean."""
    code = ord(character) if character else 0
    plain = code < 0x590 or 0x1E00 <= code < 0x2000 or 0x2E80 <= code < 0xA000 or 0xAC00 <= code < 0xD7B0
    return plain and character.isalnum()
