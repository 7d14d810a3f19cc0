"""What the words of one document amount to: its shingle set, and hashes of its wording.

A shingle is five consecutive tokens. A document is the set of its shingles, as ascending 32-bit hashes; one of fewer
than five tokens has none. The lowest bit of a hash says whether the shingle ends in an answer (a turn of the
assistant), so that the answers of two documents can be compared alone. Two 128-bit hashes say what a set cannot:

* normalised: the tokens in order, with the symbols that change a meaning (operators, currencies, emoji). Equal hashes
  differ at most in case, width, spacing and punctuation.
* masked: the tokens in order, every number replaced by one mark and symbols left out. Equal hashes differ at most in
  numbers and symbols.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from governance.text.sorting import heap_sort, insertion_sort
from governance.text.tokens import SYMBOL, decode, fold
from governance.text.vectors import BLOCK, LEADS, SIGNS, marks64, trailing_zeros

SHINGLE = 5
"""Tokens in a shingle."""

ANSWERED = np.uint32(1)
"""The bit of a shingle hash that is set where its last token stands in a turn of the assistant."""

_P1 = np.uint64(0x9E3779B97F4A7C15)
_P2 = np.uint64(0xC2B2AE3D27D4EB4F)
_P3 = np.uint64(0xD6E8FEB86659FD93)
_P4 = np.uint64(0xFF51AFD7ED558CCD)
_C = tuple(np.uint64(pow(0xA0761D6478BD642F, i, 1 << 64)) for i in range(SHINGLE))
_EMPTY = np.uint64(0x243F6A8885A308D3)
_NUMBER = np.uint64(0x452821E638D01377)

NORMAL_A, NORMAL_B, MASKED_A, MASKED_B, TOKENS, MASKS, WORDS, IN_NUMBER, SIGNS_READ, STATE = range(10)
"""Places in the state that `read_turn` carries from turn to turn, and its size."""

_ALWAYS, _BETWEEN_DIGITS, _MINUS = 1, 2, 3  # when an ASCII sign carries meaning
_ASCII = np.zeros(128, np.uint8)
_ASCII[list(SIGNS)] = _ALWAYS
_ASCII[list(b"*/")] = _BETWEEN_DIGITS
_ASCII[ord("-")] = _MINUS
_MAY_SIGN = np.zeros(256, np.bool_)
_MAY_SIGN[[*SIGNS, *LEADS]] = True


@njit(inline="always")
def finish(state: Any) -> Any:
    """A 64-bit hash with all bits depending on all bits (the finaliser of MurmurHash3)."""
    state ^= state >> np.uint64(33)
    state *= _P4
    return state ^ (state >> np.uint64(33))


@njit(inline="always")
def _add_sequence(values: Any, count: int, at: Any, state: Any, a: int, b: int) -> None:
    """Adds values and their places, counted from `at`, to a 128-bit hash that needs no order of additions."""
    first = second = np.uint64(0)
    for i in range(count):
        x = (values[i] ^ ((at + np.uint64(i)) * _P3)) * _P1
        x ^= x >> np.uint64(32)
        first += x
        x *= _P2
        second += x ^ (x >> np.uint64(29))
    state[a] += first
    state[b] += second


@njit(inline="always")
def _digit(byte: Any) -> Any:
    return np.uint8(byte - np.uint8(48)) < 10


@njit
def _marks(data: Any, at: int, last: int) -> Any:
    """(signs, digits) as `marks64` has them, of the bytes of data[at:last] within one block."""
    if at + BLOCK < len(data):
        signs, digits = marks64(data, at)
        if last - at < BLOCK:
            inside = (np.uint64(1) << np.uint64(last - at)) - np.uint64(1)
            return signs & inside, digits & inside
        return signs, digits
    signs = digits = np.uint64(0)
    for i in range(min(BLOCK, last - at)):
        byte, bit = data[at + i], np.uint64(1) << np.uint64(i)
        after = data[at + i + 1] if at + i + 1 < len(data) else np.uint8(0)
        apart = after in (32, 0xEF) or _digit(after)
        signed = _MAY_SIGN[byte] or (_ASCII[byte & 127] > _ALWAYS and byte < 128 and apart)
        signed |= byte == 0xE2 and after != 0x80
        signs |= bit * np.uint64(signed)
        digits |= bit * np.uint64(_digit(byte) or byte == 0xEF)
    return signs, digits


@njit
def _masked(data: Any, start: int, end: int, plain: Any) -> Any:
    """(hash of a token with each run of digits as one mark, whether it is digits only)."""
    state = _EMPTY
    found = other = in_run = False
    while start < end:
        code, size = decode(data, start, end)
        code = fold(code)[1]
        start += size
        digit = 48 <= code < 58
        if not (digit and in_run):
            state = (state ^ (_NUMBER if digit else np.uint64(code))) * _P1
            state ^= state >> np.uint64(32)
        found, other, in_run = found or digit, other or not digit, digit
    return state if found else plain, found and not other


@njit(inline="always")
def _digit_at(data: Any, at: int, last: int) -> Any:
    """Whether a digit of either width begins at `at`."""
    if at >= last:
        return False
    if at + 2 < last and data[at] == 0xEF:
        return data[at + 1] == 0xBC and np.uint8(data[at + 2] - np.uint8(0x90)) < 10
    return _digit(data[at])


@njit(inline="always")
def _digit_before(data: Any, at: int, first: int) -> Any:
    """Whether a digit of either width ends before `at`."""
    if at > first and data[at - 1] >= 0x80:
        return at - 3 >= first and _digit_at(data, at - 3, at)
    return at > first and _digit(data[at - 1])


@njit
def _counts(data: Any, at: int, size: int, kind: int, first: int, last: int) -> Any:
    """Whether a sign of ASCII, of either width, is an operator rather than punctuation."""
    if kind == _ALWAYS:
        return True
    after = at + size
    if kind == _MINUS and _digit_at(data, after, last) and (at == first or data[at - 1] < 65):
        return True  # a negative number or a subtraction, not a hyphen
    while at > first and data[at - 1] == 32:
        at -= 1
    while after < last and data[after] == 32:
        after += 1
    return kind != 0 and _digit_before(data, at, first) and _digit_at(data, after, last)


@njit
def _sign_at(data: Any, at: int, first: int, last: int) -> int:
    """The folded code of the sign at `at` if it carries meaning, else -1; a letter never does."""
    wide = data[at] == 0xEF and at + 2 < last and data[at + 1] == 0xBC and data[at + 2] < 0xC0
    if wide and _ASCII[data[at + 2] - 0x60] == 0:
        return -1  # a full-width comma, most often
    code, size = decode(data, at, last)
    kind, code = fold(code)
    if code >= 0x80:
        return code if kind == SYMBOL else -1
    return code if _ASCII[code] != 0 and _counts(data, at, size, _ASCII[code], first, last) else -1


@njit
def _add_sign(code: int, place: int, state: Any) -> None:
    """Adds a sign that stands before token `place` of its turn."""
    state[SIGNS_READ] += np.uint64(1)
    where = (state[TOKENS] + np.uint64(place)) ^ (state[SIGNS_READ] << np.uint64(40))
    x = (np.uint64(code) * _P2 ^ where * _P3) * _P4
    x ^= x >> np.uint64(32)
    state[NORMAL_A] += x
    x *= _P2
    state[NORMAL_B] += x ^ (x >> np.uint64(29))


@njit
def _find_marks(
    data: Any, first: int, last: int, starts: Any, ends: Any, count: int, odd: Any, state: Any
) -> int:
    """Adds the signs of a turn to the state; the number of tokens that may hold digits, which go to `odd`."""
    found = before = holder = 0
    for at in range(first, last, BLOCK):
        signs, digits = _marks(data, at, last)
        while signs != 0:
            where = at + trailing_zeros(signs)
            signs &= signs - np.uint64(1)
            code = _sign_at(data, where, first, last)
            if code >= 0:
                while before < count and ends[before] <= where:
                    before += 1
                _add_sign(code, before, state)
        while digits != 0:
            where = at + trailing_zeros(digits)
            digits &= digits - np.uint64(1)
            while holder < count and ends[holder] <= where:
                holder += 1
            if holder < count and starts[holder] <= where:
                odd[found] = holder
                found += 1
                past = ends[holder] - at  # the other digits of this token need no second look
                digits = digits >> np.uint64(past) << np.uint64(past) if past < BLOCK else np.uint64(0)
                holder += 1
    return found


@njit
def read_turn(
    data: Any, first: int, last: int, hashes: Any, starts: Any, ends: Any, count: int, room: Any, state: Any
) -> None:
    """Carries the wording of one turn, data[first:last] with its `count` tokens, into the state.

    `room` is (uint64, int64) arrays for `count` values each.
    """
    masked, odd = room
    marked = _find_marks(data, first, last, starts, ends, count, odd, state)
    in_number = state[IN_NUMBER] != 0
    kept = taken = numbers = 0
    for i in range(marked):
        token = odd[i]
        value, number = _masked(data, starts[token], ends[token], hashes[token])
        if token > taken:
            in_number = False
        while taken < token:
            masked[kept] = hashes[taken]
            kept, taken = kept + 1, taken + 1
        taken = token + 1
        numbers += number
        if not (number and in_number):
            masked[kept] = _NUMBER if number else value
            kept += 1
        in_number = number
    if taken < count:
        in_number = False
    while taken < count:
        masked[kept] = hashes[taken]
        kept, taken = kept + 1, taken + 1
    _add_sequence(hashes, count, state[TOKENS], state, NORMAL_A, NORMAL_B)
    _add_sequence(masked, kept, state[MASKS], state, MASKED_A, MASKED_B)
    state[TOKENS] += np.uint64(count)
    state[MASKS] += np.uint64(kept)
    state[WORDS] += np.uint64(count - numbers)
    state[IN_NUMBER] = np.uint64(in_number)


@njit
def shingle(hashes: Any, answers: Any, count: int, out: Any) -> int:
    """The number of shingles of `count` tokens; their 32-bit hashes go to `out`, repeats included.

    `answers` is 1 for a token of the assistant's and 0 for another.
    """
    shingles = max(count - SHINGLE + 1, 0)
    for i in range(shingles):
        state = hashes[i] + hashes[i + 1] * _C[1] + hashes[i + 2] * _C[2]
        state += hashes[i + 3] * _C[3] + hashes[i + 4] * _C[4]
        state ^= state >> np.uint64(32)
        out[i] = np.uint32(state * _P1 >> np.uint64(32)) & ~ANSWERED | answers[i + SHINGLE - 1]
    return shingles


@njit
def sort_unique(values: Any, count: int, room: Any, counters: Any) -> Any:
    """The number of different values; they are left ascending in values[:number].

    Hashes are spread evenly, so dealing them by their top bits into about `count` piles leaves almost nothing to
    sort (34 ns a value less than a general sort). `room` holds `count` values, `counters` is any size 2**k + 1.
    """
    if count == 0:
        return 0
    bits = 4
    while 1 << bits < 2 * count and 1 << (bits + 1) < len(counters):
        bits += 1
    shift = np.uint32(32 - bits)
    piles = 1 << bits
    for i in range(piles + 1):
        counters[i] = 0
    for i in range(count):
        counters[(values[i] >> shift) + 1] += 1
    for i in range(piles):
        counters[i + 1] += counters[i]
    for i in range(count):
        pile = values[i] >> shift
        room[counters[pile]] = values[i]
        counters[pile] += 1
    if not insertion_sort(room, count):  # a text that repeats itself, or one made to be slow
        heap_sort(room, room[:0], count)
    return _unique(room, count, values)


@njit(inline="always")
def _unique(ascending: Any, count: int, out: Any) -> int:
    kept = 0
    last = ascending[0]
    out[0] = last
    for i in range(1, count):
        value = ascending[i]
        kept += value != last
        out[kept] = value
        last = value
    return kept + 1
