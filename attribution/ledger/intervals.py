"""Intervals: how far a number would move if other items, subsets or cases had been drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

DRAWS = 2_000
LEVEL = 0.95
Floats = npt.NDArray[np.float64]
Interval = tuple[float, float]


def bootstrap_sums(values: Floats, draws: int = DRAWS, seed: int = 0) -> tuple[Floats, Floats] | None:
    """95 % percentile intervals of the row sums of (G, M) values when their M columns are drawn anew.

    All rows see the same draws, so differences between rows keep their sign where they are certain. None with fewer
    than two columns, of which nothing can be drawn.
    """
    columns = values.shape[1]
    if columns < 2:
        return None
    counts = np.random.default_rng(seed).multinomial(columns, np.full(columns, 1 / columns), draws)
    sums = values @ counts.T.astype(np.float64)  # (G, draws)
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(sums, [tail, 100 - tail], axis=1)
    return low, high


def bootstrap(
    count: int, statistic: Callable[[npt.NDArray[np.int64]], float], draws: int = DRAWS, seed: int = 0
) -> Interval | None:
    """95 % percentile interval of a statistic of `count` cases; it is told which cases were drawn.

    Draws for which it is not a number are left out; None where fewer than half of them are left.
    """
    random = np.random.default_rng(seed)
    found = np.array([statistic(random.integers(0, count, count)) for _ in range(draws)] if count > 1 else [])
    found = found[np.isfinite(found)] if len(found) else found
    if len(found) < draws / 2:
        return None
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(found, [tail, 100 - tail])
    return float(low), float(high)


def wilson(hits: int, cases: int, z: float = 1.959964) -> Interval | None:
    """Wilson's 95 % interval of a share (J. Am. Stat. Assoc. 22, 1927); None without cases."""
    if not cases:
        return None
    share, square = hits / cases, z * z
    middle = (share + square / (2 * cases)) / (1 + square / cases)
    half = z * math.sqrt(share * (1 - share) / cases + square / (4 * cases * cases)) / (1 + square / cases)
    return max(0.0, middle - half), min(1.0, middle + half)


def ranks(values: Sequence[float] | Floats) -> Floats:
    """(n,) ranks from 1, ties sharing the mean of theirs."""
    array = np.asarray(values, np.float64)
    order = np.argsort(array, kind="stable")
    first = np.flatnonzero(np.r_[True, array[order][1:] != array[order][:-1]])
    counts = np.diff(np.r_[first, len(array)])
    shared = first + (counts + 1) / 2
    found = np.empty(len(array))
    found[order] = np.repeat(shared, counts)
    return found
