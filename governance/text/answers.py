"""Which near pairs ask about one text and are answered apart: a shared passage is not duplication.

Question sets put one long passage before many questions. Two such rows share most of their words, and yet each
teaches something of its own: another question, another answer. What tells is the shingles that end in an answer
(`shingles.ANSWERED`): they hold the answer, and, where it is short, the end of the question before it.

A pair is apart where both have such shingles and the Jaccard similarity of these alone is below `AGREE`. Of 883
FinQA rows, 553 pass 0.8 as a whole with a row that asks something else; none of them does so in its answer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import types

from governance.text.compiled import compiled
from governance.text.minhash import U32_READ
from governance.text.shingles import ANSWERED
from governance.text.templates import portions
from governance.text.tokens import I64_READ
from governance.text.verify import Edges, SetSource

AGREE = 0.5
"""Half of the words of an answer may be edited before the pair counts as answered apart."""

_B1 = types.Array(types.boolean, 1, "C")


def answered_apart(edges: Edges, sizes: npt.NDArray[np.int32], source: SetSource) -> npt.NDArray[np.bool_]:
    """(edges,) true where the answers of the two do not agree; false where one of them has none."""
    found = np.zeros(len(edges), np.bool_)
    every = np.arange(len(edges))
    for part in portions(every, sizes[edges.a] + sizes[edges.b]):
        documents = np.unique(np.concatenate([edges.a[part], edges.b[part]]))
        sets = source.load(documents)
        verdict = np.zeros(len(part), np.bool_)
        left, right = (np.searchsorted(documents, x[part]) for x in (edges.a, edges.b))
        _apart(left, right, sets.values, sets.starts, sets.ends, verdict)
        found[part] = verdict
    return found


@compiled(types.void, I64_READ, I64_READ, U32_READ, I64_READ, I64_READ, _B1)
def _apart(a: Any, b: Any, values: Any, starts: Any, ends: Any, verdict: Any) -> None:
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
        verdict[k] = left > 0 and right > 0 and common < AGREE * (left + right - common)
