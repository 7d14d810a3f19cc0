"""Words of a taxonomy found in texts, and what they speak for, in one pass of compiled code over UTF-8 bytes.

The words stand in one trie. At each character the longest word that fits is taken and the search goes on behind it
(leftmost-longest, as Rust's aho-corasick calls it), so that 养老基金 is no 基金 and `trust fund` no `fund`. Letters A-Z
are folded to a-z, white space and hyphens to a blank. A word that begins or ends with a letter or digit of ASCII must
begin or end there in the text too; a plural s is allowed. Words have at least two bytes.

1 KB takes 7 us in English and 10 in Chinese, where polars' `extract_many` and `find_many`, of which one needs both to
see the neighbours of a word, take 20 (1,800 words, one busy core).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit, types

from governance.text.compiled import compiled, kept

LOOKED = 1000
"""Characters looked at from each end of a turn. What is asked stands at one of the two ends of a long prompt."""
MOST_REPEATS = 2
"""A word of weight `STRONG` or more counts this often at most in one row, any other once: a text must not decide by
repeating itself. Five ounces and three ounces of sugar are no gold."""
STRONG = 3.0
"""What a word weighs that decides by itself."""
_PARTING = re.compile(r"[\s-]")

_KIND = np.array(
    [0 if byte > 127 else chr(byte).isalpha() + 2 * chr(byte).isdigit() for byte in range(256)], np.uint8
)
"""Letters are 1, digits 2: a word ends where the kind changes, so that 沪深300ETF holds both 沪深300 and ETF."""

_U8 = types.Array(types.uint8, 1, "C", readonly=True)
_BOOL = types.Array(types.boolean, 1, "C", readonly=True)
_I32 = types.Array(types.int32, 1, "C", readonly=True)
_I32_2D = types.Array(types.int32, 2, "C", readonly=True)
_I64 = types.Array(types.int64, 1, "C", readonly=True)
_F32 = types.Array(types.float32, 1, "C", readonly=True)
_SCORES = types.Array(types.float32, 2, "C")


def folded(word: str) -> bytes:
    """A word as the scan compares it."""
    return _PARTING.sub(" ", word).encode().lower()  # bytes: letters of ASCII only


@dataclass(frozen=True)
class Vote:
    """One word speaks for one column of the scores with a weight; a word without a column only covers others."""

    word: str
    column: int = -1
    weight: float = 0.0


@dataclass(frozen=True)
class Trie:
    """Words as a table of states.

    Attributes:
        classes: (256,) column of `next` for a byte, folded; 0 where no word has the byte.
        next: (states, classes) the next state, 0 for none.
        word: (states,) the word that ends here, -1 for none.
        begins: (65536,) by `_opening` of three bytes: 0 where no word begins so, 1 where words of six bytes or more
            do, 2 where shorter ones do too. Most places are passed over by it without a walk, whose every step is a
            cache miss.
        goes_on: (65536,) by `_going_on` of six bytes: where words of six bytes or more begin so.
        starts: (words + 1,) the votes of word w are starts[w]:starts[w + 1].
        columns, weights: (votes,) what a word speaks for, and how much.
    """

    classes: npt.NDArray[np.uint8]
    next: npt.NDArray[np.int32]
    word: npt.NDArray[np.int32]
    begins: npt.NDArray[np.uint8]
    goes_on: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int32]
    columns: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]


def build(votes: Sequence[Vote]) -> Trie:
    """The trie of all words; equal words are one with several votes."""
    ordered = sorted(((folded(vote.word), vote) for vote in votes), key=lambda own: (own[0], own[1].column))
    grouped = [(word, [vote for _, vote in own]) for word, own in groupby(ordered, key=lambda own: own[0])]
    used = sorted({byte for word, _ in grouped for byte in word})
    classes = np.zeros(256, np.uint8)
    classes[used] = np.arange(1, len(used) + 1)
    for byte in range(128):
        classes[byte] = classes[folded(chr(byte))[0]]
    edges: list[dict[int, int]] = [{}]
    ends: dict[int, int] = {}
    for number, (word, _) in enumerate(grouped):
        ends[_grown(edges, word)] = number
    table = np.zeros((len(edges), len(used) + 1), np.int32)
    for state, out in enumerate(edges):
        for byte, to in out.items():
            table[state, classes[byte]] = to
    last = np.full(len(edges), -1, np.int32)
    last[list(ends)] = list(ends.values())
    own = [[vote for vote in votes if vote.column >= 0] for _, votes in grouped]
    flat = [vote for votes in own for vote in votes]
    return Trie(
        classes,
        table,
        last,
        *_openings([word for word, _ in grouped], classes),
        np.cumsum([0, *map(len, own)], dtype=np.int32),
        np.array([vote.column for vote in flat], np.int32),
        np.array([vote.weight for vote in flat], np.float32),
    )


def _openings(
    words: Sequence[bytes], classes: npt.NDArray[np.uint8]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """(`begins`, `goes_on`); what follows a word shorter than six bytes may be anything."""
    begins, goes_on = np.zeros(1 << 16, np.uint8), np.zeros(1 << 16, np.uint8)
    opening, going_on = _opening.py_func, _going_on.py_func
    for word in sorted(words, key=len, reverse=True):
        place = opening(classes, word, 0, len(word))
        begins[place] = 1 if len(word) >= 6 else 2
        if len(word) >= 6:
            goes_on[going_on(place, classes, word, 0)] = 1
        for third in range(256) if len(word) < 3 else ():
            begins[opening(classes, bytes([*word, *b" "[: 2 - len(word)], third])[:3], 0, 3)] = 2
    return begins, goes_on


def _grown(edges: list[dict[int, int]], word: bytes) -> int:
    """The state a word ends in, after adding what it needs."""
    state = 0
    for byte in word:
        if byte not in edges[state]:
            edges[state][byte] = len(edges)
            edges.append({})
        state = edges[state][byte]
    return state


@njit(nogil=True, cache=True, inline="always")
def _ends(data: Any, end: int, limit: int) -> bool:
    """Whether a word may end here: not inside a longer one, but for a plural s."""
    kind = _KIND[data[end - 1]]
    if kind == 0 or end >= limit or _KIND[data[end]] != kind:
        return True
    return data[end] | 32 == 115 and (end + 1 >= limit or _KIND[data[end + 1]] != kind)


@kept
def _after(data: Any, start: int, end: int, characters: int) -> int:
    """Where so many characters from the start end."""
    at = start
    while at < end and characters > 0:
        at += 1
        while at < end and data[at] & 0xC0 == 0x80:
            at += 1
        characters -= 1
    return at


@kept
def _before(data: Any, start: int, end: int, characters: int) -> int:
    """Where so many characters before the end begin."""
    at = end
    while at > start and characters > 0:
        at -= 1
        while at > start and data[at] & 0xC0 == 0x80:
            at -= 1
        characters -= 1
    return at


@njit(nogil=True, cache=True, inline="always")
def _opening(classes: Any, data: Any, at: int, end: int) -> int:
    """The first two or three bytes of a word as a place in `Trie.begins`; the third is 0 where the text ends."""
    third = int(classes[data[at + 2]]) if at + 2 < end else 0
    return ((int(classes[data[at]]) * 1009 + int(classes[data[at + 1]])) * 251 + third) & 0xFFFF


@njit(nogil=True, cache=True, inline="always")
def _going_on(place: int, classes: Any, data: Any, at: int) -> int:
    """The first six bytes of a word as a place in `Trie.goes_on`; `place` is that of the first three."""
    fourth, fifth = int(classes[data[at + 3]]), int(classes[data[at + 4]])
    return (((place * 1009 + fourth) * 251 + fifth) * 127 + int(classes[data[at + 5]])) & 0xFFFF


@njit(nogil=True, cache=True, inline="always")
def _may_begin(data: Any, at: int, end: int, classes: Any, begins: Any, goes_on: Any) -> bool:
    """Whether a walk from here may find a word."""
    place = _opening(classes, data, at, end)
    if begins[place] != 1:
        return bool(begins[place] == 2)
    return bool(at + 6 <= end and goes_on[_going_on(place, classes, data, at)] == 1)


@kept
def _longest(data: Any, start: int, limit: int, classes: Any, table: Any, word: Any) -> Any:
    """(word, its end) of the longest word that begins here; -1 for none."""
    state, found, found_end, at = 0, -1, start, start
    while at < limit:
        state = table[state, classes[data[at]]]
        if state == 0:
            break
        at += 1
        if word[state] >= 0 and _ends(data, at, limit):
            found, found_end = word[state], at
    return found, found_end


@compiled(
    types.void, _U8, _I64, _I64, _BOOL, types.int64, types.int64,
    _U8, _I32_2D, _I32, _U8, _U8, _I32, _I32, _F32, _SCORES,
)  # fmt: skip
def add_scores(
    data: Any, offsets: Any, rows: Any, wanted: Any, looked: int, repeats: int,
    classes: Any, table: Any, word: Any, begins: Any, goes_on: Any, starts: Any, columns: Any, weights: Any,
    scores: Any,
) -> None:  # fmt: skip
    """Add what the words of each wanted turn speak for to the scores of its row.

    Args:
        data, offsets: the turns' texts as UTF-8; turn t is data[offsets[t]:offsets[t + 1]].
        rows: (turns,) the row of each turn, not falling.
        wanted: (turns,) which turns are looked at.
        looked: characters looked at from each end of a turn.
        repeats: how often a strong word counts in one row; any other counts once.
        scores: (rows, columns) float32, added to in place.
    """
    last = np.full(len(starts) - 1, -1, np.int64)
    seen = np.zeros(len(starts) - 1, np.int64)
    for turn in range(len(rows)):
        if not wanted[turn]:
            continue
        row, begin, end = rows[turn], offsets[turn], offsets[turn + 1]
        head, tail = end, end
        if end - begin > 2 * looked:  # fewer bytes are fewer characters
            head = _after(data, begin, end, looked)
            tail = max(head, _before(data, begin, end, looked))
        at = begin
        while at < end:
            if at >= head and at < tail:
                at = tail
                continue
            byte = data[at]
            mid_word = _KIND[byte] != 0 and at > begin and _KIND[data[at - 1]] == _KIND[byte]
            if mid_word or at + 1 >= end or not _may_begin(data, at, end, classes, begins, goes_on):
                at += 1
                continue
            found, found_end = _longest(data, at, end, classes, table, word)
            if found < 0:
                at += 1
                continue
            at = found_end
            if last[found] != row:
                last[found], seen[found] = row, 0
            if seen[found] < repeats:
                for vote in range(starts[found], starts[found + 1]):
                    if seen[found] == 0 or weights[vote] >= STRONG:
                        scores[row, columns[vote]] += weights[vote]
                seen[found] += 1
