"""Numbers as texts write them: digits, English words, Chinese numerals, all by their value."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from governance.text.compiled import kept
from governance.text.ngrams import finished, inner


def _counted(words: str, first: int, step: float = 1.0) -> dict[str, float]:
    """The words with the numbers from `first` on, times `step`."""
    return {word: step * i for i, word in enumerate(words.split(), first)}


ENGLISH = {
    **_counted("two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen", 2),
    **_counted("sixteen seventeen eighteen nineteen", 16),  # "one" is a pronoun more often than a number
    **_counted("twenty thirty forty fifty sixty seventy eighty ninety", 2, 10.0),
    **_counted("third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth", 3),
    **{"zero": 0.0, "hundred": 100.0, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12},
    **{"threefold": 3.0, "fourfold": 4.0, "fivefold": 5.0, "tenfold": 10.0, "doubled": 2.0, "tripled": 3.0},
    **{"half": 0.5, "twice": 2.0, "thrice": 3.0, "double": 2.0, "triple": 3.0, "dozen": 12.0},
}
DIGITS = "零一二三四五六七八九"
OTHER_DIGITS = {"〇": 0, "两": 2}
POWERS = {"十": 10.0, "百": 100.0, "千": 1e3, "万": 1e4, "亿": 1e8}
MEASURES = (
    "个只条件年月日天元万亿人次本支张倍块份家项名头匹台辆棵朵箱瓶"
    "杯袋盒米斤吨里岁周小秒段页种股期户层间套课排组位号点成折"
)
"""Characters behind which a lone Chinese numeral is a number: 三 in 三个 is one, in 三角 it is not."""

MEASURE = 100
SLOT = np.uint64(1023)
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


@inner()
def _is_multiplier(value: float) -> bool:
    return value in (100.0, 1e3, 1e6, 1e9, 1e12)


@inner()
def joined(before: float, value: float) -> float:
    """The number that two words make together: twenty five, two hundred; -1 where they stay two."""
    if value >= 100.0 and _is_multiplier(value):
        return before * value
    if 20.0 <= before <= 90.0 and 1.0 <= value < 10.0 and before % 10.0 == 0.0:
        return before + value
    return -1.0


@inner()
def number_hash(value: float) -> np.uint64:
    """The hash of a number, equal for equal values to a millionth."""
    return np.uint64(finished(np.uint64(np.int64(round(min(value, 1e12) * 1e6))) * _SALT + np.uint64(7)))


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
def digits(data: Any, at: int, tokens: int, starts: Any, ends: Any) -> tuple[int, int, float]:
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
def scaled(
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
def code_at(data: Any, at: int) -> int:
    """The code point of the character of three bytes at a place."""
    first, second, third = np.int64(data[at]), np.int64(data[at + 1]), np.int64(data[at + 2])
    return int((first & 15) << 12 | (second & 63) << 6 | third & 63)


@inner()
def _numeral(data: Any, at: int, characters: Any, powers: Any) -> float:
    """0-9 for a Chinese digit, minus the power for 十 ... 亿, 0.5 for none."""
    found = characters[code_at(data, at)]
    if found in (0, MEASURE):
        return 0.5
    return float(found - 1) if found <= 10 else -powers[found]


@inner()
def numerals(
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
        if characters[code_at(data, starts[here])] != MEASURE:
            return 0, 0.0
    return count, min(total + section + digit, 1e12)
