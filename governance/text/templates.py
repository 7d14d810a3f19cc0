"""Which near pairs merely share a template: a long common prompt around a short part of their own.

Two documents of Jaccard 0.85 may be an edited copy, or one instruction with two different inputs. The pair alone
cannot tell; the other documents near it can. In copies that were edited, everybody lacks other places of the common
text: what a pair shares, a third one lacks in part, about as much as it has text of its own. In a template the
shared text is the same for everybody: a third one has all of it, however much it has of its own.

For a pair (h, d), with the neighbours x of h:

    lacking = mean over x of |h & d - x| / |h & d|        own = mean over x of |x - h| / |x|

The pair shares a template where lacking <= `RATIO` * own. Independent edits give a ratio of 0.5 to 1, templates one
below 0.15 (chance agreement of a word next to the slot). At least `OTHERS` third documents are needed; with fewer
the pair is reported as near. Known limit: six or more copies of one document, each with another text appended and
no other change, are reported as a template too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit, types

from governance.text.clusters import neighbours
from governance.text.compiled import compiled
from governance.text.minhash import U32_READ
from governance.text.tokens import I64_READ
from governance.text.verify import MEMORY, Edges, Indices, SetSource

OTHERS = 4
SAMPLE = 16
RATIO = 0.25

_B1 = types.Array(types.boolean, 1, "C")


def template_edges(
    n: int, edges: Edges, sizes: npt.NDArray[np.int32], source: SetSource
) -> npt.NDArray[np.bool_]:
    """(edges,) true where a pair shares a template only; `n` documents, in an order that rows do not decide."""
    found = np.zeros(len(edges), np.bool_)
    starts, others, _ = neighbours(n, edges)
    degree = np.diff(starts)
    swapped = degree[edges.b] > degree[edges.a]
    hub, end = np.where(swapped, edges.b, edges.a), np.where(swapped, edges.a, edges.b)
    judged = np.flatnonzero(degree[hub] > OTHERS)
    judged = judged[np.argsort(hub[judged], kind="stable")]
    for part in portions(judged, sizes[end[judged]]):
        hubs = np.unique(hub[part])
        sample = np.concatenate([_sampled(others[starts[h] : starts[h + 1]]) for h in hubs])
        sample_starts = np.concatenate([[0], np.cumsum(np.minimum(degree[hubs], SAMPLE))]).astype(np.int64)
        documents = np.unique(np.concatenate([hubs, sample, end[part]]))
        sets = source.load(documents)
        verdict = np.zeros(len(part), np.bool_)
        _judge(
            np.searchsorted(hubs, hub[part]),
            *(np.searchsorted(documents, x) for x in (end[part], hubs, sample)),
            sample_starts,
            sets.values,
            sets.starts,
            sets.ends,
            verdict,
        )
        found[part] = verdict
    return found


def _sampled(others: Indices) -> Indices:
    """At most `SAMPLE` of a hub's neighbours, evenly spaced."""
    if len(others) <= SAMPLE:
        return others
    return others[np.arange(SAMPLE) * len(others) // SAMPLE]


def portions(judged: Indices, sizes: npt.NDArray[np.int32]) -> Iterator[Indices]:
    """The edges, cut so that the sets of a portion stay within memory."""
    block = np.cumsum(sizes.astype(np.int64) * 4) // (MEMORY // 2)
    if len(judged):
        yield from np.split(judged, np.flatnonzero(np.diff(block)) + 1)


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


@compiled(types.void, *[I64_READ] * 5, U32_READ, I64_READ, I64_READ, _B1)
def _judge(
    hub_of: Any, ends_of: Any, hubs: Any, sample: Any, sample_starts: Any,
    values: Any, starts: Any, stops: Any, verdict: Any,
) -> None:  # fmt: skip
    """Judges edges that are grouped by hub; everything is numbered by the sets that were loaded."""
    current = -1
    marks = np.zeros(1, np.uint32)
    own = np.zeros(SAMPLE)
    for k in range(len(hub_of)):
        hub, end = hubs[hub_of[k]], ends_of[k]
        first, last = sample_starts[hub_of[k]], sample_starts[hub_of[k] + 1]
        size = stops[hub] - starts[hub]
        if hub != current:
            current = hub
            marks = np.zeros(size, np.uint32)
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
        bit = np.uint32(1 << SAMPLE)
        common = _mark(values, starts[hub], stops[hub], starts[end], stops[end], bit, marks)
        held = 0
        for i in range(size):
            if marks[i] & bit != 0:
                held += _bits(marks[i] & third)
                marks[i] &= bit - np.uint32(1)
        lacking = 1 - held / (common * thirds)
        verdict[k] = lacking <= RATIO * text / thirds
