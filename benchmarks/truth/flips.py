"""Flips: does an item turn back when the course is done without the five rows that a method names?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from attribution.ledger.intervals import Floats
from attribution.testing.planted import Flip
from benchmarks.truth.course import Case
from benchmarks.truth.store import Store
from benchmarks.truth.truth import worths

NAMED = 5


def flipped(case: Case) -> list[int]:
    """Numbers of the items whose margin crossed zero."""
    before, after = case.before[case.items :], case.after[case.items :]
    return np.flatnonzero((before > 0) != (after > 0)).tolist()


def named(case: Case, scores: Floats, item: int) -> list[int]:
    """The rows that pushed the item's margin the way it went, the strongest first."""
    column = case.items + item
    way = 1.0 if case.after[column] > case.before[column] else -1.0
    return np.argsort(-way * scores[:, column], kind="stable")[:NAMED].tolist()


def tested(case: Case, store: Store, scores: Floats, items: Sequence[int]) -> list[Flip]:
    """Each of these items, and its margin after the course without the rows that the scores name."""
    columns = [case.items + item for item in items]
    without = worths(case, store, [named(case, scores, item) for item in items]) if items else []
    return [
        Flip(float(case.before[column]), float(case.after[column]), float(worth[column]))
        for column, worth in zip(columns, without, strict=True)
    ]
