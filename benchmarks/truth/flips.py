"""Flips: does an item turn back when the course is done without the five rows that a method names?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attribution.ledger.intervals import Floats
from attribution.testing.planted import Flip
from benchmarks.truth.course import Case
from benchmarks.truth.store import Store
from benchmarks.truth.truth import worths

NAMED = 5
LOSSES = 8
"""Items a seed that turned from right to wrong are tested at most, the first ones; of those that turned right, all."""


def named(case: Case, scores: Floats, item: int) -> list[int]:
    """The rows that pushed the item's margin the way it went, the strongest first."""
    column = case.items + item
    way = 1.0 if case.after[column] > case.before[column] else -1.0
    return np.argsort(-way * scores[:, case.lines.index(column)], kind="stable")[:NAMED].tolist()


def chosen(case: Case) -> list[int]:
    """Numbers of the flipped items that are tested."""
    right = case.after[case.items :] > 0
    gains, losses = ([n for n in case.flipped if right[n] == gain] for gain in (True, False))
    return gains + losses[:LOSSES]


@dataclass(frozen=True)
class Tested:
    """A flip, and what the ledger says of the rows that were left out.

    Attributes:
        claimed: nats that they brought the margin in the direction it went, by their contributions.
    """

    flip: Flip
    claimed: float


def tested(case: Case, store: Store, scores: Floats, contributions: Floats) -> list[Tested]:
    """Each item, and its margin after the course without the rows that the scores name."""
    items = chosen(case)
    rows = [named(case, scores, item) for item in items]
    found = []
    for item, left_out, worth in zip(items, rows, worths(case, store, rows) if rows else (), strict=True):
        column = case.items + item
        flip = Flip(float(case.before[column]), float(case.after[column]), float(worth[column]))
        brought = contributions[left_out, case.lines.index(column)].sum()
        found.append(Tested(flip, float(brought if flip.after > flip.before else -brought)))
    return found
