"""Which rows say the same in other words: near by their vectors, and not told apart by what vectors do not see.

A vector is an average. It hardly moves when a number, a name or the one filled-in part of a prompt changes, so a pair
that is near enough also has to agree in the numbers of its questions, in most of its rare words, and in its answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from governance.embedding.gather import vectors_of
from governance.embedding.neighbours import pairs
from governance.embedding.rows import EmbeddingStore
from governance.rules.base import Partials
from governance.text.clusters import star
from governance.text.verify import Edges

ANSWER = 0.6
"""Least cosine of two answers; on FinQA and TAT-QA, answers to different questions about one passage stay below."""
WORDS = 0.5
"""Least dice of the questions' units, weighed by how rare they are: what is filled into a template is rare."""
ANSWER_NUMBERS = 0.5
"""Least dice of the numbers of two answers."""
BUCKETS = 1 << 20
PORTION = 20_000


@dataclass(frozen=True)
class Alike:
    """What became of n rows.

    Attributes:
        keeper: (n,) the row that stays in place of each; itself where it stays. score: (n,) cosine to it.
        stats: what was compared and turned away.
    """

    keeper: npt.NDArray[np.int64]
    score: npt.NDArray[np.float64]
    stats: Mapping[str, Any]


@dataclass(frozen=True)
class Rows:
    """The rows to compare, in the order of their sample ids: rows, ids and rank as in `resolve.Documents`."""

    rows: npt.NDArray[np.int64]
    ids: pa.FixedSizeBinaryArray
    rank: npt.NDArray[np.int64]


def alike(
    rows: Rows, partials: Partials, store: EmbeddingStore | None, dimension: int, threshold: float, exact: int
) -> Alike:
    """Rows that say the same, each with a row that stays and whose cosine reaches the threshold."""
    n = len(rows.rows)
    questions = vectors_of("question", rows.rows, rows.ids, partials, store, dimension)
    near = pairs(questions, threshold, exact)
    del questions
    keys = _number_keys(rows.rows, partials)
    numbers = keys[near.a] == keys[near.b]
    left, right, cosine = near.a[numbers], near.b[numbers], near.cosine[numbers]
    involved = np.unique(np.concatenate([left, right]))
    a, b = np.searchsorted(involved, left), np.searchsorted(involved, right)
    facts = _facts(rows.rows[involved], partials)
    rarity = _rarity(partials)
    ids = rows.ids.take(pa.array(involved))
    answers = vectors_of("answer", rows.rows[involved], ids, partials, store, dimension)
    words, replies = np.zeros(len(a), np.bool_), np.zeros(len(a), np.bool_)
    for k, (i, j) in enumerate(zip(a.tolist(), b.tolist(), strict=True)):  # few pairs come this far
        one, other = facts[i], facts[j]
        words[k] = _dice(one["units"], other["units"], rarity) >= WORDS
        replies[k] = one["answered"] == other["answered"] and _same_answers(
            one, other, answers[i], answers[j]
        )
    same = words & replies
    edges = Edges.of(left[same], right[same], cosine[same])
    keeper, score = star(n, rows.rank, edges)
    stats = near.said | {
        "pairs_near": len(near.a),
        "pairs_with_other_numbers": int((~numbers).sum()),
        "pairs_with_other_rare_words": int((~words).sum()),
        "pairs_with_other_answers": int((words & ~replies).sum()),
    }
    return Alike(keeper, score, stats)


def _number_keys(rows: npt.NDArray[np.int64], partials: Partials) -> npt.NDArray[np.uint64]:
    """(n,) what stands for the multiset of numbers of each question."""
    table = partials.read(["row", "number_key"])
    own = table.column("row").to_numpy()
    order = np.argsort(own)
    at = order[np.searchsorted(own, rows, sorter=order)]
    return np.asarray(table.column("number_key").to_numpy()[at], np.uint64)


def _facts(rows: npt.NDArray[np.int64], partials: Partials) -> list[dict[str, Any]]:
    """What is known of some rows (any order) besides their vectors."""
    order = np.argsort(rows)
    ascending = rows[order]
    found: list[dict[str, Any]] = [{} for _ in rows]
    for table in partials.tables(["row", "answer_numbers", "units", "answered"]):
        own = table.column("row").to_numpy()
        places = np.searchsorted(own, ascending)
        hit = np.flatnonzero((places < len(own)) & (own[np.minimum(places, len(own) - 1)] == ascending))
        if len(hit):
            for at, values in zip(hit.tolist(), table.take(pa.array(places[hit])).to_pylist(), strict=True):
                found[order[at]] = values
    return found


def _rarity(partials: Partials) -> npt.NDArray[np.float32]:
    """(BUCKETS,) weights of units by how few rows have them, hashed into buckets."""
    counts = np.zeros(BUCKETS, np.int64)
    total = 0
    for table in partials.tables(["units"]):
        values = table.column("units").combine_chunks()
        flat = (
            pa.concat_arrays([c.flatten() for c in values.chunks])
            if isinstance(values, pa.ChunkedArray)
            else values.flatten()
        )
        counts += np.bincount(flat.to_numpy() & np.uint32(BUCKETS - 1), minlength=BUCKETS)
        total += table.num_rows
    return np.log((total + 100) / (counts + 1)).astype(np.float32)


def _dice(left: list[int], right: list[int], rarity: npt.NDArray[np.float32]) -> float:
    a, b = np.array(left, np.uint32), np.array(right, np.uint32)
    mass = rarity[a & (BUCKETS - 1)].sum() + rarity[b & (BUCKETS - 1)].sum()
    common = np.intersect1d(a, b, assume_unique=True)
    return float(2 * rarity[common & (BUCKETS - 1)].sum() / mass) if mass > 0 else 0.0


def _same_answers(left: dict[str, Any], right: dict[str, Any], a: Any, b: Any) -> bool:
    """Whether two answers agree; two rows without one do."""
    if not left["answered"]:
        return True
    if float(a.astype(np.float32) @ b.astype(np.float32)) < ANSWER:
        return False
    mine, theirs = left["answer_numbers"], right["answer_numbers"]
    if not mine and not theirs:
        return True
    if mine and theirs and mine[-1] == theirs[-1]:
        return True
    common = sum((Counter(mine) & Counter(theirs)).values())
    return 2 * common / (len(mine) + len(theirs)) >= ANSWER_NUMBERS
