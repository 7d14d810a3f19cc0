"""Verbatim evidence: words that stand both in an evaluation item and in a training row.

It says that the words are there, which anybody can check. It does not say that they moved anything: planted copies of
items are all found by it, and yet it predicts what retraining does worse than any gradient. So overlap is a column
of its own, and never enters a contribution or a removal score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

EXCERPT = 200  # characters of a run that are kept
MOST_ITEM, MOST_ROW = 2_000, 20_000  # words that are compared; where a text has more, `cut` says so
Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Overlap:
    """What one training row has of an item, word for word.

    Attributes:
        share: of the item's different runs of five words, those that stand in the row too, 0 to 1. 0 where the item
            has fewer than five words.
        words: length of the longest run that both have, in words, or characters of Chinese.
        excerpt: that run as it stands in the row, at most 200 characters; untrusted text.
        cut: the row or the item is longer than what is compared.
    """

    share: float
    words: int
    excerpt: str
    cut: bool = False


def overlaps(item: str, rows: Sequence[str]) -> list[Overlap]:
    """The overlap of an item's text with each row's, in order. Case, punctuation and width do not count."""
    import pyarrow as pa

    from governance.text.ngrams import token_lists

    found = token_lists(pa.array([item, *rows], pa.large_string()))
    bounds = found.bounds.tolist()
    asked = found.hashes[: bounds[1]]
    result = []
    for i, text in enumerate(rows, 1):
        first, last = bounds[i], bounds[i + 1]
        own = found.hashes[first:last]
        words, end = longest_run(asked[:MOST_ITEM], own[:MOST_ROW])
        begin = first + end - words
        span = (int(found.starts[begin]), int(found.ends[first + end - 1])) if words else (0, 0)
        cut = len(asked) > MOST_ITEM or len(own) > MOST_ROW
        share = _share(asked[:MOST_ITEM], own[:MOST_ROW])
        result.append(Overlap(share, words, _excerpt(text, span), cut))
    return result


@dataclass(frozen=True)
class Shared:
    """Characters of a text that another text has too.

    Attributes:
        words: how many in a row they are, in words, or characters of Chinese.
    """

    start: int
    end: int
    words: int


def shared(item: str, row: str, least: int = 3) -> list[Shared]:
    """Where the row has runs of the item's words, in order, not overlapping; runs of fewer than `least` are left out.

    It says where the words are the same, of which overlap is the sum; nothing about what they did.
    """
    import pyarrow as pa

    from governance.text.ngrams import token_lists

    found = token_lists(pa.array([item, row], pa.large_string()))
    cut = int(found.bounds[1])
    lengths = run_lengths(found.hashes[:cut][:MOST_ITEM], found.hashes[cut:][:MOST_ROW])
    starts, ends = found.starts[cut:], found.ends[cut:]
    at, spans, data = 0, [], row.encode()
    while at < len(lengths):
        words = int(lengths[at])
        if words >= least:
            first, last = int(starts[at]), int(ends[at + words - 1])
            begin = len(data[:first].decode(errors="ignore"))
            spans.append(Shared(begin, begin + len(data[first:last].decode(errors="ignore")), words))
        at += max(words, 1)
    return spans


def run_lengths(a: Hashes, b: Hashes) -> npt.NDArray[np.int64]:
    """(len(b),) length of the longest run that begins at each place of b and stands somewhere in a."""
    best = np.zeros(len(b), np.int64)
    below = np.zeros(len(b) + 1, np.int64)
    for token in a[::-1]:
        here = np.zeros_like(below)
        here[:-1] = np.where(b == token, below[1:] + 1, 0)
        np.maximum(best, here[:-1], out=best)
        below = here
    return best


def longest_run(a: Hashes, b: Hashes) -> tuple[int, int]:
    """(length, place in b after its end) of the longest run of equal hashes; the first one in b of equal ones."""
    best, end = 0, 0
    above = np.zeros(len(b) + 1, np.int64)
    for token in a:
        here = np.zeros_like(above)
        here[1:] = np.where(b == token, above[:-1] + 1, 0)
        longest = int(here.argmax())
        if here[longest] > best or (here[longest] == best and longest < end):
            best, end = int(here[longest]), longest
        above = here
    return (best, end) if best else (0, 0)


def _share(a: Hashes, b: Hashes) -> float:
    mine = np.unique(_runs(a))
    return float(np.isin(mine, _runs(b)).mean()) if len(mine) else 0.0


def _runs(hashes: Hashes) -> Hashes:
    """Hashes of all runs of five words."""
    from governance.text.ngrams import gram_hashes

    out = np.empty(len(hashes), np.uint64)
    return out[: gram_hashes(np.ascontiguousarray(hashes), len(hashes), out)]


def _excerpt(text: str, span: tuple[int, int]) -> str:
    """The bytes of a span as text; a run begins and ends with whole characters."""
    part = text.encode("utf-8", "surrogatepass")[span[0] : span[1]].decode("utf-8", "replace")
    return part if len(part) <= EXCERPT else part[: EXCERPT - 1] + "…"
