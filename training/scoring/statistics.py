"""How sure an accuracy is, and the difference of two: Wilson, paired bootstrap, exact McNemar, macro means.

With 100 to 360 items a task, an accuracy's 95 % interval is 5 to 10 points wide; so every accuracy here comes with one.
All draws have a seed and are made by counts: resampling n items is drawing how often each distinct value occurs, one
multinomial a repetition, whatever n is.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

LEVEL = 0.95
REPETITIONS = 10_000
CHUNK = 4_000_000
"""Counts drawn at once; 32 MB."""

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean or a difference, and where it lies at the level.

    Attributes:
        value: between 0 and 1, a difference between -1 and 1; NaN where there are no items.
        n: items, pairs of items, or items of all subjects.
    """

    value: float
    low: float
    high: float
    n: int
    level: float = LEVEL

    @property
    def half_width(self) -> float:
        """Half of the interval, what is written behind ±."""
        return (self.high - self.low) / 2

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


NOTHING = Interval(math.nan, math.nan, math.nan, 0)


def wilson(successes: float, n: int, level: float = LEVEL) -> Interval:
    """Wilson's score interval of a share: right also near 0 and 1 and for few items.

    Wilson (1927), JASA 22:209. `successes` may be a sum of scores between 0 and 1; the interval is then wider than it
    had to be. Without items it is all of [0, 1].
    """
    if n == 0:
        return Interval(math.nan, 0.0, 1.0, 0, level)
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = successes / n
    scale = 1 + z * z / n
    center = (share + z * z / (2 * n)) / scale
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / scale
    low = 0.0 if successes == 0 else max(0.0, center - half)
    high = 1.0 if successes == n else min(1.0, center + half)
    return Interval(share, low, high, n, level)


def accuracy(scores: Sequence[float] | Scores, level: float = LEVEL) -> Interval:
    """The mean of scores between 0 and 1, with Wilson's interval."""
    return wilson(float(np.sum(np.asarray(scores, np.float64))), len(scores), level)


def paired_difference(
    before: Sequence[float] | Scores,
    after: Sequence[float] | Scores,
    *,
    level: float = LEVEL,
    repetitions: int = REPETITIONS,
    seed: int = 0,
) -> Interval:
    """The mean of after - before over the same items, with the percentile interval of a paired bootstrap.

    Efron and Tibshirani (1993), chapter 13. Items are drawn in pairs, so what is hard for both counts for neither.
    """
    difference = np.asarray(after, np.float64) - np.asarray(before, np.float64)
    if not len(difference):
        return NOTHING
    return _percentiles(
        difference.mean(), _resampled(difference, repetitions, _rng(seed)), len(difference), level
    )


def macro_mean(
    scores: Sequence[float],
    strata: Sequence[Hashable],
    *,
    level: float = LEVEL,
    repetitions: int = REPETITIONS,
    seed: int = 0,
) -> Interval:
    """The unweighted mean over subjects of their means, with a bootstrap that draws within each subject.

    A subject whose items all have one score adds no width: the interval speaks of these subjects, not of others.
    """
    groups = grouped(scores, strata)
    if not groups:
        return NOTHING
    rng = _rng(seed)
    drawn = sum(_resampled(values, repetitions, rng) for values in groups.values()) / len(groups)
    mean = float(np.mean([values.mean() for values in groups.values()]))
    return _percentiles(mean, np.asarray(drawn), len(scores), level)


def macro_difference(
    before: Sequence[float],
    after: Sequence[float],
    strata: Sequence[Hashable],
    *,
    level: float = LEVEL,
    repetitions: int = REPETITIONS,
    seed: int = 0,
) -> Interval:
    """The difference of two macro means over the same items, paired, drawn within each subject."""
    difference = np.asarray(after, np.float64) - np.asarray(before, np.float64)
    return macro_mean(difference.tolist(), strata, level=level, repetitions=repetitions, seed=seed)


def mcnemar(fixed: int, broken: int) -> float:
    """The exact two-sided p-value that items change as often for the better as for the worse.

    McNemar (1947), with the binomial distribution instead of chi-square: right for few changes, too. 1 without any.
    """
    n, smaller = fixed + broken, min(fixed, broken)
    if fixed == broken:
        return 1.0
    term = total = 1
    for k in range(smaller):
        term = term * (n - k) // (k + 1)
        total += term
    return (
        min(1.0, 2 * total / 2**n) if n < 1000 else min(1.0, math.exp(math.log(2 * total) - n * math.log(2)))
    )


def grouped(scores: Sequence[float], strata: Sequence[Hashable]) -> Mapping[Hashable, Scores]:
    """The scores of each subject, subjects in the order in which they first come."""
    groups: dict[Hashable, list[float]] = {}
    for score, stratum in zip(scores, strata, strict=True):
        groups.setdefault(stratum, []).append(score)
    return {name: np.asarray(values, np.float64) for name, values in groups.items()}


def _resampled(values: Scores, repetitions: int, rng: np.random.Generator) -> Scores:
    """(repetitions,) means of n draws with replacement out of n values."""
    distinct, counts = np.unique(values, return_counts=True)
    n = len(values)
    means = np.empty(repetitions)
    step = max(1, CHUNK // len(distinct))
    for start in range(0, repetitions, step):
        size = min(step, repetitions - start)
        means[start : start + size] = rng.multinomial(n, counts / n, size=size) @ distinct / n
    return means


def _percentiles(value: float, drawn: Scores, n: int, level: float) -> Interval:
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(value), float(low), float(high), n, level)


def _rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)
