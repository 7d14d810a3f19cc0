"""What the words of each turn are: repeats, loops, stock phrases, common words, found in one look at the tokens.

Rules about quality share this look. Tokens are those of `tokens.py`, so case, width and punctuation make no
difference. Two kinds of tokens never repeat: numbers and blanks to fill in (`____`), because a column of zeros is data.

The share of a text that n-grams repeat is measured as in Gopher (Rae et al. 2021, table A1). A Chinese word has two
characters, so a text of Chinese characters is measured by n-grams of twice the length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit, types

from governance.text.compiled import compiled
from governance.text.repeats import BASE, SPREAD, most_frequent, repeated_lines, repeats
from governance.text.tokens import I64_READ, U8, U64_READ, tokenise

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
Short = npt.NDArray[np.int16]

COUNTS = ("words", "singles", "numbers", "common", "rare", "accented")
"""Tokens of letters, of one character, of digits; words that are common; characters that are not; words that begin or
end with a letter of U+0080 to U+00FF."""
SHARES = ("lines", "top", "phrases")
"""What repeated lines, the most frequent phrase and repeated phrases take, in multiples of Gopher's limits."""
TOP = (0.20, 0.18, 0.16)
"""Gopher: the share that the most frequent 2-, 3- and 4-gram may take."""
REPEATED = (0.15, 0.14, 0.13, 0.12, 0.11, 0.10)
"""Gopher: the share that repeated 5- to 10-grams may take."""
LINES = 0.20
"""Gopher: the share of characters that repeated lines may take."""

_LIMITS = np.array(TOP + REPEATED)
_LEAST = 0.08  # the most frequent gram takes at most twice what repeats of 2-grams take: 0.16 / 2
_WORDS, _SINGLES, _NUMBERS, _COMMON, _RARE, _ACCENTED = range(len(COUNTS))
_BY_LINES, _BY_TOP, _BY_PHRASES = range(len(SHARES))
_LATIN_1 = 0xC2 >> 1  # the first byte of U+0080 to U+00FF is 0xC2 or 0xC3
_PLACES = 1024  # 8 KB stay in the first cache
_TO_PLACE = np.uint64(64 - 10)
_B1 = types.Array(types.boolean, 1, "C", readonly=True)
_I16 = types.Array(types.int16, 1, "C", readonly=True)
_I32_2 = types.Array(types.int32, 2, "C")
_F32_2 = types.Array(types.float32, 2, "C")
_I64_2 = types.Array(types.int64, 2, "C")


@dataclass(frozen=True)
class Lexicon:
    """Words and phrases to look for, as hashes.

    Attributes:
        common: what `word_table` made.
        usual: (8192,) uint8, a bit for each character of the basic plane, set for Chinese ones of everyday use.
        heads: a power of two long; the first phrase of each slot of two words' hash, -1 where none.
        following: (phrases,) the next phrase of the same slot, -1 where none.
        starts: (phrases + 1,) phrase i is words[starts[i]:starts[i + 1]].
        words: hashes of the phrases' words.
    """

    common: Hashes
    usual: Bytes
    heads: Short
    following: Short
    starts: Numbers
    words: Hashes


@dataclass(frozen=True)
class Bounds:
    """From where on a repeat is worth a look.

    Attributes:
        loop_tokens: least tokens of a loop.
        loop_times: how often a loop says the same at least.
        words: least tokens of a text whose shares are measured.
        characters: the same, of a text of Chinese characters.
        least: least multiple of Gopher's limits that is told apart from 0.
    """

    loop_tokens: int = 16
    loop_times: int = 5
    words: int = 100
    characters: int = 200
    least: float = 1.0


@dataclass(frozen=True)
class Wording:
    """What was found.

    Attributes:
        counts: (turns, len(COUNTS)) int32.
        shares: (turns, len(SHARES)) float32; 0 where none can reach `Bounds.least`.
        loops: (turns, 3) first byte, last byte and times of the longest loop; zeros where there is none.
        hits: (hits, 4) turn, first byte, last byte and number of each stock phrase, in order.
    """

    counts: npt.NDArray[np.int32]
    shares: npt.NDArray[np.float32]
    loops: Numbers
    hits: Numbers

    def count(self, name: str) -> npt.NDArray[np.int32]:
        """(turns,) one of `COUNTS`."""
        return self.counts[:, COUNTS.index(name)]

    def share(self, name: str) -> npt.NDArray[np.float32]:
        """(turns,) one of `SHARES`."""
        return self.shares[:, SHARES.index(name)]


