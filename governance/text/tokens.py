"""Words of a text, found and hashed by compiled code over UTF-8 bytes.

A token is a lower-cased run of letters, digits and underscores. Each Chinese character, kana and hangul syllable is a
token of its own, because these scripts put no spaces between words. Everything else (spaces, punctuation, symbols,
emoji) separates. Full-width forms are folded to ASCII, and letters of every script to their lower case, so that
`ＧＤＰ`, `GDP` and `gdp` are one token.

Runs of ASCII are searched 64 bytes at a time: LLVM turns the vector operations below into whatever the machine has
(AVX-512, AVX2, SSE2, NEON).

    hashes = np.empty(max_tokens(end - start), np.uint64)
    starts, ends = np.empty(len(hashes), np.int64), np.empty(len(hashes), np.int64)
    count = tokenise(data, start, end, hashes, starts, ends)     # also from other compiled functions
"""

from __future__ import annotations

import unicodedata
from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

U8 = types.Array(types.uint8, 1, "C", readonly=True)
I64 = types.Array(types.int64, 1, "C")
I64_READ = types.Array(types.int64, 1, "C", readonly=True)
U64 = types.Array(types.uint64, 1, "C")

TABLES = unicodedata.unidata_version
"""The Unicode version that decides what is a letter; part of the parameters of anything kept on disk."""

SEPARATOR, LETTER, SINGLE = 0, 1, 2
_BLOCK = 64

_M1 = np.uint64(0x9E3779B97F4A7C15)
_M2 = np.uint64(0xA0761D6478BD642F)
_M3 = np.uint64(0xE7037ED1A0B428DB)
_M4 = np.uint64(0x165667B19E3779F9)
_LOWER = np.uint64(0x2020202020202020)
_FIRST_WORD = np.array([(1 << (8 * min(n, 8))) - 1 for n in range(17)], np.uint64)
_SECOND_WORD = np.array([(1 << (8 * max(n - 8, 0))) - 1 for n in range(17)], np.uint64)


def max_tokens(size: int) -> int:
    """The most tokens a text of `size` bytes can have: a token of one byte needs a separator beside it."""
    return size // 2 + 1


def _single(code: int) -> bool:
    """Whether a character of the basic plane is a token of its own: ideographs, kana, hangul."""
    spans = ((0x1100, 0x11FF), (0x3005, 0x3007), (0x3040, 0x30FF), (0x3130, 0x318F), (0x31F0, 0x31FF))
    more = ((0x2E80, 0x2FDF), (0x3400, 0x9FFF), (0xA960, 0xA97F), (0xAC00, 0xD7FF), (0xF900, 0xFAFF))
    return any(a <= code <= b for a, b in (*spans, *more, (0xFF66, 0xFFDC)))


def _classify(code: int) -> tuple[int, int]:
    """(class, code point after folding) of one character of the basic plane."""
    if 0xFF01 <= code <= 0xFF5E:
        code -= 0xFEE0
    character = chr(code)
    if unicodedata.category(character)[0] not in "LMN" and character != "_":
        return SEPARATOR, code
    if _single(code):
        return SINGLE, code
    lower = character.lower()
    return LETTER, ord(lower) if len(lower) == 1 and ord(lower) < 0x10000 else code


def _pages() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """((256,) first entry of each page, entries class << 16 | folded - code), equal pages stored once."""
    codes = np.arange(0x10000)
    found = np.array([_classify(int(c)) for c in codes])
    entries = (found[:, 0] << 20 | (found[:, 1] - codes + 0x10000)).astype(np.int32).reshape(256, 256)
    pages, index = np.unique(entries, axis=0, return_inverse=True)
    return index.reshape(-1).astype(np.int64) * 256, np.ascontiguousarray(pages.reshape(-1))


_PAGE, _ENTRY = _pages()


@intrinsic  # type: ignore[untyped-decorator]
def _load64(typing: Any, data: Any, at: Any) -> Any:
    """The 8 bytes at `at` as a little-endian word; the caller makes sure they are there."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        place = cgutils.gep_inbounds(builder, array.data, args[1])
        word = ir.IntType(64)
        return builder.load(builder.bitcast(place, word.as_pointer()), align=1, typ=word)

    return types.uint64(data, types.int64), generate


@intrinsic  # type: ignore[untyped-decorator]
def _masks64(typing: Any, data: Any, at: Any) -> Any:
    """(bit i set where byte at + i is an ASCII letter, digit or underscore; ... where it is not ASCII)."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        place = cgutils.gep_inbounds(builder, array.data, args[1])
        vector = ir.VectorType(ir.IntType(8), _BLOCK)

        def all_of(value: int) -> Any:
            return ir.Constant(vector, [value] * _BLOCK)

        block = builder.load(builder.bitcast(place, vector.as_pointer()), align=1, typ=vector)
        lower = builder.or_(block, all_of(0x20))
        letter = builder.icmp_unsigned("<=", builder.sub(lower, all_of(ord("a"))), all_of(25))
        digit = builder.icmp_unsigned("<=", builder.sub(block, all_of(ord("0"))), all_of(9))
        underscore = builder.icmp_unsigned("==", block, all_of(ord("_")))
        word = builder.or_(builder.or_(letter, digit), underscore)
        high = builder.icmp_signed("<", block, all_of(0))
        bits = ir.IntType(64)
        found = [builder.bitcast(word, bits), builder.bitcast(high, bits)]
        return context.make_tuple(builder, signature.return_type, found)

    return types.UniTuple(types.uint64, 2)(data, types.int64), generate


