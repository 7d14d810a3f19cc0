"""Characters that a reader does not see and a model does, told from those that scripts and emoji need.

Needed: the joiners of Persian, Arabic, Indic and other scripts, the joiner between emoji, flags of regions spelled with
tags, a byte order mark at the start, direction marks in text that has right-to-left letters. Soft hyphens and lone
direction marks are left by word processors and web pages and change nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]+")
_REVERSING = frozenset("\u202b\u202d\u202e\u2067")
_OVERRIDES = frozenset("\u202d\u202e")
_TAGS = re.compile("(?<!\U0001f3f4)(?<![\U000e0000-\U000e007f])[\U000e0000-\U000e007f]+")
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{3,}")
_ZERO_WIDTH = re.compile("[\u200b-\u200f\u2060-\u2064\u180e\ufeff]+")
_MARKS = frozenset("\u200e\u200f")
_JOINERS = frozenset("\u200c\u200d")
PAYLOAD = 8
"""Zero-width characters in one run from which on they spell something: eight make a byte."""


def hidden_in(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, kind) of hidden characters: direction, tags, payload, zero-width."""
    yield from _turned(text)
    for pattern in (_TAGS, _SELECTORS):
        yield from ((m.start(), m.end(), "tags") for m in pattern.finditer(text))
    for match in _ZERO_WIDTH.finditer(text):
        kind = _kind_of_run(text, match.start(), match.end())
        if kind:
            yield match.start(), match.end(), kind


def _turned(text: str) -> Iterator[tuple[int, int, str]]:
    """Direction controls that show text in another order than it is read (Trojan Source)."""
    wanted = _OVERRIDES if _RIGHT_TO_LEFT.search(text) else _REVERSING
    for match in _TURNING.finditer(text):
        if not wanted.isdisjoint(match.group()):
            yield match.start(), match.end(), "direction"


def _kind_of_run(text: str, start: int, end: int) -> str | None:
    """What a run of zero-width characters is: payload, zero-width, or None where it belongs."""
    run = text[start:end]
    if len(run) >= PAYLOAD and len(set(run)) > 1:
        return "payload"
    before, after = text[start - 1 : start], text[end : end + 1]
    if start == 0 or not set(run) - _MARKS:
        return None
    if not set(run) - _JOINERS and (_joins(before) or _joins(after)):
        return None
    return "zero-width" if _spells(before) and _spells(after) else None


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
