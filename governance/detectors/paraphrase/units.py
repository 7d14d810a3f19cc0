"""What a text says, as units that survive rewriting: word stems, numbers by their value, pairs of ideographs.

A rewritten problem keeps its names, things and numbers and changes everything between. So words are cut back to a
stem, "three", "3" and "三" are one number, "1,200" and "1200" too, and a Chinese text is read as pairs of
neighbouring characters, since a single one says little and where words end is not known.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from governance.detectors.paraphrase.numerals import (
    DIGITS,
    ENGLISH,
    MEASURE,
    MEASURES,
    OTHER_DIGITS,
    POWERS,
    SLOT,
    Lexicon,
    code_at,
    digits,
    joined,
    number_hash,
    numerals,
    scaled,
)
from governance.samples import utf8_buffers
from governance.text.compiled import kept
from governance.text.ngrams import finished, inner, words

WORD, NUMBER, PAIR = range(3)
"""Kinds of units."""

_SALT = np.uint64(0x9E3779B97F4A7C15)


class Units(NamedTuple):
    """The units of one text, or of several laid end to end.

    Attributes:
        hashes: (n,) uint64, equal for equal units.
        kinds: (n,) uint8, WORD ... PAIR.
        values: (n,) float64, of numbers.
        starts, ends: (n,) int64, byte positions in the buffer the text lies in.
        size: how many there are; the arrays may be longer.
    """

    hashes: npt.NDArray[np.uint64]
    kinds: npt.NDArray[np.uint8]
    values: npt.NDArray[np.float64]
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    size: int


@inner()
def room_for(size: int) -> Units:
    """Empty arrays for the units of a text of so many bytes."""
    n = size // 2 + 1
    return Units(
        np.empty(n, np.uint64), np.empty(n, np.uint8), np.empty(n), np.empty(n, np.int64), np.empty(n, np.int64), 0
    )  # fmt: skip


@inner()
def units_of(data: Any, start: int, end: int, lexicon: Any, room: Any) -> Units:
    """The units of data[start:end], in the arrays of `room`."""
    hashes, kinds, values, starts, ends = room.hashes, room.kinds, room.values, room.starts, room.ends
    # Taken out of the tuple once: each look into it inside the loop counts references, which costs more.
    names, meanings, characters, powers = lexicon.words, lexicon.values, lexicon.characters, lexicon.powers
    tokens = words(data, start, end, hashes, starts, ends)
    kept_units = 0
    at = 0
    while at < tokens:
        first, last, token = starts[at], ends[at], hashes[at]
        byte = data[first]
        used = 1
        kind, value = WORD, 0.0
        if 48 <= byte <= 57:
            used, last, value = digits(data, at, tokens, starts, ends)
            kind = NUMBER
            value, used, last = scaled(data, value, at, used, last, tokens, starts, ends, characters, powers)
        elif byte < 128 and last - first > 2:
            place = _place(names, token)
            if names[place] != 0:
                kind, value = NUMBER, meanings[place]
        elif byte >= 0xE3 and last - first == 3:
            kind = PAIR
            count = 0
            if characters[code_at(data, first)] % MEASURE > 0:
                count, value = numerals(data, at, tokens, starts, ends, characters, powers)
            if count > 0:
                kind, used, last = NUMBER, count, ends[at + count - 1]
            else:
                beside = at + 1 < tokens and starts[at + 1] == last and data[last] >= 0xE3
                alone = kept_units == 0 or kinds[kept_units - 1] != PAIR or ends[kept_units - 1] != last
                if beside and ends[at + 1] - last == 3:
                    token = finished(token * _SALT + hashes[at + 1])
                    last = ends[at + 1]
                elif not alone:
                    at += 1
                    continue
        if kind == NUMBER:
            follows = kept_units > 0 and kinds[kept_units - 1] == NUMBER and first - ends[kept_units - 1] == 1
            together = joined(values[kept_units - 1], value) if follows and byte >= 65 else -1.0
            if together >= 0.0:
                kept_units -= 1
                value, first = together, starts[kept_units]
            token = number_hash(value)
        hashes[kept_units], kinds[kept_units], values[kept_units] = token, kind, value
        starts[kept_units], ends[kept_units] = first, last
        kept_units += 1
        at += used
    return Units(hashes, kinds, values, starts, ends, kept_units)


@inner()
def _place(names: Any, token: np.uint64) -> np.uint64:
    """The slot of a number word, or an empty one."""
    place = (token >> np.uint64(20)) & SLOT
    while names[place] != 0 and names[place] != token:
        place = (place + np.uint64(1)) & SLOT
    return np.uint64(place)


@kept
def _all_units(data: Any, offsets: Any, lexicon: Any, out: Any, bounds: Any) -> None:
    total = 0
    for i in range(len(offsets) - 1):
        room = Units(
            out.hashes[total:], out.kinds[total:], out.values[total:], out.starts[total:], out.ends[total:], 0
        )
        found = units_of(data, offsets[i], offsets[i + 1], lexicon, room)
        for k in range(total, total + found.size):
            out.starts[k] -= offsets[i]
            out.ends[k] -= offsets[i]
        total += found.size
        bounds[i + 1] = total


def units_of_texts(texts: pa.LargeStringArray, lexicon: Lexicon) -> tuple[Units, npt.NDArray[np.int64]]:
    """(units of all texts, positions relative to their own text; (texts + 1,) where each text's begin)."""
    data, offsets = utf8_buffers(texts)
    n = int(offsets[-1] - offsets[0]) // 2 + 1 + len(texts)
    out = Units(
        np.empty(n, np.uint64), np.empty(n, np.uint8), np.empty(n), np.empty(n, np.int64), np.empty(n, np.int64), 0
    )  # fmt: skip
    bounds = np.zeros(len(texts) + 1, np.int64)
    _all_units(data, offsets, lexicon, out, bounds)
    total = int(bounds[-1])
    short = (out.hashes[:total].copy(), out.kinds[:total].copy(), out.values[:total].copy())
    return Units(*short, out.starts[:total].copy(), out.ends[:total].copy(), total), bounds


def numbers_of_texts(texts: pa.LargeStringArray) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """(numbers of all texts end to end, (texts + 1,) where each text's begin)."""
    units, bounds = units_of_texts(texts, lexicon())
    own = units.kinds == NUMBER
    before = np.concatenate([[0], np.cumsum(own)])
    return units.values[own], before[bounds]


@cache
def lexicon() -> Lexicon:
    """The numerals of both languages."""
    characters = np.zeros(1 << 16, np.uint8)
    characters[[ord(c) for c in MEASURES]] = MEASURE
    characters[[ord(c) for c in DIGITS]] = np.arange(1, 11)
    characters[[ord(c) for c in OTHER_DIGITS]] = [v + 1 for v in OTHER_DIGITS.values()]
    characters[[ord(c) for c in POWERS]] = np.arange(11, 16)
    powers = np.array([0.0] * 11 + list(POWERS.values()))
    words, values = np.zeros(int(SLOT) + 1, np.uint64), np.zeros(int(SLOT) + 1)
    none = Lexicon(words.copy(), values, characters, powers)
    for token, value in zip(word_hashes(list(ENGLISH), none), ENGLISH.values(), strict=True):
        place = int(token) >> 20 & int(SLOT)
        while words[place]:
            place = (place + 1) & int(SLOT)
        words[place], values[place] = token, value
    return Lexicon(words, values, characters, powers)


def word_hashes(texts: list[str], known: Lexicon) -> npt.NDArray[np.uint64]:
    """The units' hashes of some words, end to end."""
    return units_of_texts(pa.array(texts, pa.large_string()), known)[0].hashes
