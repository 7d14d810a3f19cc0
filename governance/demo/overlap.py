"""How much two rows say in the same words, for the promise that clean rows are not near-duplicates.

This is deliberately another implementation than the one the audit uses: the key would prove little if the
same code planted the faults and found them.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

_TOKEN = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+")
_DIGITS = re.compile(r"\d+")


def tokens(text: str) -> list[str]:
    """Lower-cased words; each Chinese character is one."""
    return _TOKEN.findall(unicodedata.normalize("NFKC", text).lower())


def shingles(text: str, size: int = 5) -> frozenset[tuple[str, ...]]:
    """All runs of `size` words; the whole text where it is shorter."""
    found = tokens(text)
    return frozenset(tuple(found[i : i + size]) for i in range(max(1, len(found) - size + 1)))


def jaccard(one: str, other: str) -> float:
    """Shared runs of five words over all of them, 0 to 1."""
    first, second = shingles(one), shingles(other)
    return len(first & second) / len(first | second)


def without_numbers(text: str) -> str:
    """The text with every run of digits replaced by a zero, so that only words count."""
    return _DIGITS.sub("0", text)


class Seen:
    """Texts accepted so far; asks quickly whether a new one is too close to any of them."""

    def __init__(self, limit: float) -> None:
        """Accepts a text only if its Jaccard, numbers set aside, to every text before it is below `limit`."""
        self._limit = limit
        self._holders: dict[tuple[str, ...], list[int]] = {}
        self._sizes: list[int] = []

    def accepts(self, text: str) -> bool:
        """True, and the text is remembered, if it is far enough from all before it."""
        found = shingles(without_numbers(text))
        shared = Counter(self._hits(found))
        if any(n / (len(found) + self._sizes[i] - n) >= self._limit for i, n in shared.items()):
            return False
        for shingle in found:
            self._holders.setdefault(shingle, []).append(len(self._sizes))
        self._sizes.append(len(found))
        return True

    def _hits(self, found: frozenset[tuple[str, ...]]) -> Iterable[int]:
        return (text for shingle in found for text in self._holders.get(shingle, ()))
