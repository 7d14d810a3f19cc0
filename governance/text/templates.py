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

import numpy as np
import numpy.typing as npt

from governance.text.clusters import neighbours
from governance.text.kernels.limits import SAMPLE
from governance.text.native import Kernel
from governance.text.verify import MEMORY, Edges, Indices, SetSource, distinct

OTHERS = 4
RATIO = 0.25

_judge = Kernel("sets.judge")


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
        hubs = distinct(hub[part])
        sample = np.concatenate([_sampled(others[starts[h] : starts[h + 1]]) for h in hubs])
        sample_starts = np.concatenate([[0], np.cumsum(np.minimum(degree[hubs], SAMPLE))]).astype(np.int64)
        documents = distinct(np.concatenate([hubs, sample, end[part]]))
        sets = source.load(documents)
        verdict = np.zeros(len(part), np.bool_)
        marks = np.empty(int(sizes[hubs].max()), np.uint32)
        own = np.empty(SAMPLE)
        _judge(
            np.searchsorted(hubs, hub[part]),
            *(np.searchsorted(documents, x) for x in (end[part], hubs, sample)),
            sample_starts,
            sets.values,
            sets.starts,
            sets.ends,
            RATIO,
            marks,
            own,
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
