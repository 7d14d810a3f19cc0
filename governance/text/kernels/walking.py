"""The kernel that pairs documents of one bucket; see `candidates.py` for the rules it follows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types

from governance.text.compiled import compiled
from governance.text.kernels.kinds import B1_READ, I32_READ, I64, I64_2, I64_READ, U32, U32_2, U64, U64_READ
from governance.text.kernels.limits import (
    CROWDED,
    CROWDED_BUCKETS,
    FLUSH,
    HUBS,
    LARGEST,
    LEFT_OUT,
    NEXT,
    WINDOW,
)
from governance.text.sorting import heap_sort


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
    threshold: float, left: Any, right: Any, filled: int, following: Any,
) -> int:  # fmt: skip
    """Adds each member's pairs with the hubs and with its neighbours by the next band; members ascend."""
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
def _by_family(members: Any, count: int, family: Any, names: Any) -> None:
    """Groups the members of a bucket by family; order within a family and of families does not matter."""
    for i in range(count):
        names[i] = family[members[i]]
    heap_sort(names, members, count)


_BUCKETS = (U64_READ, U32_2, types.int64, I32_READ, I64_READ, B1_READ, types.float64)
_PAIRS = (U32, U32, types.int64, I64)
_WORK = (I64_2, U64)


@compiled(types.int64, *_BUCKETS, *_PAIRS, *_WORK)
def walk(
    order: Any, keys: Any, band: int, sizes: Any, family: Any, fresh: Any, threshold: float,
    left: Any, right: Any, filled: int, told: Any, work: Any, following: Any,
) -> int:  # fmt: skip
    """Adds the pairs of one band's buckets until the portion is full; the new number of pairs.

    To work in: `work` has 2 rows, it and `following` have room for all documents.
    """
    n = len(order)
    at = told[NEXT]
    members, names = work[0], work[1]
    while at < n and filled < FLUSH:
        end = at + 1
        while end < n and order[end] >> np.uint64(32) == order[at] >> np.uint64(32):
            end += 1
        count = end - at
        if count == 1:
            at = end
            continue
        for i in range(count):
            members[i] = np.int64(order[at + i] & np.uint64(0xFFFFFFFF))
        for i in range(count):
            if family[members[i]] >= 0:
                _by_family(members, count, family, names)
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
                members, count, keys, band, sizes, family, fresh, threshold, left, right, filled, following
            )
            told[CROWDED_BUCKETS] += 1
            told[LARGEST] = max(told[LARGEST], count)
            told[LEFT_OUT] += pairs - (filled - before)
            for i in range(count):  # pairs that were left out may still meet in a later band
                keys[members[i], band] = np.uint32(members[i])
        at = end
    told[NEXT] = at
    return filled
