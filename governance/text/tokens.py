"""Words of a text, found and hashed by compiled code over UTF-8 bytes.

A token is a lower-cased run of letters, digits and underscores. Each Chinese character, kana and hangul
syllable is a token of its own, because these scripts put no spaces between words. Everything else (spaces,
punctuation, symbols, emoji) separates. Full-width forms are folded to ASCII, and letters of every script to
their lower case, so that full-width and plain `GDP` and `gdp` are one token.

Runs of ASCII are searched 64 bytes at a time: LLVM turns the vector operations below into whatever the
machine has (AVX-512, AVX2, SSE2, NEON).

    hashes = np.empty(max_tokens(end - start), np.uint64)
    starts, ends = np.empty(len(hashes), np.int64), np.empty(len(hashes), np.int64)
    count = tokenise(data, start, end, hashes, starts, ends)     # also from other compiled functions
"""

from __future__ import annotations

import unicodedata
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit, types

from governance.text.compiled import compiled
from governance.text.vectors import BLOCK, leads64, load64, masks64, trailing_zeros

U8 = types.Array(types.uint8, 1, "C", readonly=True)
I64 = types.Array(types.int64, 1, "C")
I64_READ = types.Array(types.int64, 1, "C", readonly=True)
U64 = types.Array(types.uint64, 1, "C")
U64_READ = types.Array(types.uint64, 1, "C", readonly=True)

SEPARATOR, LETTER, SINGLE, SYMBOL = range(4)
"""Classes of characters. A symbol (currency, operator, picture) separates too, but carries meaning."""

_M1 = np.uint64(0x9E3779B97F4A7C15)
_M2 = np.uint64(0xA0761D6478BD642F)
_M3 = np.uint64(0xE7037ED1A0B428DB)
_M4 = np.uint64(0x165667B19E3779F9)
_LOWER = np.uint64(0x2020202020202020)
_FIRST_WORD = np.array([(1 << (8 * min(n, 8))) - 1 for n in range(17)], np.uint64)
_SECOND_WORD = np.array([(1 << (8 * max(n - 8, 0))) - 1 for n in range(17)], np.uint64)


_SINGLES = (
    (0x1100, 0x11FF), (0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3040, 0x30FF), (0x3130, 0x318F), (0x31F0, 0x31FF),
    (0x3400, 0x9FFF), (0xA960, 0xA97F), (0xAC00, 0xD7FF), (0xF900, 0xFAFF), (0xFF66, 0xFFDC),
)  # fmt: skip
"""Ideographs, kana and hangul of the basic plane."""


def _classify() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
    """((65536,) class, (65536,) folded code point) of the characters of the basic plane."""
    codes = np.arange(0x10000, dtype=np.int32)
    wide = (codes >= 0xFF01) & (codes <= 0xFF5E)
    codes[wide] -= 0xFEE0
    characters = "".join(map(chr, range(0x10000)))
    category = np.frombuffer("".join(map(unicodedata.category, characters)).encode(), "S2")[codes]
    one_each = characters.replace("\u0130", "I")  # the only one whose lower case is two characters
    lower = np.frombuffer(one_each.lower().encode("utf-32-le", "surrogatepass"), np.int32)
    letter: npt.NDArray[np.bool_] = np.isin(category.astype("S1"), [b"L", b"M", b"N"]) | (codes == ord("_"))
    letter[0xFE00:0xFE10] = letter[0x20D0:0x2100] = False  # marks of emoji, not of letters
    single = np.zeros(0x10000, np.bool_)
    for first, last in _SINGLES:
        single[first : last + 1] = True
    symbol = (category == b"Sm") | (category == b"Sc") | ((codes >= 0x2600) & (codes <= 0x27BF))
    kinds = np.where(letter, np.where(single, SINGLE, LETTER), np.where(symbol, SYMBOL, SEPARATOR))
    folded = np.where(kinds == LETTER, lower[codes], codes)
    return kinds.astype(np.uint8), folded.astype(np.int32)


def _pages() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """((256,) first entry of each page, entries class << 20 | folded - code + 65536), equal pages once."""
    kinds, folded = _classify()
    moved = folded - np.arange(0x10000, dtype=np.int32) + 0x10000
    entries = (kinds.astype(np.int32) * (1 << 20) + moved).astype(np.int32)
    pages: dict[bytes, int] = {}
    index = [pages.setdefault(page.tobytes(), len(pages)) for page in entries.reshape(256, 256)]
    return np.array(index) * 256, np.frombuffer(b"".join(pages), np.int32)


_PAGE, _ENTRY = _pages()


