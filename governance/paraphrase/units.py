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

from governance.samples import utf8_buffers
from governance.text.compiled import kept
from governance.text.ngrams import finished, inner, words

WORD, NUMBER, PAIR = range(3)
"""Kinds of units."""

_ENGLISH_NUMBERS = {
    **{w: float(i) for i, w in enumerate(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"])},
    **{w: float(i) for i, w in enumerate(["thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"], 13)},
    **{w: 10.0 * i for i, w in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)},
    **{"hundred": 100.0, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12},
    **{w: float(i) for i, w in enumerate(["third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"], 3)},
    **{"threefold": 3.0, "fourfold": 4.0, "fivefold": 5.0, "tenfold": 10.0, "doubled": 2.0, "tripled": 3.0},
    **{"half": 0.5, "twice": 2.0, "thrice": 3.0, "double": 2.0, "triple": 3.0, "dozen": 12.0},
}  # fmt: skip
del _ENGLISH_NUMBERS["one"]  # a pronoun more often than a number
_MULTIPLIERS = (100.0, 1e3, 1e6, 1e9, 1e12)
_DIGITS = "零一二三四五六七八九"
_OTHER_DIGITS = {"〇": 0, "两": 2}
_POWERS = {"十": 10.0, "百": 100.0, "千": 1e3, "万": 1e4, "亿": 1e8}
_MEASURES = "个只条件年月日天元万亿人次本支张倍块份家项名头匹台辆棵朵箱瓶杯袋盒米斤吨里岁周小秒段页种股期户层间套课排组位号点成折"

MEASURE = 100
_SLOT = np.uint64(1023)
_SALT = np.uint64(0x9E3779B97F4A7C15)


class Lexicon(NamedTuple):
    """Words and characters that mean numbers, for compiled code.

    Attributes:
        words: (1024,) uint64 hashes of English number words, open addressing, 0 is empty; values: what each means.
        characters: (65536,) uint8 by code point: 1 to 10 for the digits 0 to 9, 11 to 15 for 十百千万亿, `MEASURE`
            for a character behind which a lone numeral is a number, 0 for all others.
        powers: (16,) what 11 to 15 mean.
    """

    words: npt.NDArray[np.uint64]
    values: npt.NDArray[np.float64]
    characters: npt.NDArray[np.uint8]
    powers: npt.NDArray[np.float64]


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
    # Taken out of the tuple once: each look into it inside the loop would count references, which costs more than the look.
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
            used, last, value = _digits(data, at, tokens, starts, ends)
            kind = NUMBER
            value, used, last = _scaled(data, value, at, used, last, tokens, starts, ends, characters, powers)
        elif byte < 128 and last - first > 2:
            place = (token >> np.uint64(20)) & _SLOT
            while names[place] != 0 and names[place] != token:
                place = (place + np.uint64(1)) & _SLOT
            if names[place] != 0:
                kind, value = NUMBER, meanings[place]
        elif byte >= 0xE3 and last - first == 3:
            kind = PAIR
            count = 0
            if characters[_code(data, first)] % MEASURE > 0:
                count, value = _numerals(data, at, tokens, starts, ends, characters, powers)
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
            if (
                kept_units > 0
                and kinds[kept_units - 1] == NUMBER
                and first - ends[kept_units - 1] == 1
                and byte >= 65
            ):
                before = values[kept_units - 1]
                if value >= 100.0 and _is_multiplier(value):
                    values[kept_units - 1] = before * value
                elif 20.0 <= before <= 90.0 and value < 10.0 and before % 10.0 == 0.0 and value >= 1.0:
                    values[kept_units - 1] = before + value
                else:
                    before = -1.0
                if before >= 0.0:
                    hashes[kept_units - 1] = number_hash(values[kept_units - 1])
                    ends[kept_units - 1] = last
                    at += used
                    continue
            token = number_hash(value)
        hashes[kept_units], kinds[kept_units], values[kept_units] = token, kind, value
        starts[kept_units], ends[kept_units] = first, last
        kept_units += 1
        at += used
    return Units(hashes, kinds, values, starts, ends, kept_units)


@inner()
def _is_multiplier(value: float) -> bool:
    return value in (100.0, 1e3, 1e6, 1e9, 1e12)


@inner()
def number_hash(value: float) -> np.uint64:
    """The hash of a number, equal for equal values to a millionth."""
    return np.uint64(finished(np.uint64(np.int64(round(value * 1e6))) * _SALT + np.uint64(7)))


@inner()
def sequence_hash(a: float, b: float) -> np.uint64:
    """The hash of two numbers that follow each other."""
    return np.uint64(finished(number_hash(a) * _SALT ^ (number_hash(b) >> np.uint64(1))))


@kept
def sequence_hashes(a: Any, b: Any) -> Any:
    """(n,) `sequence_hash` of each pair."""
    out = np.empty(len(a), np.uint64)
    for i in range(len(a)):
        out[i] = sequence_hash(a[i], b[i])
    return out


@inner()
def _digits(data: Any, at: int, tokens: int, starts: Any, ends: Any) -> tuple[int, int, float]:
    """(tokens used, past-last byte, value) of a number: 1,200 and 3.50 are several tokens, 20kg one."""
    value, last = 0.0, ends[at]
    i = starts[at]
    while i < last and 48 <= data[i] <= 57:
        value = value * 10.0 + (data[i] - 48)
        i += 1
    if i < last:
        return 1, last, min(value, 1e12)  # 20kg, 3rd
    used = 1
    while at + used < tokens:
        first = starts[at + used]
        if first != last + 1 or not 48 <= data[first] <= 57:
            break
        own, size = 0.0, ends[at + used] - first
        whole = True
        for k in range(first, first + size):
            whole = whole and 48 <= data[k] <= 57
            own = own * 10.0 + (data[k] - 48)
        if not whole:
            break
        if data[last] == 44 and size == 3:
            value, last = value * 1000.0 + own, ends[at + used]
            used += 1
        elif data[last] == 46 and size <= 6:
            return used + 1, ends[at + used], value + own / 10.0**size
        else:
            break
    return used, last, min(value, 1e12)


@inner()
def _scaled(
    data: Any,
    value: float,
    at: int,
    used: int,
    last: int,
    tokens: int,
    starts: Any,
    ends: Any,
    characters: Any,
    powers: Any,
) -> tuple[float, int, int]:
    """The number times what stands right behind it: 3万, 5亿, 2 million is left to the caller."""
    while (
        at + used < tokens
        and starts[at + used] == last
        and ends[at + used] - last == 3
        and data[last] >= 0xE3
    ):
        digit = _numeral(data, last, characters, powers)
        if digit >= -10.0:  # 十 too: 3十 is nobody's way of writing
            break
        value, last, used = value * -digit, ends[at + used], used + 1
    return value, used, last


@inner()
def _code(data: Any, at: int) -> int:
    return (np.int64(data[at]) & 15) << 12 | (np.int64(data[at + 1]) & 63) << 6 | np.int64(data[at + 2]) & 63


@inner()
def _numeral(data: Any, at: int, characters: Any, powers: Any) -> float:
    """0-9 for a Chinese digit, minus the power for 十 ... 亿, 0.5 for none."""
    found = characters[_code(data, at)]
    if found in (0, MEASURE):
        return 0.5
    return float(found - 1) if found <= 10 else -powers[found]


@inner()
def _numerals(
    data: Any, at: int, tokens: int, starts: Any, ends: Any, characters: Any, powers: Any
) -> tuple[int, float]:
    """(characters, value) of a Chinese number that begins here; 0 characters where none does.

    A lone numeral is a number only before a measure word: 三 in 三角 is none.
    """
    total = section = digit = 0.0
    count, digits = 0, 0
    here = at
    while here < tokens and ends[here] - starts[here] == 3 and data[starts[here]] >= 0xE3:
        if here > at and starts[here] != ends[here - 1]:
            break
        found = _numeral(data, starts[here], characters, powers)
        if found == 0.5:
            break
        if found >= 0.0:
            digit = digit * 10.0 + found if digits else found
            digits += 1
        elif found >= -1000.0:
            section += (digit if digits else 1.0) * -found
            digit, digits = 0.0, 0
        else:
            total += max(section + digit, 1.0) * -found
            section, digit, digits = 0.0, 0.0, 0
        count += 1
        here += 1
    if count == 0 or _numeral(data, starts[at], characters, powers) < -10.0:
        return 0, 0.0
    if count == 1:
        behind = here < tokens and starts[here] == ends[here - 1] and ends[here] - starts[here] == 3
        if not behind or data[starts[here]] < 0xE3:
            return 0, 0.0
        if characters[_code(data, starts[here])] != MEASURE:
            return 0, 0.0
    return count, min(total + section + digit, 1e12)


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
        np.empty(n, np.uint64), np.empty(n, np.uint8), np.empty(n), *(np.empty(n, np.int64) for _ in "se"), 0
    )
    bounds = np.zeros(len(texts) + 1, np.int64)
    _all_units(data, offsets, lexicon, out, bounds)
    total = int(bounds[-1])
    return Units(*(column[:total].copy() for column in out[:5]), total), bounds


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
    characters[[ord(c) for c in _MEASURES]] = MEASURE
    characters[[ord(c) for c in _DIGITS]] = np.arange(1, 11)
    characters[[ord(c) for c in _OTHER_DIGITS]] = [v + 1 for v in _OTHER_DIGITS.values()]
    characters[[ord(c) for c in _POWERS]] = np.arange(11, 16)
    powers = np.array([0.0] * 11 + list(_POWERS.values()))
    words, values = np.zeros(int(_SLOT) + 1, np.uint64), np.zeros(int(_SLOT) + 1)
    none = Lexicon(words.copy(), values, characters, powers)
    for token, value in zip(
        word_hashes(list(_ENGLISH_NUMBERS), none), _ENGLISH_NUMBERS.values(), strict=True
    ):
        place = int(token) >> 20 & int(_SLOT)
        while words[place]:
            place = (place + 1) & int(_SLOT)
        words[place], values[place] = token, value
    return Lexicon(words, values, characters, powers)


def word_hashes(texts: list[str], known: Lexicon) -> npt.NDArray[np.uint64]:
    """The units' hashes of some words, end to end."""
    return units_of_texts(pa.array(texts, pa.large_string()), known)[0].hashes