@intrinsic  # type: ignore[untyped-decorator]
def _trailing_zeros(typing: Any, word: Any) -> Any:
    """Zero bits below the lowest set bit; 64 for zero."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), generate


@njit(inline="always")
def _mix(state: np.uint64, first: np.uint64, second: np.uint64) -> np.uint64:
    """Sixteen more bytes stirred into a hash."""
    state ^= (first * _M2) ^ (second * _M3)
    state ^= state >> np.uint64(32)
    state *= _M1
    return state ^ (state >> np.uint64(29))


@njit(inline="always")
def _hash_ascii(data: Any, start: int, end: int) -> np.uint64:
    """Hash of the lower-cased ASCII word data[start:end]; 16 bytes after `start` (and each 16) must be readable."""
    length = end - start
    state = np.uint64(length) * _M4
    while length > 16:
        state = _mix(state, _load64(data, start) | _LOWER, _load64(data, start + 8) | _LOWER)
        start += 16
        length -= 16
    first = (_load64(data, start) | _LOWER) & _FIRST_WORD[length]
    return _mix(state, first, (_load64(data, start + 8) | _LOWER) & _SECOND_WORD[length])


@njit(inline="always")
def _decode(data: Any, at: int, end: int) -> tuple[int, int]:
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
def _fold(code: int) -> tuple[int, int]:
    """(class, folded code point) of any character."""
    if code < 0x10000:
        entry = np.int64(_ENTRY[_PAGE[code >> 8] + (code & 255)])
        return entry >> 20, code + (entry & 0xFFFFF) - 0x10000
    if code >= 0x20000:
        return SINGLE, code  # ideographs beyond the basic plane
    if 0x1F000 <= code:
        return SEPARATOR, code  # emoji and other pictures
    return LETTER, code


@njit(inline="always")
def _encode(code: int) -> np.uint64:
    """UTF-8 bytes of a folded code point in a little-endian word; ASCII with bit 5 set, as `_hash_ascii` has it."""
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
def _hash_folded(data: Any, start: int, end: int) -> np.uint64:
    """Hash of the folded characters of the word data[start:end]; equals `_hash_ascii` where both apply."""
    length = 0
    at = start
    while at < end:
        code, size = _decode(data, at, end)
        length += _encoded_length(_fold(code)[1])
        at += size
    state = np.uint64(length) * _M4
    first = second = np.uint64(0)
    filled = 0
    at = start
    while at < end:
        code, size = _decode(data, at, end)
        at += size
        folded = _fold(code)[1]
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
def _next_any(data: Any, at: int, end: int) -> tuple[np.uint64, int, int]:
    """(hash, start, end) of the first token at or after `at`, character by character; start == end: none."""
    while at < end:
        code, size = _decode(data, at, end)
        kind, folded = _fold(code)
        if kind == SINGLE:
            state = np.uint64(_encoded_length(folded)) * _M4
            return _mix(state, _encode(folded), np.uint64(0)), at, at + size
        if kind == LETTER:
            start = at
            while kind == LETTER:
                at += size
                if at >= end:
                    break
                code, size = _decode(data, at, end)
                kind = _fold(code)[0]
            return _hash_folded(data, start, at), start, at
        at += size
    return np.uint64(0), end, end


@njit(types.int64(U8, types.int64, types.int64, U64, I64, I64), nogil=True, cache=True)
def tokenise(data: Any, start: int, end: int, hashes: Any, starts: Any, ends: Any) -> int:
    """The number of tokens of the text data[start:end].

    Their 64-bit hashes and byte positions in `data` go to the three arrays, which have room for
    `max_tokens(end - start)` or more. A damaged UTF-8 sequence separates.
    """
    count = 0
    at = start
    safe = min(end, len(data) - _BLOCK - 16)  # below this a whole block, and a word in it, can be loaded
    while at < end:
        if at < safe and data[at] < 0x80:
            word, high = _masks64(data, at)
            limit = min(end - at, _trailing_zeros(high))  # this many bytes are ASCII and ours
            if limit < _BLOCK:
                word &= (np.uint64(1) << np.uint64(limit)) - np.uint64(1)
            edges = word ^ (word << np.uint64(1))
            taken = limit
            while edges != 0:
                first = _trailing_zeros(edges)
                edges &= edges - np.uint64(1)
                last = _trailing_zeros(edges)
                if last >= limit and at + limit < end:
                    taken = first  # the word may go on beyond what was seen
                    break
                last = min(last, limit)
                edges &= edges - np.uint64(1)
                hashes[count] = _hash_ascii(data, at + first, at + last)
                starts[count], ends[count] = at + first, at + last
                count += 1
            if taken > 0:
                at += taken
                continue
        found, first, last = _next_any(data, at, end)
        if first == last:
            break
        hashes[count], starts[count], ends[count] = found, first, last
        count += 1
        at = last
    return count


@njit(types.void(U8, types.int64, I64_READ, I64), nogil=True, cache=True)
def character_offsets(data: Any, start: int, positions: Any, out: Any) -> None:
    """Writes, for ascending byte positions in a text that begins at `start`, their offsets in characters."""
    at = start
    characters = 0
    for i in range(len(positions)):
        while at < positions[i]:
            characters += (data[at] & np.uint8(0xC0)) != np.uint8(0x80)
            at += 1
        out[i] = characters
