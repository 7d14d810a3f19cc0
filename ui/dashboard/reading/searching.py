"""What may be searched for. Excerpts are searched as they are stored, so the words must not be personal data.

Otherwise a count could tell that a number stands in the data which no page shows.
"""

from __future__ import annotations

from typing import TypeVar

from governance.redaction import redact
from ui.dashboard.url_state import Searching

L = TypeVar("L", bound=Searching)
DIGITS = 6
"""A run of so many digits or more is refused: part of a telephone, card or id number."""


def searchable(query: L) -> tuple[L, str]:
    """The query, and why its words were left out; empty where they were not."""
    if allowed(query.q):
        return query, ""
    return query.at(q=""), "Personal data and credentials are masked, so they cannot be searched for."


def allowed(words: str) -> bool:
    """True of words that may be looked for in rows; the beginning of a fingerprint is one."""
    letters = set(words.lower())
    if 6 <= len(words) <= 64 and letters <= set("0123456789abcdef") and letters & set("abcdef"):
        return True
    run = longest = 0
    for c in words:
        run = run + 1 if c.isdigit() else run if c in " -" else 0
        longest = max(longest, run)
    return longest < DIGITS and redact(words) == words
