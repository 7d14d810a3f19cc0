"""Runs of five words as 64-bit hashes, and a table that tells in a few nanoseconds whether one is known.

Five is the length that decon and the near-duplicate engine use: long enough that a run of function words is
rare in English, short enough that an item of six words still has two. A bitmap of 16 bits a run stands
before the table, so that text which shares nothing with the items is turned away by one load a word.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

from governance.samples import utf8_buffers
from governance.text.compiled import kept
from governance.text.kernels.limits import max_tokens
from governance.text.tokens import tokenise

GRAM = 5
UNDERSCORE = 95

_BASE = np.uint64(0xD6E8FEB86659FD93)
_BASE4 = np.uint64(pow(0xD6E8FEB86659FD93, GRAM - 1, 1 << 64))
_MIX = np.uint64(0xC2B2AE3D27D4EB4F)


inner = partial(njit, nogil=True, cache=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""`njit` for what only compiled code calls: without the wrappers, which take a third of the time to compile."""


class Table(NamedTuple):
    """A set of n-gram hashes, each with its number.

    Attributes:
        bitmap: (words,) uint64, bit h mod (64 * words) set for every hash h in the set.
        keys: (slots,) uint64, open addressing by the upper bits; 0 is an empty slot.
        values: (slots,) int32, the number of the hash: its place in the sorted list of all.
    """

    bitmap: npt.NDArray[np.uint64]
    keys: npt.NDArray[np.uint64]
    values: npt.NDArray[np.int32]


@inner()
def words(data: Any, start: int, end: int, hashes: Any, starts: Any, ends: Any) -> int:
    """The number of tokens of data[start:end], as `tokenise` finds them, without the underscores around
    them.

    Blanks to fill in (`____`) come in any width, and LaTeX glues an underscore to a word (`\\\\sum_{n}`);
    neither is part of what a text says.
    """
    count = tokenise(data, start, end, hashes, starts, ends)
    kept = 0
    for i in range(count):
        first, last, found = starts[i], ends[i], hashes[i]
        while first < last and _underscore_at(data, first, last) > 0:
            first += _underscore_at(data, first, last)
        while first < last and data[last - 1] == UNDERSCORE:
            last -= 1
        while last - first >= 3 and _underscore_at(data, last - 3, last) == 3:
            last -= 3
        if first == last:
            continue
        if last - first < ends[i] - starts[i]:
            found = _hash_of(data, first, last)
        hashes[kept], starts[kept], ends[kept] = found, first, last
        kept += 1
    return kept


@inner()
def _underscore_at(data: Any, at: int, end: int) -> int:
    """Bytes of the ASCII or full-width underscore at a place, or 0."""
    if data[at] == UNDERSCORE:
        return 1
    if data[at] == 0xEF and at + 2 < end and data[at + 1] == 0xBC and data[at + 2] == 0xBF:
        return 3
    return 0


@inner()
def _hash_of(data: Any, start: int, end: int) -> np.uint64:
    """The hash of the one word that data[start:end] is."""
    room = (end - start) // 2 + 1
    hashes = np.zeros(room, np.uint64)
    places = np.empty(room, np.int64)
    tokenise(data, start, end, hashes, places, places.copy())
    return np.uint64(hashes[0])


@kept
def gram_hashes(tokens: Any, count: int, out: Any) -> int:
    """The number of runs of `GRAM` tokens among the first `count`; their hashes, never 0, go to `out`."""
    if count < GRAM:
        return 0
    rolling = np.uint64(0)
    for i in range(GRAM - 1):
        rolling = rolling * _BASE + tokens[i]
    for i in range(count - GRAM + 1):
        rolling = rolling * _BASE + tokens[i + GRAM - 1]
        out[i] = finished(rolling)
        rolling -= tokens[i] * _BASE4
    return count - GRAM + 1


@njit(nogil=True, cache=True, inline="always")
def finished(rolling: np.uint64) -> np.uint64:
    """A rolling hash with its bits mixed; 0 is kept free for empty slots."""
    mixed = (rolling ^ (rolling >> np.uint64(32))) * _MIX
    mixed ^= mixed >> np.uint64(29)
    return mixed | np.uint64(mixed == np.uint64(0))


@njit(nogil=True, cache=True, inline="always")
def lookup(table: Any, found: np.uint64) -> int:
    """The number of a hash, or -1 where it is not in the table."""
    bits = np.uint64(len(table.bitmap)) - np.uint64(1)
    word = table.bitmap[(found >> np.uint64(6)) & bits]
    if (word >> (found & np.uint64(63))) & np.uint64(1) == np.uint64(0):
        return -1
    mask = np.uint64(len(table.keys)) - np.uint64(1)
    slot = (found >> np.uint64(20)) & mask
    while table.keys[slot] != np.uint64(0):
        if table.keys[slot] == found:
            return int(np.int64(table.values[slot]))
        slot = (slot + np.uint64(1)) & mask
    return -1


@kept
def _fill(distinct: Any, bitmap: Any, keys: Any, values: Any) -> None:
    bits = np.uint64(len(bitmap)) - np.uint64(1)
    mask = np.uint64(len(keys)) - np.uint64(1)
    for i in range(len(distinct)):
        found = distinct[i]
        bitmap[(found >> np.uint64(6)) & bits] |= np.uint64(1) << (found & np.uint64(63))
        slot = (found >> np.uint64(20)) & mask
        while keys[slot] != np.uint64(0):
            slot = (slot + np.uint64(1)) & mask
        keys[slot], values[slot] = found, i


def build_table(distinct: npt.NDArray[np.uint64]) -> Table:
    """The table of distinct hashes: 16 bits of bitmap and two to four slots for each."""
    size = max(64, len(distinct))
    bitmap = np.zeros(1 << int(np.ceil(np.log2(size / 4))), np.uint64)
    slots = 1 << int(np.ceil(np.log2(size * 2)))
    keys, values = np.zeros(slots, np.uint64), np.zeros(slots, np.int32)
    _fill(distinct, bitmap, keys, values)
    return Table(bitmap, keys, values)


class TokenLists(NamedTuple):
    """The tokens of many texts laid end to end.

    Attributes:
        hashes: (tokens,) uint64.
        starts, ends: (tokens,) int64, byte positions within the token's own text.
        bounds: (texts + 1,) int64; text i owns the tokens bounds[i]:bounds[i + 1].
    """

    hashes: npt.NDArray[np.uint64]
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    bounds: npt.NDArray[np.int64]


def token_lists(texts: pa.LargeStringArray) -> TokenLists:
    """The tokens of every text; a null has none."""
    data, offsets = utf8_buffers(texts)
    room = max_tokens(int(offsets[-1] - offsets[0])) + len(texts)
    hashes = np.empty(room, np.uint64)
    starts, ends = np.empty(room, np.int64), np.empty(room, np.int64)
    bounds = np.zeros(len(texts) + 1, np.int64)
    _tokenise_all(data, offsets, hashes, starts, ends, bounds)
    total = int(bounds[-1])
    return TokenLists(hashes[:total].copy(), starts[:total].copy(), ends[:total].copy(), bounds)


@kept
def _tokenise_all(data: Any, offsets: Any, hashes: Any, starts: Any, ends: Any, bounds: Any) -> None:
    total = 0
    for i in range(len(offsets) - 1):
        a, b, c = hashes[total:], starts[total:], ends[total:]
        count = words(data, offsets[i], offsets[i + 1], a, b, c)
        for j in range(count):
            b[j] -= offsets[i]
            c[j] -= offsets[i]
        total += count
        bounds[i + 1] = total
