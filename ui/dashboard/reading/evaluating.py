"""Which evaluations are held against each other, and how sure their difference is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from governance.lake.browsing import evaluations
from governance.lake.browsing.evaluations import EvaluationLine, Pair
from ui.dashboard.reading.visit import Visit

if TYPE_CHECKING:
    from governance.lake import Lake
    from training.evaluation.comparison import Difference

Counts = Sequence[tuple[float, float, int]]


@dataclass(frozen=True)
class SuitePair:
    """One suite, as the base and as the head did it; either may be missing."""

    suite: str
    base: EvaluationLine | None
    head: EvaluationLine | None

    @property
    def scorers(self) -> tuple[str, ...]:
        """The scorers by which it can be judged."""
        sides = [line.scorers for line in (self.base, self.head) if line]
        return tuple(name for name in evaluations.SCORERS if all(name in side for side in sides))

    def by(self, scorer: str) -> Pair | None:
        """The pair by that scorer, or by the first that both have; None where there is nothing to compare."""
        known = self.scorers
        if self.head is None or not known:
            return None
        return Pair(self.base.id if self.base else "", self.head.id, scorer if scorer in known else known[0])


@dataclass(frozen=True)
class Chosen:
    """What is held against what.

    Attributes:
        states: one evaluation for each state of a model, the latest first.
        missing: evaluations that the address names and the lake does not have.
    """

    states: tuple[EvaluationLine, ...] = ()
    base: EvaluationLine | None = None
    head: EvaluationLine | None = None
    pairs: tuple[SuitePair, ...] = ()
    missing: tuple[str, ...] = ()

    def of(self, suite: str) -> SuitePair | None:
        """The pair of a suite; of the head's own where none is named."""
        own = suite or (self.head.suite if self.head else "")
        return next((p for p in self.pairs if p.suite == own), None)


def state_of(line: EvaluationLine) -> tuple[str, str, int | None]:
    """What tells one state of a model from another: the hash of its files, or its name where that is not known."""
    return (
        line.model_hash or line.model,
        "" if line.model_hash else line.run,
        None if line.model_hash else line.step,
    )


def choose(
    lines: Sequence[EvaluationLine], before: Callable[[str], str], base: str = "", head: str = ""
) -> Chosen:
    """The pair that is asked for; where none is, the latest state against the one that it was trained from.

    Args:
        lines: latest first.
        before: run -> hash of the model that it started from, or empty.
    """
    known = {line.id: line for line in lines}
    missing = tuple(ident for ident in (base, head) if ident and ident not in known)
    later = known.get(head) or (lines[0] if lines else None)
    if later is None:
        return Chosen(missing=missing)
    earlier = known.get(base) or _base_of(lines, later, before(later.run))
    states = {state_of(line): line for line in reversed(lines)}
    pairs = [_pair(lines, suite, earlier, later) for suite in sorted({line.suite for line in lines})]
    ordered = tuple(line for line in lines if states[state_of(line)] is line)
    return Chosen(ordered, earlier, later, tuple(p for p in pairs if p.head), missing)


def _base_of(lines: Sequence[EvaluationLine], head: EvaluationLine, start: str) -> EvaluationLine | None:
    """The model that the head was trained from, else the state that was last measured before it, on the same suite."""
    others = [
        line
        for line in lines
        if line.suite == head.suite
        and state_of(line) != state_of(head)
        and set(line.scorers) & set(head.scorers)
    ]
    origin = [line for line in others if start and line.model_hash == start]
    return next(iter([*origin, *(line for line in others if line.started <= head.started)]), None)


def _pair(
    lines: Sequence[EvaluationLine], suite: str, base: EvaluationLine | None, head: EvaluationLine
) -> SuitePair:
    later = _latest(lines, suite, head)
    return SuitePair(suite, _latest(lines, suite, base) if base else None, later)


def _latest(lines: Sequence[EvaluationLine], suite: str, like: EvaluationLine) -> EvaluationLine | None:
    """The evaluation of that suite by the same state of the model: the very one, or the latest."""
    if like.suite == suite:
        return like
    return next((line for line in lines if line.suite == suite and state_of(line) == state_of(like)), None)


def chosen(visit: Visit, base: str = "", head: str = "") -> Chosen:
    """The same, of the lake."""
    lines = evaluations.recent_evaluations(visit.lake)
    return choose(lines, lambda run: evaluations.model_before(visit.lake, run), base, head)


def compared(visit: Visit, pair: SuitePair, scorer: str) -> Difference | None:
    """How the head stands against the base, or itself where there is no base; None without a common score."""
    return _compared(visit.lake, visit.desk.lake, pair, pair.by(scorer))


@st.cache_data(show_spinner=False, max_entries=512)
def _compared(_lake: Lake, location: str, pair: SuitePair, by: Pair | None) -> Difference | None:
    del location, pair  # parts of the key: an evaluation that goes on has other scores
    counts = evaluations.score_pairs(_lake, by) if by else []
    return difference_of("", counts) if counts else None


def by_group(visit: Visit, pair: SuitePair, scorer: str, field: str, most: int) -> list[Difference]:
    """The difference of each subject or label, those with most items first."""
    by = pair.by(scorer)
    return _by_group(visit.lake, visit.desk.lake, pair, by, field, most) if by and by.base else []


@st.cache_data(show_spinner=False, max_entries=256)
def _by_group(
    _lake: Lake, location: str, pair: SuitePair, by: Pair, field: str, most: int
) -> list[Difference]:
    del location, pair
    return [
        difference_of(name, counts)
        for name, counts in evaluations.score_groups(_lake, by, field, most).items()
    ]


def difference_of(name: str, counts: Counts) -> Difference:
    """The difference of scores of which is known how often each pair occurs."""
    from training.evaluation.comparison import difference

    times = [n for _, _, n in counts]
    before, after = (np.repeat([c[side] for c in counts], times) for side in (0, 1))
    return difference(name, before, after)
