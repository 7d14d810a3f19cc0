"""The kernel that reads documents and signs them, and two that finish what was read earlier."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types

from governance.text.compiled import compiled
from governance.text.kernels.kinds import (
    B1_READ,
    I32,
    I64,
    I64_2,
    I64_READ,
    U8_READ,
    U32,
    U32_2,
    U32_2_READ,
    U32_READ,
    U64,
    U64_2,
)
from governance.text.shingles import (
    MASKED_A,
    MASKED_B,
    NORMAL_A,
    NORMAL_B,
    STATE,
    WORDS,
    finish,
    read_turn,
    shingle,
    sort_unique,
)
from governance.text.tokens import tokenise
from governance.text.vectors import GROUP, least

_SYSTEM, _ASSISTANT = np.uint8(0), np.uint8(2)  # governance.samples.SYSTEM, ASSISTANT
_P1 = np.uint64(0x9E3779B97F4A7C15)
_P2 = np.uint64(0xC2B2AE3D27D4EB4F)


@njit(inline="always")
def _minhash(values: Any, count: int, a: Any, b: Any, mixed: Any, out: Any) -> None:
    """The 128 smallest permuted values of a set of 32-bit hashes."""
    for i in range(count):
        x = values[i]  # arithmetic on uint32 is done in 64 bits, so each step is cut to 32
        x ^= x >> np.uint32(16)
        x = np.uint32(x * np.uint32(0x85EBCA6B))
        x ^= x >> np.uint32(13)
        x = np.uint32(x * np.uint32(0xC2B2AE35))
        mixed[i] = x ^ (x >> np.uint32(16))
    for k in range(0, len(a), GROUP):
        least(mixed, count, a, b, out, k)


@njit(inline="always")
def band_keys(values: Any, rows: int, keys: Any) -> None:
    """Writes the key of each band of `rows` consecutive MinHash values."""
    for band in range(len(keys)):
        state = np.uint64(band + 1) * _P2
        for i in range(band * rows, (band + 1) * rows):
            state = (state ^ np.uint64(values[i])) * _P1
            state ^= state >> np.uint64(29)
        keys[band] = np.uint32(state >> np.uint64(32))


@njit(inline="always")
def set_hash(values: Any, count: int) -> Any:
    """A 64-bit hash of a set of 32-bit hashes."""
    total = np.uint64(count)
    for i in range(count):
        x = (np.uint64(values[i]) + _P2) * _P1
        total += (x ^ (x >> np.uint64(31))) * _P2
    return finish(total)


@compiled(types.void, U32_2_READ, types.int64, U32_2)
def keys_of(minhash: Any, rows: int, keys: Any) -> None:
    """Writes the band keys of signatures that were computed earlier."""
    for i in range(len(minhash)):
        band_keys(minhash[i], rows, keys[i])


@compiled(types.void, U32_READ, I64_READ, U64)
def content_of(sets: Any, offsets: Any, out: Any) -> None:
    """Writes the hashes of sets that were computed earlier, set i at offsets[i]; 0 for an empty one."""
    for i in range(len(out)):
        start, end = offsets[i], offsets[i + 1]
        if end > start:
            out[i] = set_hash(sets[start:end], end - start)


_OUT = (I32, I32, I32, U64_2, U64_2, U64, U32_2, U32_2, U32, I64)
_WORK = (U64_2, I64_2, U32_2, I32)


@compiled(
    types.int64, U8_READ, I64_READ, U8_READ, I64_READ, B1_READ, U32_READ, U32_READ, types.int64, *_OUT, *_WORK
)
def sign(
    data: Any, offsets: Any, roles: Any, starts: Any, skip: Any, a: Any, b: Any, rows: int,
    tokens: Any, words: Any, shingles: Any, normalised: Any, masked: Any, content: Any,
    keys: Any, minhash: Any, sets: Any, set_ends: Any,
    wide: Any, places: Any, narrow: Any, counters: Any,
) -> int:  # fmt: skip
    """Fills the arrays of `Signed`; returns how many values of `sets` are used.

    To work in: `wide` and `places` have 3 rows and `narrow` has 4, with room for the tokens of a document and for
    the permutations; `counters` is of size `limits.COUNTERS`.
    """
    hashes, begins, ends = wide[0], places[0], places[1]
    work = wide[1], places[2]
    state = wide[2][:STATE]
    answers, found, spare, values = narrow[0], narrow[1], narrow[2], narrow[3]
    used = 0
    for doc in range(len(starts) - 1):
        for i in range(STATE):
            state[i] = 0
        count = 0
        for turn in range(starts[doc], starts[doc + 1]):
            if roles[turn] != _SYSTEM:
                first, last = offsets[turn], offsets[turn + 1]
                more = tokenise(data, first, last, hashes[count:], begins[count:], ends[count:])
                answers[count : count + more] = np.uint32(roles[turn] == _ASSISTANT)
                read_turn(data, first, last, hashes[count:], begins[count:], ends[count:], more, work, state)
                count += more
        tokens[doc], words[doc] = count, state[WORDS]
        normalised[doc, 0], normalised[doc, 1] = finish(state[NORMAL_A]), finish(state[NORMAL_B])
        masked[doc, 0], masked[doc, 1] = finish(state[MASKED_A]), finish(state[MASKED_B])
        if skip[doc]:
            shingles[doc] = -1
        else:
            size = sort_unique(found, shingle(hashes, answers, count, found), spare, counters)
            shingles[doc] = size
            if size > 0:
                for i in range(size):
                    sets[used + i] = found[i]
                used += size
                content[doc] = set_hash(found, size)
                target = minhash[doc] if len(minhash) > 0 else values
                _minhash(found, size, a, b, spare, target)
                band_keys(target, rows, keys[doc])
        set_ends[doc] = used
    return used
