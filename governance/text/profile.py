"""What each turn is made of, counted in one look at its bytes.

Rules that search for rare things (a national id, a key, a hidden character) first ask here whether a turn can hold
one at all: one pass of about 4 ns a byte answers for all of them, and the patterns then read a few turns in a
hundred. Quality rules take their shares of scripts, digits and blanks from the same counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit, types

from governance.samples import SampleBatch
from governance.text.compiled import compiled
from governance.text.tokens import I64_READ, U8

FIELDS = (
    "characters",
    "latin",  # letters, accented ones included
    "han",
    "kana",
    "hangul",
    "cyrillic",
    "other_letters",  # Arabic, Hebrew, Greek, Thai, Indic scripts and whatever else lies beyond
    "digits",  # of ASCII and full-width
    "blanks",  # white space
    "newlines",
    "longest_number",  # digits of the longest chain of digits, up to two of " -.()（）" between two of them
    "longest_word",  # bytes of the longest run of A-Z a-z 0-9 _ - + / that has a letter and a digit
    "longest_run",  # of one character other than white space
    "hidden",  # zero width, bidirectional controls, tags, soft hyphens
    "replaced",  # U+FFFD
    "controls",  # C0 but tab, newline and carriage return; DEL; C1
    "doubled",  # pairs as UTF-8 read as Latin-1 leaves them: one of Â to ô, then one of U+0080 to U+00BF
    "ats",  # @ and ＠
    "tags",  # < before a letter, / or !
    "specials",  # <| as special tokens of chat templates begin
    "links",  # :// and ](
    "equals",  # = and ＝
)
FIELD = {name: i for i, name in enumerate(FIELDS)}

(
    _CHARACTERS, _LATIN, _HAN, _KANA, _HANGUL, _CYRILLIC, _OTHER, _DIGITS, _BLANKS, _NEWLINES, _LONGEST_NUMBER,
    _LONGEST_WORD, _LONGEST_RUN, _HIDDEN, _REPLACED, _CONTROLS, _DOUBLED, _ATS, _TAGS, _SPECIALS, _LINKS, _EQUALS,
) = range(len(FIELDS))  # fmt: skip

_NOTHING = 255
_RANGES = (
    (
        _LATIN,
        ((0xC0, 0xD7), (0xD8, 0xF7), (0xF8, 0x250), (0x1E00, 0x1F00), (0xFF21, 0xFF3B), (0xFF41, 0xFF5B)),
    ),
    (_OTHER, ((0x370, 0x400), (0x530, 0x1100), (0x1200, 0x1680), (0x1681, 0x1E00), (0x1F00, 0x2000))),
    (_OTHER, ((0x2C00, 0x2E00), (0xA4D0, 0xAC00), (0xFB1D, 0xFE00), (0xFE70, 0xFEFF))),
    (_CYRILLIC, ((0x400, 0x530),)),
    (_HANGUL, ((0x1100, 0x1200), (0x3131, 0x318F), (0xAC00, 0xD7B0))),
    (_KANA, ((0x3041, 0x3100), (0x31F0, 0x3200), (0xFF66, 0xFF9E))),
    (_HAN, ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00))),
    (_DIGITS, ((0xFF10, 0xFF1A),)),
    (
        _BLANKS,
        (
            (0xA0, 0xA1),
            (0x1680, 0x1681),
            (0x2000, 0x200B),
            (0x202F, 0x2030),
            (0x205F, 0x2060),
            (0x3000, 0x3001),
        ),
    ),
    (_NEWLINES, ((0x2028, 0x202A),)),
)
_HIDDEN_RANGES = (
    (0xAD, 0xAE), (0x61C, 0x61D), (0x180E, 0x180F), (0x200B, 0x2010), (0x202A, 0x202F), (0x2060, 0x2065),
    (0x2066, 0x2070), (0xFEFF, 0xFF00),
)  # fmt: skip
"""Characters that show nothing or turn the direction of others (Unicode TR 36 and TR 9)."""


def _filled(
    size: int, rest: int, ranges: Iterable[tuple[int, Iterable[tuple[int, int]]]]
) -> npt.NDArray[np.uint8]:
    table = np.full(size, rest, np.uint8)
    for value, spans in ranges:
        for first, last in spans:
            table[first:last] = value
    return table


_SCRIPT = _filled(1 << 16, _NOTHING, _RANGES)
_IS_HIDDEN = _filled(1 << 16, 0, [(1, _HIDDEN_RANGES)])
_PLAIN, _LETTER, _NUMERAL, _SPACE, _NEWLINE, _CONTROL, _WATCHED = range(7)
_KIND = _filled(
    128,
    _PLAIN,
    [
        (_LETTER, [(65, 91), (97, 123)]),
        (_NUMERAL, [(48, 58)]),
        (_CONTROL, [(0, 9), (11, 13), (14, 32), (127, 128)]),
        (_SPACE, [(9, 10), (13, 14), (32, 33)]),
        (_NEWLINE, [(10, 11)]),
        (_WATCHED, [(c, c + 1) for c in b"@<:]="]),
    ],
)
"""What an ASCII byte is; watched ones need a look at their neighbour."""
_IN_NUMBER = _filled(128, 0, [(1, [(c, c + 1) for c in b" -.()"])])
_IN_WORD = _filled(128, 0, [(1, [(c, c + 1) for c in b"-_+/"])])
_I32_2 = types.Array(types.int32, 2, "C")


@dataclass(frozen=True)
class Profile:
    """Counts of the turns of a batch.

    Attributes:
        counts: (turns, len(FIELDS)) int32.
    """

    counts: npt.NDArray[np.int32]

    def of(self, field: str) -> npt.NDArray[np.int32]:
        """(turns,) one of `FIELDS`."""
        return self.counts[:, FIELD[field]]

    @property
    def letters(self) -> npt.NDArray[np.int32]:
        """(turns,) letters of any script."""
        total: npt.NDArray[np.int32] = self.counts[:, _LATIN : _OTHER + 1].sum(axis=1, dtype=np.int32)
        return total


def profile(batch: SampleBatch) -> Profile:
    """The counts of a batch's turns, made once however many rules ask."""
    return batch.once("profile", lambda: profile_of(*batch.turns.buffers))


