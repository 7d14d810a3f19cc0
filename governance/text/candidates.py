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

import numpy as np
import numpy.typing as npt

from governance.text.kernels.limits import (
    CROWDED,
    CROWDED_BUCKETS,
    FLUSH,
    HUBS,
    LARGEST,
    LEFT_OUT,
    NEXT,
    TOLD,
    WINDOW,
)
from governance.text.native import Kernel

_walk = Kernel("walking.walk")


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
    told = np.zeros(TOLD, np.int64)
    work = np.empty((2, len(keys)), np.int64), np.empty(len(keys), np.uint64)
    filled = 0
    for band in range(keys.shape[1]):
        order = np.sort(
            (keys[:, band].astype(np.uint64) << np.uint64(32)) | np.arange(len(keys), dtype=np.uint64)
        )
        told[NEXT] = 0
        while told[NEXT] < len(order):
            filled = _walk(
                order, keys, band, sizes, family, fresh, threshold, left, right, filled, told, *work
            )
            if filled >= FLUSH:
                yield left[:filled], right[:filled]
                walked.pairs += filled
                filled = 0
    if filled:
        yield left[:filled], right[:filled]
    walked.pairs += filled
    walked.crowded, walked.largest = int(told[CROWDED_BUCKETS]), int(told[LARGEST])
    walked.left_out = int(told[LEFT_OUT])
