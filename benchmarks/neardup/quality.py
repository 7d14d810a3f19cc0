"""Recall and precision of reported groups against the pairs that are truly near."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

Numbers = npt.NDArray[np.int64]
NEAR = 0.8
WORD = re.compile(r"[\u3005-\u3007\u3040-\u30ff\u3400-\u9fff]|[^\W\u3005-\u3007\u3040-\u30ff\u3400-\u9fff]+")


@dataclass(frozen=True)
class Quality:
    """How good a result is.

    Attributes:
        recall: share of the true pairs that are in one group, or reported as a pair.
        precision: share of the documents in groups of several that truly have a near one in their group.
        pairs: share of the reported pairs that are near by `jaccard`, or NaN for a tool that reports groups only.
        drifted: documents whose similarity with the representative of their group is below the threshold, by
            `jaccard`; -1 for a tool without representatives.
        largest: documents in the largest group.
    """

    recall: float
    precision: float
    pairs: float
    drifted: int
    largest: int


def quality(result: Path, corpus: Path) -> Quality:
    """The quality of a result written by a runner; the truth lies beside the corpus.

    The truth was computed before this project, by a tokeniser that takes a few signs (the pilcrow, the times sign)
    for letters, so a handful of pairs near the threshold are counted for or against every tool alike.
    """
    found = np.load(result)
    truth = pq.read_table(corpus.with_name(f"{corpus.stem}_truth.parquet"))
    a, b, similarity = (truth.column(name).to_numpy() for name in ("a", "b", "J"))
    groups = found["groups"]
    near = similarity >= NEAR
    together = groups[a] == groups[b]
    seen, pairs, drifted = together, float("nan"), -1
    if "family" in found:
        stands = found["stands"]
        listed = np.isin(_keys(stands[a], stands[b]), _keys(found["a"], found["b"])) | (
            stands[a] == stands[b]
        )
        seen = together | (found["family"][a] == found["family"][b]) | listed
        texts = pq.read_table(corpus, columns=["text"]).column("text")
        removed = np.flatnonzero(groups != np.arange(len(groups)))
        pairs = float(np.mean(_similarities(texts, found["a"], found["b"]) >= NEAR))
        drifted = int((_similarities(texts, removed, groups[removed], equal=1.0) < NEAR).sum())
    ok = np.zeros(len(groups), np.bool_)
    ok[a[near & together]] = ok[b[near & together]] = True
    _, of, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    several = sizes[of] > 1
    precision = float(ok[several].mean()) if several.any() else float("nan")
    return Quality(float(seen[near].mean()), precision, pairs, drifted, int(sizes.max()))


def _similarities(
    texts: pa.ChunkedArray, a: Numbers, b: Numbers, equal: float = 0.0
) -> npt.NDArray[np.float64]:
    """Similarity of each pair of texts; `equal` is said of texts with the same words and no 5-gram."""
    return np.array(
        [jaccard(texts[int(x)].as_py(), texts[int(y)].as_py(), equal) for x, y in zip(a, b, strict=True)]
    )


def jaccard(left: str, right: str, equal: float = 0.0) -> float:
    """Jaccard similarity of lower-cased word 5-grams, each Chinese character a word, stated as plainly as can be."""
    first, second = WORD.findall(left.lower()), WORD.findall(right.lower())
    one, other = ({tuple(w[i : i + 5]) for i in range(len(w) - 4)} for w in (first, second))
    if not one or not other:
        return equal if first == second else 0.0
    return len(one & other) / len(one | other)


def _keys(a: Numbers, b: Numbers) -> Numbers:
    """One number for each unordered pair."""
    return np.minimum(a, b).astype(np.int64) << 32 | np.maximum(a, b).astype(np.int64)
