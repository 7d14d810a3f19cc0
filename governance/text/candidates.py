"""Which documents are worth comparing: those that share the key of a band.

Every pair within a bucket is a candidate, not only each with the first: a leader alone loses 1 % of the pairs
(design notes, measured). A pair is named once, by the first band in which it meets, and only where the sizes of the
two sets allow the threshold.

A bucket with more than `CROWDED` pairs to compare is not walked in full. Each member is paired with the bucket's
first `HUBS` members and with the `WINDOW` that follow it when the bucket is ordered by the next band. Members of
such a bucket share a template; two of them that are near beyond the template also meet in buckets of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit, types

from governance.text.compiled import compiled
from governance.text.minhash import B1_READ, I32, I32_READ, U32, U32_2, U32_READ
from governance.text.sorting import heap_sort, insertion_sort
from governance.text.tokens import I64, I64_READ, U64, U64_READ

CROWDED = 1 << 18
HUBS, WINDOW = 8, 8
FLUSH = 1 << 22
"""Pairs that are handed over at once: 32 MB."""

AT_ONCE = 5

_NEXT, _CROWDED_BUCKETS, _LARGEST, _LEFT_OUT = range(4)


@dataclass
class Walked:
    """What the walk through the buckets met."""

    pairs: int = 0
    crowded: int = 0  # buckets that were not walked in full
    largest: int = 0  # members of the largest of them
    left_out: int = 0  # pairs in them that were not compared there


def candidate_pairs(
    keys: npt.NDArray[np.uint32],
    sizes: npt.NDArray[np.int32],
    family: npt.NDArray[np.int64],
    fresh: npt.NDArray[np.bool_],
    threshold: float,
    walked: Walked,
) -> Iterator[tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]]:
    """Pairs (a, b) with a < b that may reach the threshold, in portions that are overwritten by the next.

    Args:
        keys: (n, bands), is overwritten. The order of the rows decides who is first in a bucket.
        sizes: (n,) shingles in each set.
        family: (n,) members of one family are not paired, their wording tells already; below 0, a different
            number for each, where it is in none.
        fresh: (n,) at least one of a pair is fresh.
        walked: is filled in.
    """
    room = FLUSH + max(CROWDED, (HUBS + WINDOW) * len(keys))  # one bucket more than a portion
    left, right = np.empty(room, np.uint32), np.empty(room, np.uint32)
    told = np.zeros(4, np.int64)
    filled = 0
    for band in range(keys.shape[1]):
        order = np.sort(
            (keys[:, band].astype(np.uint64) << np.uint64(32)) | np.arange(len(keys), dtype=np.uint64)
        )
        told[_NEXT] = 0
        while told[_NEXT] < len(order):
            filled = _walk(order, keys, band, sizes, family, fresh, threshold, left, right, filled, told)
            if filled >= FLUSH:
                yield left[:filled], right[:filled]
                walked.pairs += filled
                filled = 0
    if filled:
        yield left[:filled], right[:filled]
    walked.pairs += filled
    walked.crowded, walked.largest = int(told[_CROWDED_BUCKETS]), int(told[_LARGEST])
    walked.left_out = int(told[_LEFT_OUT])


@compiled(types.boolean, U32_READ, types.int64, I32, U64)
def _sort_band(keys: Any, bits: int, counters: Any, out: Any) -> bool:
    """Writes key << 32 | document, ascending; false where a pile was too crowded and they are not yet sorted.

    Keys are spread evenly, so piles by their top bits are almost sorted: five times as fast as a general sort.
    """
    shift = np.uint32(32 - bits)
    for i in range(len(counters)):
        counters[i] = 0
    for i in range(len(keys)):
        counters[np.int64(keys[i] >> shift) + 1] += 1
    for i in range(1, len(counters)):
        counters[i] += counters[i - 1]
    for i in range(len(keys)):
        pile = np.int64(keys[i] >> shift)
        out[counters[pile]] = np.uint64(keys[i]) << np.uint64(32) | np.uint64(i)
        counters[pile] += 1
    return bool(insertion_sort(out, len(keys)))


@njit(inline="always")
def _met_before(keys: Any, a: int, b: int, band: int) -> Any:
    found = False
    for i in range(band):
        found |= keys[a, i] == keys[b, i]
    return found


@njit(inline="always")
def _fits(sizes: Any, a: int, b: int, threshold: float) -> Any:
    """Whether two sets of these sizes can reach the threshold."""
    return min(sizes[a], sizes[b]) >= threshold * max(sizes[a], sizes[b])


@njit
def _pairs_of(members: Any, count: int, family: Any, fresh: Any) -> int:
    """Pairs of different families with a fresh member; `members` are grouped by family."""
    old = in_family = old_in_family = pairs = 0
    for i in range(count):
        if i > 0 and family[members[i]] != family[members[i - 1]]:
            in_family = old_in_family = 0
        stale = not fresh[members[i]]
        pairs += (i - in_family) - stale * (old - old_in_family)
        in_family += 1
        old += stale
        old_in_family += stale
    return pairs


@njit
def _all_pairs(
    members: Any, count: int, keys: Any, band: int, sizes: Any, family: Any, fresh: Any,
    threshold: float, left: Any, right: Any, filled: int,
) -> int:  # fmt: skip
    """Adds every pair of a bucket whose members are grouped by family; the new number of pairs."""
    start = 0  # of the family of i
    for i in range(count):
        a = members[i]
        if family[a] != family[members[start]]:
            start = i
        for j in range(start):
            b = members[j]
            if not (fresh[a] or fresh[b]):
                continue
            if _fits(sizes, a, b, threshold) and not _met_before(keys, a, b, band):
                left[filled], right[filled] = min(a, b), max(a, b)
                filled += 1
    return filled


@njit
def _some_pairs(
    members: Any, count: int, keys: Any, band: int, sizes: Any, family: Any, fresh: Any,
    threshold: float, left: Any, right: Any, filled: int,
) -> int:  # fmt: skip
    """Adds each member's pairs with the hubs and with its neighbours by the next band; members ascend."""
    following = np.empty(count, np.uint64)
    other = (band + 1) % keys.shape[1]
    for i in range(count):
        following[i] = np.uint64(keys[members[i], other]) << np.uint64(32) | np.uint64(members[i])
    heap_sort(following, members[:0], count)
    for i in range(count):
        near = np.int64(following[i] & np.uint64(0xFFFFFFFF))
        for j in range(HUBS + WINDOW):
            if j < HUBS:
                a, b = members[min(j, i)], members[i]
            elif i + j - HUBS + 1 < count:
                a, b = near, np.int64(following[i + j - HUBS + 1] & np.uint64(0xFFFFFFFF))
            else:
                break
            if a != b and family[a] != family[b] and (fresh[a] or fresh[b]) and _fits(sizes, a, b, threshold):
                left[filled], right[filled] = min(a, b), max(a, b)
                filled += 1
    return filled


