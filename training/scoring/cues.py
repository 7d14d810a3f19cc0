"""How published scorers for Chinese choice questions look for a letter: cue by cue, the first that is there.

They were written by different people in the same way: a list of patterns in order of trust, each searched in the whole
text, the first match of the first pattern that matches. What they have in common stands here, in time linear in the
text: the originals repeat `.*?` over it, which an answer of many thousand letters could stretch to minutes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

ANYTHING = "[^\n]{0,400}"
"""What may stand between a cue and its letter: the rest of a line, bounded."""


def first_cue(text: str, cues: Iterable[re.Pattern[str]]) -> str | None:
    """What the first cue that is in the text gives, at its first place."""
    for cue in cues:
        if match := cue.search(text):
            return match.group(1)
    return None


def last_before(text: str, word: str, letters: str) -> str | None:
    """The last letter before a word, on the first line where a letter stands before that word."""
    for line in text.split("\n"):
        start = next((i for i, c in enumerate(line) if c in letters), -1)
        end = line.find(word, start + 1)
        if 0 <= start < end:
            return next(c for c in reversed(line[:end]) if c in letters)
    return None


def only_letter(text: str, letters: str) -> str | None:
    """The letter, where the text has exactly one of them."""
    found = [c for c in text if c in letters]
    return found[0] if len(found) == 1 else None


def first_letter(text: str, letters: str) -> str | None:
    """The first of the letters in the text, wherever it stands."""
    return next((c for c in text if c in letters), None)


def first_option(text: str, options: Sequence[str]) -> int | None:
    """Which option's words come first in the text; None where none do."""
    places = [(text.find(option), i) for i, option in enumerate(options) if option]
    return min((place for place in places if place[0] >= 0), default=(0, None))[1]


def compiled(patterns: Iterable[str], letters: str) -> tuple[re.Pattern[str], ...]:
    """The patterns with `@` standing for one of the letters."""
    return tuple(re.compile(p.replace("@", f"([{letters}])"), re.MULTILINE) for p in patterns)