def wording(
    data: Bytes, offsets: Numbers, searched: npt.NDArray[np.bool_], lexicon: Lexicon, bounds: Bounds
) -> Wording:
    """The wording of texts that lie end to end; text i is data[offsets[i]:offsets[i + 1]], valid UTF-8.

    Args:
        searched: (turns,) in which of them to search for repeats.
    """
    turns = len(offsets) - 1
    longest = int(np.diff(offsets).max(initial=0))
    counts = np.zeros((turns, len(COUNTS)), np.int32)
    shares = np.zeros((turns, len(SHARES)), np.float32)
    loops = np.zeros((turns, 3), np.int64)
    hits = np.zeros((turns + 1024, 4), np.int64)
    look = lexicon
    tables = (look.common, look.usual, look.heads, look.following, look.starts, look.words)
    sizes = (bounds.loop_tokens, bounds.loop_times, bounds.words, bounds.characters, bounds.least)
    while True:
        found = _scan(data, offsets, searched, longest, *tables, *sizes, counts, shares, loops, hits)
        if found <= len(hits):
            return Wording(counts, shares, loops, hits[:found])
        hits = np.zeros((found, 4), np.int64)


def hashed(text: str) -> Hashes:
    """Hashes of the tokens of a text."""
    data = np.frombuffer(text.encode() + bytes(80), np.uint8)
    room = len(data)
    hashes, starts, ends = np.empty(room, np.uint64), np.empty(room, np.int64), np.empty(room, np.int64)
    return hashes[: tokenise(data, 0, len(data) - 80, hashes, starts, ends)]


def word_table(words: list[str]) -> Hashes:
    """The hashes of at most 100 words, each at a place of its own, behind the factor that gives the places.

    A look-up is one comparison, which the processor need not guess.
    """
    values = np.array(sorted({int(hashed(word)[0]) for word in words}), np.uint64)
    table = np.zeros(_PLACES + 1, np.uint64)
    factor = np.uint64(1)
    with np.errstate(over="ignore"):
        while len(np.unique(values * factor >> _TO_PLACE)) < len(values):
            factor = factor * BASE + np.uint64(2)  # stays odd
        table[values * factor >> _TO_PLACE] = values
    table[_PLACES] = factor
    return table


def phrase_table(phrases: list[str]) -> tuple[Short, Short, Numbers, Hashes]:
    """`Lexicon`'s heads, following, starts and words of phrases, each of two tokens or more."""
    tokens = [hashed(phrase) for phrase in phrases]
    heads = np.full(1 << 12, -1, np.int16)  # 8 KB stay in the first cache
    following = np.full(len(phrases), -1, np.int16)
    for i, words in enumerate(tokens):
        slot = _slot(int(words[0]), int(words[1]), len(heads))
        following[i], heads[slot] = heads[slot], i
    starts = np.concatenate([[0], np.cumsum([len(words) for words in tokens])]).astype(np.int64)
    return heads, following, starts, np.concatenate([*tokens, np.empty(0, np.uint64)])


def _slot(first: int, second: int, size: int) -> int:
    return (first ^ (second >> 7)) & (size - 1)


@njit(inline="always")
def _is_number(data: Any, start: int, end: int) -> Any:
    """True for a token that never repeats: it begins with a digit, or it is a blank to fill in."""
    first = data[start]
    if first < 0x80:
        return (0x30 <= first <= 0x39) or (first == 0x5F and data[end - 1] == 0x5F)
    return first == 0xEF and data[start + 1] == 0xBC and 0x90 <= data[start + 2] <= 0x99


@njit(inline="always")
def _in_table(table: Any, value: Any) -> Any:
    return table[value * table[_PLACES] >> _TO_PLACE] == value


@njit
def _classify(
    data: Any, starts: Any, ends: Any, hashes: Any, count: int, common: Any, usual: Any, row: Any, sums: Any
) -> int:
    """Counts kinds of tokens, gives numbers hashes of their own; the bytes of all tokens, of the first k in sums[k]."""
    total = singles = rare = numbers = known = accented = 0
    for i in range(count):
        start, size = starts[i], ends[i] - starts[i]
        total += size
        sums[i + 1] = total
        first = data[start]
        if size == 3 and 0xE3 <= first <= 0xE9:
            code = (int(first) & 15) << 12 | (int(data[start + 1]) & 63) << 6 | (int(data[start + 2]) & 63)
            singles += 1
            rare += code >= 0x3400 and usual[code >> 3] >> (code & 7) & 1 == 0
        elif _is_number(data, start, start + size):
            numbers += 1
            hashes[i] = np.uint64(i + 1) * SPREAD
        else:
            known += _in_table(common, hashes[i])
            accented += first >> 1 == _LATIN_1 or (size > 1 and data[start + size - 2] >> 1 == _LATIN_1)
    row[_SINGLES], row[_NUMBERS], row[_COMMON], row[_RARE] = singles, numbers, known, rare
    row[_ACCENTED] = accented
    row[_WORDS] = count - singles - numbers
    return total


