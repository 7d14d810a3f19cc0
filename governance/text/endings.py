"""How texts end: in the middle of a sentence, inside a bracket, on a word that wants another.

Only the last line is read, at most 600 bytes of it, from its end. Signs of program text and formulas are looked for in
the whole text, by one comparison of vectors.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit, types

from governance.text.compiled import compiled
from governance.text.tokens import I64_READ, U8, U64_READ

SIGNS, OPEN, WANTING, UNSTOPPED, BRACKET = 1, 2, 4, 8, 16
"""Bits of what was found: a backtick, backslash or two dollars anywhere; a comma, colon or opening bracket at the end;
a last word that wants another; a last sentence without a stop after one with; a bracket open in the last line."""

TAIL = 600
SENTENCE = 16
"""Least bytes of a sentence without a stop."""

_STOPS = (0xE38082, 0xEFBC81, 0xEFBC9F)  # 。！？
_OPENERS = (0xEFBC88, 0xE38090, 0xE3808C, 0xE3808E, 0xE3808A)  # （【「『《
_CLOSERS = (0xEFBC89, 0xE38091, 0xE3808D, 0xE3808F, 0xE3808B)  # ）】」』》
_COMMAS = (0xEFBC8C, 0xE38081, 0xEFBC9B, 0xEFBC9A)  # ，、；：
_I64_2 = types.Array(types.int64, 2, "C")
_B1 = types.Array(types.boolean, 1, "C", readonly=True)

WORDS = """
    the an of and or but because their its our your my which whose into than such if is are was were has have been
    with from by between through via per while although unless whether these those
"""
PAIRS = """
    以及 并且 而且 但是 因为 由于 如果 例如 比如 包括 或者
    根据 通过 对于 关于 其中 从而 以便 此外 因此 所以 为了 不仅
"""
"""Words that want another after them, in English and Chinese."""


def packed(words: str) -> npt.NDArray[np.uint64]:
    """(words,) words of at most eight bytes as little-endian numbers, ascending."""
    return np.array(sorted(int.from_bytes(word.encode(), "little") for word in words.split()), np.uint64)


def endings(
    data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], wanted: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """(turns, 3) bits of what was found, and first and last byte of the last sentence in its turn."""
    found = np.zeros((len(offsets) - 1, 3), np.int64)
    _endings(data, offsets, wanted, packed(WORDS), packed(PAIRS), found)
    return found


@njit(inline="always")
def _wide(data: Any, at: int) -> int:
    """The three bytes that end before `at`, as one number."""
    return int(data[at - 3]) << 16 | int(data[at - 2]) << 8 | int(data[at - 1])


@njit(inline="always")
def _is_letter(byte: Any) -> Any:
    return 65 <= byte <= 90 or 97 <= byte <= 122


@njit
def _in(values: Any, value: Any) -> bool:
    found = False
    for known in values:
        found |= known == value
    return found


@njit
def _has_signs(text: Any) -> Any:
    """True where a backtick, a backslash or two dollars stand in the text; without branches, so that vectors do it."""
    found = np.uint8(0)
    for i in range(1, len(text)):
        before, byte = text[i - 1], text[i]
        dollars = (before == np.uint8(36)) & (byte == np.uint8(36))
        found |= np.uint8((byte == np.uint8(96)) | (byte == np.uint8(92)) | dollars)
    return found != 0


@njit
def _last_word(data: Any, start: int, end: int) -> Any:
    """The lower-case ASCII letters that end before `end`, at most eight, as a little-endian word; 0 for none."""
    word = np.uint64(0)
    at = end
    while at > start and end - at < 9 and 97 <= data[at - 1] <= 122:
        at -= 1
        word = word << np.uint64(8) | np.uint64(data[at])
    stands_alone = at > start and data[at - 1] == 32
    return word if stands_alone and end - at <= 8 else np.uint64(0)


@njit
def _last_pair(data: Any, start: int, end: int) -> Any:
    """The last two characters of three bytes as a little-endian word; 0 for none."""
    if end - start < 6:
        return np.uint64(0)
    word = np.uint64(0)
    for i in range(end - 1, end - 7, -1):
        word = word << np.uint64(8) | np.uint64(data[i])
    return word


@njit
def _tail(data: Any, start: int, end: int) -> Any:
    """(a bracket stays open, there is a stop in the line, where the last sentence begins) of the last line."""
    depth = 0
    bracket = stopped = linked = False
    begin = end
    at = end
    low = max(start, end - TAIL)
    while at > low:
        byte = data[at - 1]
        if byte == 10:
            break
        size = 1
        if byte < 0x80:
            if byte in (ord(")"), ord("]")):
                depth += 1
            elif byte in (ord("("), ord("[")):
                bracket = bracket or depth == 0
                depth = max(0, depth - 1)
            elif byte in (ord("."), ord("!"), ord("?")) and at < end and data[at] == 32:
                stopped = True
            elif byte == ord("/") or byte == ord("@"):
                linked = linked or not stopped
        elif at - low >= 3 and byte < 0xC0:
            code = _wide(data, at)
            if _in(_STOPS, code):
                stopped = True
                size = 3
            elif _in(_CLOSERS, code):
                depth += 1
                size = 3
            elif _in(_OPENERS, code):
                bracket = bracket or depth == 0
                depth = max(0, depth - 1)
                size = 3
        if not stopped:
            begin = at - size
        at -= size
    return bracket, stopped and not linked, begin


@compiled(types.void, U8, I64_READ, _B1, U64_READ, U64_READ, _I64_2)
def _endings(data: Any, offsets: Any, wanted: Any, words: Any, pairs: Any, found: Any) -> None:
    """Writes bits and the place of the last sentence of each wanted turn."""
    for turn in range(len(offsets) - 1):
        start, end = offsets[turn], offsets[turn + 1]
        if not wanted[turn]:
            continue
        bits = SIGNS if _has_signs(data[start:end]) else 0
        while end > start and data[end - 1] <= 32:
            end -= 1
        if end - start < 3:
            continue
        last, wide = data[end - 1], _wide(data, end)
        chinese = 0xE4B880 <= wide <= 0xE9BFBF
        if last in (ord(","), ord(":"), ord("("), ord("[")) or _in(_COMMAS, wide) or _in(_OPENERS, wide):
            bits |= OPEN
        elif _is_letter(last) or chinese:
            wants = (
                _in(pairs, _last_pair(data, start, end))
                if chinese
                else _in(words, _last_word(data, start, end))
            )
            bits |= WANTING if wants else 0
        if bits & OPEN or _is_letter(last) or chinese:
            bracket, stopped, begin = _tail(data, start, end)
            bits |= BRACKET if bracket else 0
            bits |= UNSTOPPED if stopped and end - begin >= SENTENCE else 0
            found[turn, 1], found[turn, 2] = begin - start, end - start
        found[turn, 0] = bits