@njit
def _by_family(members: Any, count: int, family: Any) -> None:
    """Groups the members of a bucket by family; order within a family and of families does not matter."""
    names = np.empty(count, np.int64)
    for i in range(count):
        names[i] = family[members[i]]
    heap_sort(names, members, count)


_TAKES = (
    U64_READ,
    U32_2,
    types.int64,
    I32_READ,
    I64_READ,
    B1_READ,
    types.float64,
    U32,
    U32,
    types.int64,
    I64,
)


@compiled(types.int64, *_TAKES)
def _walk(
    order: Any, keys: Any, band: int, sizes: Any, family: Any, fresh: Any, threshold: float,
    left: Any, right: Any, filled: int, told: Any,
) -> int:  # fmt: skip
    """Adds the pairs of one band's buckets until the portion is full; the new number of pairs."""
    n = len(order)
    at = told[_NEXT]
    room = 16
    members = np.empty(room, np.int64)
    while at < n and filled < FLUSH:
        end = at + 1
        while end < n and order[end] >> np.uint64(32) == order[at] >> np.uint64(32):
            end += 1
        count = end - at
        if count == 1:
            at = end
            continue
        if count > room:
            room = 2 * count
            members = np.empty(room, np.int64)
        for i in range(count):
            members[i] = np.int64(order[at + i] & np.uint64(0xFFFFFFFF))
        for i in range(count):
            if family[members[i]] >= 0:
                _by_family(members, count, family)
                break
        pairs = _pairs_of(members, count, family, fresh)
        if pairs <= CROWDED:
            filled = _all_pairs(
                members, count, keys, band, sizes, family, fresh, threshold, left, right, filled
            )
        else:
            heap_sort(members, members[:0], count)
            before = filled
            filled = _some_pairs(
                members, count, keys, band, sizes, family, fresh, threshold, left, right, filled
            )
            told[_CROWDED_BUCKETS] += 1
            told[_LARGEST] = max(told[_LARGEST], count)
            told[_LEFT_OUT] += pairs - (filled - before)
            for i in range(count):  # pairs that were left out may still meet in a later band
                keys[members[i], band] = np.uint32(members[i])
        at = end
    told[_NEXT] = at
    return filled
