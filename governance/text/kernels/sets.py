"""Kernels that compare shingle sets, which are ascending 32-bit hashes laid end to end."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types

from governance.text.compiled import compiled
from governance.text.kernels.kinds import B1, F64, I64_READ, U32, U32_READ
from governance.text.shingles import ANSWERED


@compiled(types.void, U32_READ, I64_READ, I64_READ, U32)
def copy(values: Any, offsets: Any, rows: Any, out: Any) -> None:
    """Writes the sets of some rows end to end."""
    at = 0
    for row in rows:
        size = offsets[row + 1] - offsets[row]
        for i in range(size):
            out[at + i] = values[offsets[row] + i]
        at += size


@njit(inline="always")
def _shared(values: Any, i: int, i_end: int, j: int, j_end: int, needed: int) -> Any:
    """How many values two ascending sets share, or some number below `needed` where it cannot be reached."""
    common = 0
    while i < i_end and j < j_end:
        stop = min(i_end - i, j_end - j, 32)  # look at the bound only now and then, to keep the loop straight
        for _ in range(stop):
            x, y = values[i], values[j]
            common += x == y
            i += x <= y
            j += y <= x
            if i == i_end or j == j_end:
                break
        if (i_end - i) + (j_end - j) < 2 * (needed - common):
            return 0
    return common


@compiled(types.void, I64_READ, I64_READ, U32_READ, I64_READ, I64_READ, types.float64, F64)
def jaccard(a: Any, b: Any, values: Any, starts: Any, ends: Any, threshold: float, out: Any) -> None:
    """Writes the Jaccard similarity of each pair; exact at or above the threshold, else some value below it."""
    for k in range(len(a)):
        i, i_end, j, j_end = starts[a[k]], ends[a[k]], starts[b[k]], ends[b[k]]
        total = (i_end - i) + (j_end - j)
        needed = np.int64(np.floor(threshold / (1 + threshold) * total - 1e-6))
        common = _shared(values, i, i_end, j, j_end, needed)
        out[k] = common / (total - common) if total > common else 0.0


@compiled(types.void, I64_READ, I64_READ, U32_READ, I64_READ, I64_READ, types.float64, B1)
def apart(a: Any, b: Any, values: Any, starts: Any, ends: Any, agree: float, verdict: Any) -> None:
    """Compares the answered values of each pair of ascending sets."""
    for k in range(len(a)):
        i, i_end, j, j_end = starts[a[k]], ends[a[k]], starts[b[k]], ends[b[k]]
        left = right = common = 0
        for at in range(i, i_end):
            left += values[at] & ANSWERED
        for at in range(j, j_end):
            right += values[at] & ANSWERED
        while i < i_end and j < j_end:
            x, y = values[i], values[j]
            common += (x == y) & (x & ANSWERED)
            i += x <= y
            j += y <= x
        verdict[k] = left > 0 and right > 0 and common < agree * (left + right - common)


@njit
def _mark(values: Any, i: int, i_end: int, j: int, j_end: int, bit: Any, marks: Any) -> int:
    """Sets `bit` in marks[k] for the k-th value of the first set where the second has it too; how many."""
    first = i
    common = 0
    while i < i_end and j < j_end:
        x, y = values[i], values[j]
        if x == y:
            marks[i - first] |= bit
            common += 1
        i += x <= y
        j += y <= x
    return common


@njit
def _bits(word: Any) -> int:
    count = 0
    while word != 0:
        word &= word - np.uint32(1)
        count += 1
    return count


@compiled(types.void, *[I64_READ] * 5, U32_READ, I64_READ, I64_READ, types.float64, U32, F64, B1)
def judge(
    hub_of: Any, ends_of: Any, hubs: Any, sample: Any, sample_starts: Any,
    values: Any, starts: Any, stops: Any, ratio: float, marks: Any, own: Any, verdict: Any,
) -> None:  # fmt: skip
    """Judges edges that are grouped by hub; everything is numbered by the sets that were loaded.

    To work in: `marks` with room for the largest hub, `own` for the neighbours it is judged by.
    """
    current = -1
    for k in range(len(hub_of)):
        hub, end = hubs[hub_of[k]], ends_of[k]
        first, last = sample_starts[hub_of[k]], sample_starts[hub_of[k] + 1]
        size = stops[hub] - starts[hub]
        if hub != current:
            current = hub
            marks[:size] = np.uint32(0)
            for x in range(first, last):
                other = sample[x]
                common = _mark(
                    values,
                    starts[hub],
                    stops[hub],
                    starts[other],
                    stops[other],
                    np.uint32(1 << (x - first)),
                    marks,
                )
                own[x - first] = 1 - common / (stops[other] - starts[other])
        third = np.uint32(0)
        text = 0.0
        for x in range(first, last):
            if sample[x] != end:
                third |= np.uint32(1 << (x - first))
                text += own[x - first]
        thirds = _bits(third)
        bit = np.uint32(1 << len(own))
        common = _mark(values, starts[hub], stops[hub], starts[end], stops[end], bit, marks)
        held = 0
        for i in range(size):
            if marks[i] & bit != 0:
                held += _bits(marks[i] & third)
                marks[i] &= bit - np.uint32(1)
        lacking = 1 - held / (common * thirds)
        verdict[k] = lacking <= ratio * text / thirds
