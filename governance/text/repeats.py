"""How much of one text repeats, over the hashes of its tokens; called by other kernels.

Each function fills an open table of its own: `keys` and a second array of a power of two, at least twice as many
places as tokens; `mask` is that power less one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

BASE = np.uint64(0x9E3779B97F4A7C15)
"""Of the polynomial that an n-gram's hash is, modulo 2^64 (Karp and Rabin 1987)."""
SPREAD = np.uint64(0xD6E8FEB86659FD93)


@njit
def _power(n: int) -> Any:
    power = np.uint64(1)
    for _ in range(n):
        power *= BASE
    return power


@njit
def repeats(
    hashes: Any, sums: Any, count: int, n: int, keys: Any, last: Any, mask: Any,
    loop_tokens: int, loop_times: int, loop: Any,
) -> int:  # fmt: skip
    """Bytes of the tokens in n-grams that stood before; the longest loop goes to (first token, end, period).

    A stretch of repeats at one distance d is a text of period d.
    """
    keys[: mask + np.uint64(1)] = 0
    power = _power(n)
    state = np.uint64(0)
    covered = repeated = 0
    run = distance = best = 0
    for i in range(count):
        state = state * BASE + hashes[i]
        if i >= n:
            state -= hashes[i - n] * power
        if i < n - 1:
            continue
        first = i - n + 1
        key = state | np.uint64(1)
        at = (key * SPREAD >> np.uint64(20)) & mask
        while keys[at] != 0 and keys[at] != key:
            at = (at + np.uint64(1)) & mask
        if keys[at] == 0:
            keys[at] = key
            run = 0
        else:
            repeated += sums[i + 1] - sums[max(covered, first)]
            covered = i + 1
            here = first - last[at]
            run = run + 1 if here == distance else 1
            distance = here
            length = distance + run + n - 1
            if length > best and length >= loop_tokens and length >= loop_times * distance:
                best = length
                loop[0], loop[1], loop[2] = i + 1 - length, i + 1, distance
        last[at] = first
    return repeated


@njit
def most_frequent(hashes: Any, sums: Any, count: int, n: int, keys: Any, times: Any, mask: Any) -> int:
    """Bytes that the most frequent n-gram takes, counted at its last place; overlaps count once each."""
    keys[: mask + np.uint64(1)] = 0
    power = _power(n)
    state = np.uint64(0)
    most = 0
    for i in range(count):
        state = state * BASE + hashes[i]
        if i >= n:
            state -= hashes[i - n] * power
        if i < n - 1:
            continue
        key = state | np.uint64(1)
        at = (key * SPREAD >> np.uint64(20)) & mask
        while keys[at] != 0 and keys[at] != key:
            at = (at + np.uint64(1)) & mask
        times[at] = times[at] + 1 if keys[at] == key else 1
        keys[at] = key
        if times[at] > 1:
            most = max(most, (sums[i + 1] - sums[i - n + 1]) * times[at])
    return most


@njit
def repeated_lines(data: Any, hashes: Any, starts: Any, ends: Any, count: int, keys: Any, mask: Any) -> int:
    """Bytes of the tokens in lines that stood before; lines of fewer than three tokens are no repeats."""
    keys[: mask + np.uint64(1)] = 0
    repeated = 0
    i = 0
    while i < count:
        state = np.uint64(0)
        size = tokens = 0
        ended = False
        while i < count and not ended:
            state = state * BASE + hashes[i]
            size += ends[i] - starts[i]
            tokens += 1
            stop = starts[i + 1] if i + 1 < count else ends[i]
            for at in range(ends[i], stop):
                ended = ended or data[at] == 10
            i += 1
        key = state | np.uint64(1)
        at_key = (key * SPREAD >> np.uint64(20)) & mask
        while keys[at_key] != 0 and keys[at_key] != key:
            at_key = (at_key + np.uint64(1)) & mask
        if keys[at_key] == key and tokens >= 3:
            repeated += size
        keys[at_key] = key
    return repeated
