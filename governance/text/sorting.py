"""Sorting inside kernels: numba's own sorts take seconds to compile for each type they are used with."""

from __future__ import annotations

from typing import Any

from numba import njit


@njit
def insertion_sort(values: Any, count: int) -> Any:
    """Sorts values that are almost sorted; false where that took more than 16 moves a value, and was given up."""
    moves = 16 * count
    for i in range(1, count):
        value = values[i]
        j = i - 1
        while j >= 0 and values[j] > value:
            values[j + 1] = values[j]
            j -= 1
        values[j + 1] = value
        moves -= i - j
        if moves < 0:
            return False
    return True


@njit
def heap_sort(keys: Any, values: Any, count: int) -> None:
    """Sorts the first `count` keys ascending in place and moves the values along; values may be empty."""
    together = len(values) > 0
    for end in range(count // 2 - 1, -1, -1):
        _sift(keys, values, end, count, together)
    for end in range(count - 1, 0, -1):
        keys[0], keys[end] = keys[end], keys[0]
        if together:
            values[0], values[end] = values[end], values[0]
        _sift(keys, values, 0, end, together)


@njit
def _sift(keys: Any, values: Any, at: int, count: int, together: bool) -> None:
    while 2 * at + 1 < count:
        child = 2 * at + 1
        if child + 1 < count and keys[child + 1] > keys[child]:
            child += 1
        if keys[child] <= keys[at]:
            return
        keys[at], keys[child] = keys[child], keys[at]
        if together:
            values[at], values[child] = values[child], values[at]
        at = child