def profile_of(data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> Profile:
    """The counts of texts that lie end to end; text i is data[offsets[i]:offsets[i + 1]], valid UTF-8."""
    counts = np.zeros((len(offsets) - 1, len(FIELDS)), np.int32)
    _count(data, offsets, counts)
    return Profile(counts)


@njit(inline="always")
def _code_at(data: Any, at: int, end: int) -> Any:
    """(code point, bytes) of the character that begins at `at`; a cut sequence reads as U+FFFD."""
    lead = data[at]
    size = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    if at + size > end:
        return 0xFFFD, 1
    code = int(lead) & (0x7F >> size)
    for i in range(1, size):
        code = code << 6 | (int(data[at + i]) & 0x3F)
    return code, size


@njit
def _watch(data: Any, at: int, end: int, row: Any) -> None:
    """Counts an ASCII sign that means something together with what follows."""
    sign, after = data[at], data[at + 1] if at + 1 < end else np.uint8(0)
    if sign == ord("@"):
        row[_ATS] += 1
    elif sign == ord("="):
        row[_EQUALS] += 1
    elif sign == ord("]"):
        row[_LINKS] += after == ord("(")
    elif sign == ord(":"):
        row[_LINKS] += at + 2 < end and after == ord("/") and data[at + 2] == ord("/")
    else:
        row[_SPECIALS] += after == ord("|")
        row[_TAGS] += after in (ord("/"), ord("!")) or (after < 128 and _KIND[after] == _LETTER)


@njit
def _beyond_ascii(code: int, before: int, row: Any) -> int:
    """Counts a character beyond ASCII; the field of its script, or `_NOTHING`."""
    if code < 1 << 16:
        field = int(_SCRIPT[code])
        row[_HIDDEN] += _IS_HIDDEN[code]
    else:
        field = _HAN if 0x20000 <= code < 0x32000 else _NOTHING
        row[_HIDDEN] += 0xE0000 <= code < 0xE1000  # tags; they can spell out an instruction unseen
    if field != _NOTHING:
        row[field] += 1
    row[_BLANKS] += field == _NEWLINES
    row[_REPLACED] += code == 0xFFFD
    row[_CONTROLS] += 0x80 <= code < 0xA0
    row[_DOUBLED] += 0x80 <= code < 0xC0 and 0xC2 <= before < 0xF5
    row[_ATS] += code == 0xFF20
    row[_EQUALS] += code == 0xFF1D
    return field


@compiled(types.void, U8, I64_READ, _I32_2)
def _count(data: Any, offsets: Any, counts: Any) -> None:  # noqa: PLR0912, PLR0915
    # One long loop: cut into functions of a few lines it takes 14 ns a byte in place of 3.6 (numba 0.61 and later).
    for turn in range(len(offsets) - 1):
        row = counts[turn]
        at, end = offsets[turn], offsets[turn + 1]
        before = repeated = number = word = 0
        gap = 3
        lettered = numbered = False
        while at < end:
            byte = data[at]
            code, size = int(byte), 1
            if byte < 0x80:
                kind = _KIND[byte]
                if kind == _LETTER:
                    row[_LATIN] += 1
                    word, lettered, gap = word + 1, True, 3
                elif kind == _NUMERAL:
                    row[_DIGITS] += 1
                    word, numbered = word + 1, True
                    number, gap = (number if gap <= 2 else 0) + 1, 0
                    row[_LONGEST_NUMBER] = max(row[_LONGEST_NUMBER], number)
                else:
                    gap = gap + 1 if _IN_NUMBER[byte] else 3
                    if _IN_WORD[byte]:
                        word += 1
                    else:
                        if lettered and numbered:
                            row[_LONGEST_WORD] = max(row[_LONGEST_WORD], word)
                        word, lettered, numbered = 0, False, False
                    if kind in (_SPACE, _NEWLINE):
                        row[_BLANKS] += 1
                        row[_NEWLINES] += kind == _NEWLINE
                    elif kind == _CONTROL:
                        row[_CONTROLS] += 1
                    elif kind == _WATCHED:
                        _watch(data, at, end, row)
            else:
                if lettered and numbered:
                    row[_LONGEST_WORD] = max(row[_LONGEST_WORD], word)
                word, lettered, numbered = 0, False, False
                code, size = _code_at(data, at, end)
                if 0x5000 <= code < 0x9000:  # nine in ten Chinese characters, told by two comparisons
                    row[_HAN] += 1
                    gap = 3
                elif _beyond_ascii(code, before, row) == _DIGITS:
                    number, gap = (number if gap <= 2 else 0) + 1, 0
                    row[_LONGEST_NUMBER] = max(row[_LONGEST_NUMBER], number)
                else:
                    gap = gap + 1 if code in (0xFF08, 0xFF09) else 3
            repeated = repeated + 1 if code == before else 1
            if repeated > row[_LONGEST_RUN] and code > 32:
                row[_LONGEST_RUN] = repeated
            before = code
            row[_CHARACTERS] += 1
            at += size
        if lettered and numbered:
            row[_LONGEST_WORD] = max(row[_LONGEST_WORD], word)