@njit(inline="always")
def _mix(state: np.uint64, first: np.uint64, second: np.uint64) -> Any:
    """Sixteen more bytes stirred into a hash."""
    state ^= (first * _M2) ^ (second * _M3)
    state ^= state >> np.uint64(32)
    state *= _M1
    return state ^ (state >> np.uint64(29))


@njit(inline="always")
def _hash_ascii(data: Any, start: int, end: int) -> Any:
    """Hash of the lower-cased ASCII word data[start:end]; 16 bytes past its end must be readable."""
    length = end - start
    state = np.uint64(length) * _M4
    while length > 16:
        state = _mix(state, load64(data, start) | _LOWER, load64(data, start + 8) | _LOWER)
        start += 16
        length -= 16
    first = (load64(data, start) | _LOWER) & _FIRST_WORD[length]
    return _mix(state, first, (load64(data, start + 8) | _LOWER) & _SECOND_WORD[length])


@njit(inline="always")
def decode(data: Any, at: int, end: int) -> Any:
    """(code point, bytes) of the character at `at`; a damaged sequence gives U+FFFD and one byte."""
    lead = np.int64(data[at])
    if lead < 0x80:
        return lead, 1
    if 0xC2 <= lead < 0xE0 and at + 1 < end:
        return (lead & 31) << 6 | np.int64(data[at + 1]) & 63, 2
    if 0xE0 <= lead < 0xF0 and at + 2 < end:
        return (lead & 15) << 12 | (np.int64(data[at + 1]) & 63) << 6 | np.int64(data[at + 2]) & 63, 3
    if 0xF0 <= lead < 0xF5 and at + 3 < end:
        high = (lead & 7) << 18 | (np.int64(data[at + 1]) & 63) << 12
        return high | (np.int64(data[at + 2]) & 63) << 6 | np.int64(data[at + 3]) & 63, 4
    return 0xFFFD, 1


@njit(inline="always")
def fold(code: int) -> Any:
    """(class, folded code point) of any character."""
    if code < 0x10000:
        entry = np.int64(_ENTRY[_PAGE[code >> 8] + (code & 255)])
        return entry >> 20, code + (entry & 0xFFFFF) - 0x10000
    if code >= 0x20000:
        return SINGLE, code  # ideographs beyond the basic plane
    if code >= 0x1F000:
        return SYMBOL, code  # emoji and other pictures
    return LETTER, code


@njit(inline="always")
def _encode(code: int) -> Any:
    """UTF-8 bytes of a folded code point as a little-endian word; ASCII gets bit 5 as in `_hash_ascii`."""
    if code < 0x80:
        return np.uint64(code | 0x20)
    if code < 0x800:
        return np.uint64(0xC0 | code >> 6 | (0x80 | code & 63) << 8)
    if code < 0x10000:
        return np.uint64(0xE0 | code >> 12 | (0x80 | code >> 6 & 63) << 8 | (0x80 | code & 63) << 16)
    low = (0x80 | code >> 6 & 63) << 16 | (0x80 | code & 63) << 24
    return np.uint64(0xF0 | code >> 18 | (0x80 | code >> 12 & 63) << 8 | low)


@njit(inline="always")
def _encoded_length(code: int) -> int:
    return 1 + (code >= 0x80) + (code >= 0x800) + (code >= 0x10000)


@njit
def _hash_folded(data: Any, start: int, end: int) -> Any:
    """Hash of the folded characters of the word data[start:end]; equals `_hash_ascii` where both apply."""
    length = 0
    at = start
    while at < end:
        code, size = decode(data, at, end)
        length += _encoded_length(fold(code)[1])
        at += size
    state = np.uint64(length) * _M4
    first = second = np.uint64(0)
    filled = 0
    at = start
    while at < end:
        code, size = decode(data, at, end)
        at += size
        folded = fold(code)[1]
        encoded = _encode(folded)
        for i in range(_encoded_length(folded)):
            if filled == 16:
                state = _mix(state, first, second)
                first = second = np.uint64(0)
                filled = 0
            byte = encoded >> np.uint64(8 * i) & np.uint64(255)
            if filled < 8:
                first |= byte << np.uint64(8 * filled)
            else:
                second |= byte << np.uint64(8 * (filled - 8))
            filled += 1
    return _mix(state, first, second)


@njit
def _separator(data: Any, at: int, end: int) -> int:
    """Bytes of the character at `at` if it separates, else 0."""
    code, size = decode(data, at, end)
    kind = fold(code)[0]
    return size if kind in (SEPARATOR, SYMBOL) else 0


