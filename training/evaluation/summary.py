"""What an evaluation comes to: a mean with an interval for each scorer, by subject and as a whole."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from governance.evaluations import ItemResult, ItemState

Z95 = 1.959963984540054
SCORERS: dict[str, Callable[[ItemResult], float | None]] = {
    "official": attrgetter("official"),
    "strict": attrgetter("strict"),
    "choice": attrgetter("choice_score"),
}
"""`choice` is the likeliest option's; the others score what was generated."""


def _subject(result: ItemResult) -> str:
    return result.subject or ""


def _task(result: ItemResult) -> str:
    """Finova's file: one of its tasks has several subjects."""
    return result.item.rpartition("/")[0]


MEANS: dict[str, Callable[[ItemResult], str]] = {"financeiq": _subject, "finova": _task}
"""Benchmarks whose figure is the unweighted mean over subjects or tasks, and which of them an item is of."""


@dataclass(frozen=True, slots=True)
class Score:
    """A mean over items.

    Attributes:
        mean: 0 to 1.
        low: lower end of the 95 % interval.
        items: scored items it is over.
    """

    mean: float
    low: float
    high: float
    items: int


@dataclass(frozen=True)
class Line:
    """One subject, or the whole: scores by scorer; a scorer without scores is not there."""

    name: str
    scores: Mapping[str, Score]
    items: int


@dataclass(frozen=True)
class Summary:
    """The figures of one evaluation.

    Attributes:
        whole: over all items.
        subjects: by subject or task, in order of their names; empty where there are none.
        headline: the figure the benchmark itself reports, by scorer, where it is a mean over subjects.
        finished: share of outputs that were not cut at the most tokens; None where nothing was generated.
    """

    whole: Line
    subjects: tuple[Line, ...]
    headline: Mapping[str, Score]
    finished: float | None


def summarise(benchmark: str, results: Sequence[ItemResult]) -> Summary:
    """The figures over scored items; the others are counted by the evaluation itself."""
    scored = [r for r in results if r.state is ItemState.SCORED]
    subject = MEANS.get(benchmark, _subject)
    groups: dict[str, list[ItemResult]] = {}
    for result in scored:
        groups.setdefault(subject(result), []).append(result)
    lines = tuple(_line(name, groups[name]) for name in sorted(groups))
    named = lines if any(line.name for line in lines) else ()
    said = [r for r in scored if r.output is not None]
    cut = sum(r.finish == "length" for r in said)
    return Summary(
        _line("all", scored),
        named,
        _headline(named) if benchmark in MEANS else {},
        1 - cut / len(said) if said else None,
    )


def wilson(mean: float, count: int) -> tuple[float, float]:
    """(low, high): Wilson's 95 % interval of a share, which stays within 0 and 1 and holds for few items too.

    For scores between 0 and 1 that are no shares it is wider than need be.
    """
    square = Z95**2 / count
    middle = (mean + square / 2) / (1 + square)
    half = Z95 / (1 + square) * math.sqrt(mean * (1 - mean) / count + square / (4 * count))
    return max(0.0, middle - half), min(1.0, middle + half)


def _line(name: str, results: Sequence[ItemResult]) -> Line:
    scores = {}
    for scorer, value in SCORERS.items():
        values = [v for r in results if (v := value(r)) is not None]
        if values:
            mean = math.fsum(values) / len(values)
            scores[scorer] = Score(mean, *wilson(mean, len(values)), len(values))
    return Line(name, scores, len(results))


def _headline(lines: Sequence[Line]) -> dict[str, Score]:
    """The unweighted mean over lines; its interval from the variances of theirs, which are independent."""
    found = {}
    for scorer in SCORERS:
        scores = [line.scores[scorer] for line in lines if scorer in line.scores]
        if scores:
            mean = math.fsum(s.mean for s in scores) / len(scores)
            half = math.sqrt(math.fsum(((s.high - s.low) / 2) ** 2 for s in scores)) / len(scores)
            items = sum(s.items for s in scores)
            found[scorer] = Score(mean, max(0.0, mean - half), min(1.0, mean + half), items)
    return found
