"""Which near pairs ask about one text and are answered apart: a shared passage is not duplication.

Question sets put one long passage before many questions. Two such rows share most of their words, and yet each
teaches something of its own: another question, another answer. What tells is the shingles that end in an answer
(`shingles.ANSWERED`): they hold the answer, and, where it is short, the end of the question before it.

A pair is apart where both have such shingles and the Jaccard similarity of these alone is below `AGREE`. Of 883
FinQA rows, 553 pass 0.8 as a whole with a row that asks something else; none of them does so in its answer.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from governance.text.native import Kernel
from governance.text.templates import portions
from governance.text.verify import Edges, SetSource, distinct

AGREE = 0.5
"""Half of the words of an answer may be edited before the pair counts as answered apart."""

_apart = Kernel("sets.apart")


def answered_apart(edges: Edges, sizes: npt.NDArray[np.int32], source: SetSource) -> npt.NDArray[np.bool_]:
    """(edges,) true where the answers of the two do not agree; false where one of them has none."""
    found = np.zeros(len(edges), np.bool_)
    every = np.arange(len(edges))
    for part in portions(every, sizes[edges.a] + sizes[edges.b]):
        documents = distinct(np.concatenate([edges.a[part], edges.b[part]]))
        sets = source.load(documents)
        verdict = np.zeros(len(part), np.bool_)
        left, right = (np.searchsorted(documents, x[part]) for x in (edges.a, edges.b))
        _apart(left, right, sets.values, sets.starts, sets.ends, AGREE, verdict)
        found[part] = verdict
    return found