@njit
def _next_any(data: Any, at: int, end: int) -> tuple[np.uint64, int, int]:
    """(hash, start, end) of the first token at or after `at`, character by character; start == end: none."""
    while at < end:
        code, size = decode(data, at, end)
        kind, folded = fold(code)
        if kind == SINGLE:
            state = np.uint64(_encoded_length(folded)) * _M4
            return _mix(state, _encode(folded), np.uint64(0)), at, at + size
        if kind == LETTER:
            start = at
            while kind == LETTER:
                at += size
                if at >= end:
                    break
                code, size = decode(data, at, end)
                kind = fold(code)[0]
            return _hash_folded(data, start, at), start, at
        at += size
    return np.uint64(0), end, end


@njit
def _ascii_block(
    data: Any, at: int, limit: int, more: bool, word: Any, hashes: Any, starts: Any, ends: Any, count: int
) -> tuple[int, int]:
    """(bytes used, tokens) of a block whose first `limit` bytes are ASCII; `more` of the text may follow them."""
    edges = word ^ (word << np.uint64(1))
    while edges != 0:
        first = trailing_zeros(edges)
        edges &= edges - np.uint64(1)
        last = trailing_zeros(edges)
        if last >= limit and more:
            return first, count  # the word may go on beyond what was seen
        last = min(last, limit)
        edges &= edges - np.uint64(1)
        hashes[count] = _hash_ascii(data, at + first, at + last)
        starts[count], ends[count] = at + first, at + last
        count += 1
    return limit, count


@njit
def _mixed_block(
    data: Any, at: int, end: int, word: Any, hashes: Any, starts: Any, ends: Any, count: int
) -> tuple[int, int]:
    """(bytes used, tokens) of a block with characters beyond ASCII; 0 where it begins with a word of such.

    Ideographs and words of ASCII are taken here, in the order of their bits; other letters are left to the caller.
    """
    ideographs, others = leads64(data, at)
    pending = word | ideographs | others
    if end - at < BLOCK:
        pending &= (np.uint64(1) << np.uint64(end - at)) - np.uint64(1)
    used = 0
    while pending != 0:
        place = trailing_zeros(pending)
        bit = np.uint64(1) << np.uint64(place)
        start = at + place
        if ideographs & bit != 0:
            size = 3
            if start + 3 <= end:
                character = load64(data, start) & np.uint64(0xFFFFFF)
                hashes[count] = _mix(np.uint64(3) * _M4, character, np.uint64(0))
                starts[count], ends[count] = start, start + 3
                count += 1
        elif others & bit != 0:
            size = _separator(data, start, end)
            if size == 0:
                return place, count
        else:
            size = trailing_zeros(~(word >> np.uint64(place)))
            stop = start + size
            if place + size >= BLOCK and stop < end:
                return place, count  # the word may go on beyond the block
            stop = min(stop, end)
            beyond = stop < end and others >> np.uint64(place + size) & np.uint64(1) != 0
            if beyond and _separator(data, stop, end) == 0:
                return place, count  # the word goes on with another letter
            hashes[count] = _hash_ascii(data, start, stop)
            starts[count], ends[count] = start, stop
            count += 1
        used = place + size
        if used >= BLOCK:
            break
        pending = pending >> np.uint64(used) << np.uint64(used)
    return max(used, min(BLOCK, end - at)), count


@compiled(types.int64, U8, types.int64, types.int64, U64, I64, I64)
def tokenise(data: Any, start: int, end: int, hashes: Any, starts: Any, ends: Any) -> int:
    """The number of tokens of the text data[start:end].

    Their 64-bit hashes and byte positions in `data` go to the three arrays, which have room for
    `max_tokens(end - start)` or more. A damaged UTF-8 sequence separates.
    """
    count = 0
    at = start
    safe = min(end, len(data) - BLOCK - 16)  # below this a whole block, and a word in it, can be loaded
    while at < end:
        if at < safe:
            word, high = masks64(data, at)
            if high == 0:
                limit = min(end - at, BLOCK)
                if limit < BLOCK:
                    word &= (np.uint64(1) << np.uint64(limit)) - np.uint64(1)
                more = at + limit < end
                used, count = _ascii_block(data, at, limit, more, word, hashes, starts, ends, count)
            else:
                used, count = _mixed_block(data, at, end, word, hashes, starts, ends, count)
            if used > 0:
                at += used
                continue
        found, first, last = _next_any(data, at, end)
        if first == last:
            break
        hashes[count], starts[count], ends[count] = found, first, last
        count += 1
        at = last
    return count


@compiled(types.void, U8, types.int64, I64_READ, I64)
def character_offsets(data: Any, start: int, positions: Any, out: Any) -> None:
    """Writes, for ascending byte positions in a text that begins at `start`, their offsets in characters."""
    at = start
    characters = 0
    for i in range(len(positions)):
        while at < positions[i]:
            characters += (data[at] & np.uint8(0xC0)) != np.uint8(0x80)
            at += 1
        out[i] = characters
