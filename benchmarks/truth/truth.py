"""Ground truth: the course done again on random halves of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from random import SystemRandom

import numpy as np
import numpy.typing as npt

from attribution.ledger.intervals import Floats
from benchmarks.truth.course import Case, Course
from benchmarks.truth.store import Store, rounded
from benchmarks.truth.together import AT_ONCE, retrained_together


def halves(rows: int, subsets: int, seed: int) -> npt.NDArray[np.bool_]:
    """(subsets, rows) whether a row is kept; half of them are. More subsets leave the first ones as they are."""
    random = np.random.default_rng([7, seed])
    masks = np.zeros((subsets, rows), np.bool_)
    for mask in masks:
        mask[random.permutation(rows)[: rows // 2]] = True
    return masks


def measured(case: Case, store: Store, subsets: int) -> Floats:
    """(subsets, 2M) what the items are worth after training on each half; more is better."""
    masks = halves(len(case.corpus.rows), subsets, case.course.seed)
    return worths(case, store, [np.flatnonzero(~mask).tolist() for mask in masks])


def worths(case: Case, store: Store, without: Sequence[Sequence[int]]) -> Floats:
    """(K, 2M) what the items are worth after the course without each of the sets of rows; no set is done twice."""
    course = case.course
    keys = {_key(course, rows): rows for rows in without}
    parts = -(-len(keys) // AT_ONCE)
    for part in SystemRandom().sample(range(parts), parts):  # another process may be at the same seed
        missing = [key for key in list(keys)[part * AT_ONCE : (part + 1) * AT_ONCE] if key not in store]
        if missing:
            found = retrained_together(case, [keys[key] for key in missing])
            for key, worth in zip(missing, found, strict=True):
                store.add(key, worth=rounded(worth))
    return np.asarray([store[_key(course, rows)]["worth"] for rows in without])


def _key(course: Course, rows: Sequence[int]) -> tuple[str, ...]:
    return "without", course.mode, str(course.seed), ",".join(map(str, sorted(rows)))
