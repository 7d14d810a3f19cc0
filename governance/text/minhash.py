"""MinHash signatures of a batch of documents, straight from Arrow's buffers.

The permutations are those of `datasketch.MinHash(num_perm=128, seed=1)`: x -> a * fmix32(x) + b modulo 2**32, with a
odd. A document's band key is a hash of a few consecutive values; documents that share a key are compared.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cache
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt

from governance.text.kernels.limits import COUNTERS, max_tokens
from governance.text.native import Kernel
from governance.text.signatures import PERMUTATIONS, SEED

_MISSED = 2e-4

_sign = Kernel("signing.sign")
keys_of = Kernel("signing.keys_of")
content_of = Kernel("signing.content_of")


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
    """(a, b) of the 128 permutations, drawn as datasketch draws them: `RandomState(SEED).randint` below 2**31, 2**32.

    numpy's generator is a Mersenne twister like Python's own, but takes 10 ms to be imported.
    """
    state = [SEED]
    for i in range(1, 624):
        state.append(1812433253 * (state[-1] ^ state[-1] >> 30) + i & 0xFFFFFFFF)
    generator = Random()  # noqa: S311  nothing secret is drawn
    generator.setstate((3, (*state, 624), None))
    drawn = np.array([generator.getrandbits(32) for _ in range(2 * PERMUTATIONS)], np.uint32)
    return drawn[:PERMUTATIONS] * np.uint32(2) + np.uint32(1), drawn[PERMUTATIONS:]


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
    results = (getattr(out, field.name) for field in fields(Signed))
    used = _sign(*inputs, *permutations(), rows, *results, *_workspace(offsets, starts))
    return replace(out, sets=out.sets[:used])


def _workspace(offsets: npt.NDArray[np.int64], starts: npt.NDArray[np.int64]) -> tuple[npt.NDArray[Any], ...]:
    """Arrays for the kernel to work in, which the tokens of the longest document fit into."""
    longest = int(np.diff(offsets[starts]).max(initial=0))
    room = max(max_tokens(longest) + len(offsets), PERMUTATIONS)  # each turn may end in a token of its own
    shapes = ((3, np.uint64), (3, np.int64), (4, np.uint32))
    return *(np.empty((rows, room), kind) for rows, kind in shapes), np.empty(COUNTERS, np.int32)
