"""What an evaluation comes to: a mean with an interval for each scorer, by subject and as a whole."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from governance.benchmarks.suite import letter_index
from governance.evaluations import ItemResult, ItemState
from training.scoring.statistics import Interval, accuracy


def _per_byte(result: ItemResult) -> float | None:
    """Whether the option that is likeliest per byte is the gold; None where that is the likeliest one anyway.

    Sums of log-likelihoods favour short options, which matters once texts and not letters are measured.
    """
    if result.choice_score is None or len(set(result.option_bytes)) < 2:
        return None
    each = [nats / size for nats, size in zip(result.option_logliks, result.option_bytes, strict=True)]
    return float(each.index(max(each)) == letter_index(result.gold, len(each)))


SCORERS: dict[str, Callable[[ItemResult], float | None]] = {
    "official": attrgetter("official"),
    "strict": attrgetter("strict"),
    "choice": attrgetter("choice_score"),
    "choice per byte": _per_byte,
}
"""`choice` is the likeliest option's; the first two score what was generated."""


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
        low: lower end of the 95 % interval: Wilson's, or put together from theirs for a mean over subjects.
        items: scored items it is over.
    """

    mean: float
    low: float
    high: float
    items: int

    @classmethod
    def of(cls, found: Interval) -> Score:
        """The interval as a score."""
        return cls(found.value, found.low, found.high, found.n)


@dataclass(frozen=True)
class Line:
    """One subject, or the whole: scores by scorer; a scorer without scores is not there.

    Attributes:
        gold: mean log-likelihood of the gold answer, nats; None where it was not measured.
    """

    name: str
    scores: Mapping[str, Score]
    items: int
    gold: float | None = None


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
    headline = _headline(named) if benchmark in MEANS else {}
    return Summary(_line("all", scored), named, headline, 1 - cut / len(said) if said else None)


def _line(name: str, results: Sequence[ItemResult]) -> Line:
    scores = {}
    for scorer, value in SCORERS.items():
        values = [v for r in results if (v := value(r)) is not None]
        if values:
            scores[scorer] = Score.of(accuracy(values))
    gold = [r.gold_loglik for r in results if r.gold_loglik is not None]
    return Line(name, scores, len(results), math.fsum(gold) / len(gold) if gold else None)


def _headline(lines: Sequence[Line]) -> dict[str, Score]:
    """The unweighted mean over subjects, by scorer.

    Its interval is put together from the subjects' own (MOVER, Zou and Donner 2008): where every subject is at 100 %
    it still has a width, as that of a bootstrap has not.
    """
    found = {}
    for scorer in SCORERS:
        scores = [line.scores[scorer] for line in lines if scorer in line.scores]
        if scores:
            mean = math.fsum(s.mean for s in scores) / len(scores)
            below = math.hypot(*(s.mean - s.low for s in scores)) / len(scores)
            above = math.hypot(*(s.high - s.mean for s in scores)) / len(scores)
            found[scorer] = Score(mean, mean - below, mean + above, sum(s.items for s in scores))
    return found
