"""MinHash signatures of a batch of documents, straight from Arrow's buffers.

The permutations are those of `datasketch.MinHash(num_perm=128, seed=1)`: x -> a * fmix32(x) + b modulo 2**32, with a
odd. A document's band key is a hash of a few consecutive values; documents that share a key are compared.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit, types

from governance.text.compiled import compiled
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
from governance.text.signatures import PERMUTATIONS, SEED
from governance.text.tokens import I64, I64_READ, U8, U64, max_tokens, tokenise
from governance.text.vectors import GROUP, least

_SYSTEM, _ASSISTANT = np.uint8(0), np.uint8(2)  # governance.samples.SYSTEM, ASSISTANT
_P1 = np.uint64(0x9E3779B97F4A7C15)
_P2 = np.uint64(0xC2B2AE3D27D4EB4F)
_MISSED = 2e-4

U32 = types.Array(types.uint32, 1, "C")
U32_READ = types.Array(types.uint32, 1, "C", readonly=True)
U32_2 = types.Array(types.uint32, 2, "C")
U32_2_READ = types.Array(types.uint32, 2, "C", readonly=True)
U64_2 = types.Array(types.uint64, 2, "C")
I32 = types.Array(types.int32, 1, "C")
I32_READ = types.Array(types.int32, 1, "C", readonly=True)
B1_READ = types.Array(types.boolean, 1, "C", readonly=True)


@dataclass(frozen=True)
class Signed:
    """What a batch of documents amounts to.

    Attributes:
        tokens: (n,) int32, tokens of all turns that were read.
        words: (n,) int32, tokens that are not numbers.
        shingles: (n,) int32, different shingles; -1 for a document that was to be skipped.
        normalised, masked: (n, 2) uint64, the hashes of shingles.py.
        content: (n,) uint64, a hash of the shingle set, equal for equal sets.
        keys: (n, bands) uint32; zeros where there are no shingles.
        minhash: (n, 128) uint32, or (0, 128) where it was not asked for.
        sets: all shingle sets end to end, each ascending; set_ends (n,) int64 says where each ends.
    """

    tokens: npt.NDArray[np.int32]
    words: npt.NDArray[np.int32]
    shingles: npt.NDArray[np.int32]
    normalised: npt.NDArray[np.uint64]
    masked: npt.NDArray[np.uint64]
    content: npt.NDArray[np.uint64]
    keys: npt.NDArray[np.uint32]
    minhash: npt.NDArray[np.uint32]
    sets: npt.NDArray[np.uint32]
    set_ends: npt.NDArray[np.int64]


@cache
def permutations() -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """(a, b) of the 128 permutations, drawn as datasketch draws them."""
    generator = np.random.RandomState(SEED)
    a = generator.randint(0, 1 << 31, PERMUTATIONS, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    return a, generator.randint(0, 1 << 32, PERMUTATIONS, dtype=np.uint32)


@cache
def bands_for(threshold: float) -> tuple[int, int]:
    """(bands, rows): the longest keys with which fewer than 2 in 10,000 pairs at the threshold never meet.

    A pair of Jaccard t shares a key of r values with probability t**r, and none of b keys with (1 - t**r)**b; at
    0.8 that is 25 keys of 5 and 5 in 100,000. Longer keys mean fewer pairs to verify.
    """
    for rows in range(min(16, PERMUTATIONS), 1, -1):
        bands = PERMUTATIONS // rows
        if (1 - threshold**rows) ** bands <= _MISSED:
            return bands, rows
    return PERMUTATIONS, 1


def sign(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    roles: npt.NDArray[np.uint8],
    starts: npt.NDArray[np.int64],
    *,
    threshold: float,
    skip: npt.NDArray[np.bool_] | None = None,
    with_minhash: bool = True,
) -> Signed:
    """What each document amounts to; document i owns the turns starts[i]:starts[i + 1], system turns not read.

    Args:
        data, offsets, roles: the turns as `governance.samples.Turns` has them.
        skip: documents that only need their wording hashed, because their signature is at hand.
    """
    n = len(starts) - 1
    bands, rows = bands_for(threshold)
    out = Signed(
        tokens=np.zeros(n, np.int32),
        words=np.zeros(n, np.int32),
        shingles=np.zeros(n, np.int32),
        normalised=np.empty((n, 2), np.uint64),
        masked=np.empty((n, 2), np.uint64),
        content=np.zeros(n, np.uint64),
        keys=np.zeros((n, bands), np.uint32),
        minhash=np.full((n if with_minhash else 0, PERMUTATIONS), 0xFFFFFFFF, np.uint32),
        sets=np.empty(max_tokens(int(offsets[-1] - offsets[0])) + n if n else 0, np.uint32),
        set_ends=np.zeros(n, np.int64),
    )
    left_out = np.zeros(n, np.bool_) if skip is None else skip
    inputs = (np.ascontiguousarray(x) for x in (data, offsets, roles, starts, left_out))
    used = _sign(*inputs, *permutations(), rows, *(getattr(out, field.name) for field in fields(Signed)))
    return replace(out, sets=out.sets[:used])


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


@njit
def _longest(offsets: Any, starts: Any) -> int:
    """Bytes of the longest document."""
    most = 0
    for i in range(len(starts) - 1):
        most = max(most, offsets[starts[i + 1]] - offsets[starts[i]])
    return most


_ROLES = types.Array(types.uint8, 1, "C", readonly=True)
_OUT = (I32, I32, I32, U64_2, U64_2, U64, U32_2, U32_2, U32, I64)


@compiled(types.int64, U8, I64_READ, _ROLES, I64_READ, B1_READ, U32_READ, U32_READ, types.int64, *_OUT)
def _sign(
    data: Any, offsets: Any, roles: Any, starts: Any, skip: Any, a: Any, b: Any, rows: int,
    tokens: Any, words: Any, shingles: Any, normalised: Any, masked: Any, content: Any,
    keys: Any, minhash: Any, sets: Any, set_ends: Any,
) -> int:  # fmt: skip
    """Fills the arrays of `Signed`; returns how many values of `sets` are used."""
    room = _longest(offsets, starts) // 2 + len(offsets) + 1
    hashes, begins, ends = np.empty(room, np.uint64), np.empty(room, np.int64), np.empty(room, np.int64)
    answers = np.empty(room, np.uint32)
    work = np.empty(room, np.uint64), np.empty(room, np.int64)
    found, spare = np.empty(room, np.uint32), np.empty(room, np.uint32)
    counters, state = np.empty(65537, np.int32), np.empty(STATE, np.uint64)
    values = np.empty(len(a), np.uint32)
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