@njit
def _find_phrases(
    turn: int, starts: Any, ends: Any, hashes: Any, count: int,
    heads: Any, following: Any, first_of: Any, words: Any, hits: Any, found: int,
) -> int:  # fmt: skip
    """Writes the stock phrases of a turn where there is room; how many there are by now."""
    mask = np.uint64(len(heads) - 1)
    for i in range(count - 1):
        phrase = heads[(hashes[i] ^ (hashes[i + 1] >> np.uint64(7))) & mask]
        while phrase >= 0:
            first, last = first_of[phrase], first_of[phrase + 1]
            length = last - first
            if i + length <= count:
                k = 0
                while k < length and words[first + k] == hashes[i + k]:
                    k += 1
                if k == length:
                    if found < len(hits):
                        hits[found, 0], hits[found, 3] = turn, phrase
                        hits[found, 1], hits[found, 2] = starts[i], ends[i + length - 1]
                    found += 1
            phrase = following[phrase]
    return found


@njit
def _measure(
    data: Any, hashes: Any, starts: Any, ends: Any, sums: Any, count: int, width: int, keys: Any, places: Any,
    mask: Any, loop: Any, least: float, shares: Any,
) -> None:  # fmt: skip
    """Writes the shares of one turn, each in multiples of Gopher's limit.

    Longer phrases repeat no more than shorter ones: once too few do, no longer ones are tried.
    """
    total = sums[count]
    shares[_BY_LINES] = repeated_lines(data, hashes, starts, ends, count, keys, mask) / total / LINES
    for k in range(len(_LIMITS)):
        n = (k + 2) * width
        if k < len(TOP):
            taken = most_frequent(hashes, sums, count, n, keys, places, mask)
            shares[_BY_TOP] = max(shares[_BY_TOP], taken / total / _LIMITS[k])
        else:
            taken = repeats(hashes, sums, count, n, keys, places, mask, count + 1, 1, loop)
            shares[_BY_PHRASES] = max(shares[_BY_PHRASES], taken / total / _LIMITS[k])
            if taken < least * REPEATED[-1] * total:
                break


@compiled(
    types.int64, U8, I64_READ, _B1, types.int64, U64_READ, U8, _I16, _I16, I64_READ, U64_READ,
    types.int64, types.int64, types.int64, types.int64, types.float64, _I32_2, _F32_2, _I64_2, _I64_2,
)  # fmt: skip
def _scan(
    data: Any, offsets: Any, searched: Any, longest: int, common: Any, usual: Any, heads: Any, following: Any,
    first_of: Any, words: Any, loop_tokens: int, loop_times: int, least_words: int, least_characters: int,
    least: float, counts: Any, shares: Any, loops: Any, hits: Any,
) -> int:  # fmt: skip
    """Fills counts, shares, loops and hits; the number of hits, which may be more than there is room for."""
    room = longest // 2 + 2
    hashes, starts, ends = np.empty(room, np.uint64), np.empty(room, np.int64), np.empty(room, np.int64)
    sums = np.zeros(room + 1, np.int64)
    size = 64
    while size < 2 * room:
        size *= 2
    keys, places = np.empty(size, np.uint64), np.empty(size, np.int64)
    loop = np.zeros(3, np.int64)
    found = 0
    for turn in range(len(offsets) - 1):
        count = tokenise(data, offsets[turn], offsets[turn + 1], hashes, starts, ends)
        if count == 0:
            continue
        row = counts[turn]
        total = _classify(data, starts, ends, hashes, count, common, usual, row, sums)
        found = _find_phrases(
            turn, starts, ends, hashes, count, heads, following, first_of, words, hits, found
        )
        if count < loop_tokens or not searched[turn]:
            continue
        width = 2 if row[_SINGLES] > 2 * row[_WORDS] else 1
        mask = np.uint64(64)
        while mask < np.uint64(2 * count):
            mask *= np.uint64(2)
        mask -= np.uint64(1)
        loop[:] = 0
        repeated = repeats(hashes, sums, count, 2 * width, keys, places, mask, loop_tokens, loop_times, loop)
        if loop[2] > 0:
            loops[turn, 0], loops[turn, 1] = starts[loop[0]], ends[loop[1] - 1]
            loops[turn, 2] = (loop[1] - loop[0]) // loop[2]
        enough = least_words if width == 1 else least_characters
        if count >= enough and repeated >= least * _LEAST * total:
            _measure(
                data, hashes, starts, ends, sums, count, width, keys, places, mask, loop, least, shares[turn]
            )
    return found
