"""Figures from scores and retrained worths: rank correlations, planted causes, and their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from attribution.ledger.intervals import Floats, Interval
from attribution.testing.lds import predicted
from attribution.testing.planted import auc
from benchmarks.truth.corpus import LEAKED, WRONG, Corpus

DRAWS = 500


@dataclass(frozen=True)
class Seed:
    """One seed of one mode.

    Attributes:
        masks: (S, N) whether a row is in a half.
        worth: (S, lines) of the items after training on each half, losses first.
        scores: (N, lines) by method.
    """

    corpus: Corpus
    masks: npt.NDArray[np.bool_]
    worth: Floats
    scores: dict[str, Floats]


def correlations(guessed: Floats, worth: Floats) -> Floats:
    """(methods,) Spearman's of each column over the rows, mean over columns; 0 where one side does not vary.

    Args:
        guessed: (methods, S, M) sums over halves.
        worth: (S, M) of the items after training on each.
    """
    x, y = (_centred(rankdata(part, axis=-2)) for part in (guessed, worth))
    scale = np.sqrt((x * x).sum(-2) * (y * y).sum(-2))
    each = np.divide((x * y).sum(-2), scale, out=np.zeros(scale.shape), where=scale > 0)
    return np.asarray(each.mean(-1))


def _centred(ranks: Floats) -> Floats:
    return ranks - ranks.mean(-2, keepdims=True)


@dataclass(frozen=True)
class Correlated:
    """The linear datamodelling score of every method, mean over items and seeds.

    Attributes:
        methods: names, in the order of the rest.
        seeds: (K, methods) of each seed.
        drawn: (DRAWS, methods) with seeds, and the subsets of each, drawn anew; all methods see the same draws.
    """

    methods: tuple[str, ...]
    seeds: Floats
    drawn: Floats

    def of(self, method: str) -> tuple[float, Interval]:
        """(value, 95 % interval)."""
        place = self.methods.index(method)
        return float(self.seeds[:, place].mean()), _middle(self.drawn[:, place])

    def between(self, one: str, other: str) -> tuple[float, Interval]:
        """(difference, 95 % interval) of two methods over the same draws."""
        a, b = self.methods.index(one), self.methods.index(other)
        return float((self.seeds[:, a] - self.seeds[:, b]).mean()), _middle(
            self.drawn[:, a] - self.drawn[:, b]
        )


def correlated(found: Sequence[Seed], columns: slice, draws: int = DRAWS) -> Correlated:
    """Over the items of `columns`: the losses, or the margins."""
    methods = tuple(found[0].scores)
    guessed = [
        np.stack([predicted(seed.scores[m][:, columns], seed.masks) for m in methods]) for seed in found
    ]
    worth = [seed.worth[:, columns] for seed in found]
    random = np.random.default_rng(0)

    def again() -> Floats:
        means = []
        for seed in random.integers(0, len(found), len(found)):
            subsets = random.integers(0, len(worth[seed]), len(worth[seed]))
            means.append(correlations(guessed[seed][:, subsets], worth[seed][subsets]))
        return np.asarray(np.mean(means, axis=0))

    seeds = np.array([correlations(g, w) for g, w in zip(guessed, worth, strict=True)])
    return Correlated(methods, seeds, np.array([again() for _ in range(draws)]))


@dataclass(frozen=True)
class Ranked:
    """Planted rows among all rows, for the item that they were planted for.

    Attributes:
        area: chance that the planted row stands above another one; 0.5 is chance.
        first: share of planted rows that stand first.
    """

    area: float
    interval: Interval
    first: float
    cases: int


def ranked(found: Sequence[Seed], method: str, planted: str) -> Ranked:
    """Leaked rows by their score for the item's loss, wrong ones by minus it."""
    way = {LEAKED: 1.0, WRONG: -1.0}[planted]
    shares, firsts = [], []
    for seed in found:
        for number, row in enumerate(seed.corpus.rows):
            if row.planted != planted:
                continue
            scores = way * seed.scores[method][:, row.target]
            others = np.delete(scores, number)
            shares.append(float((others < scores[number]).mean() + (others == scores[number]).mean() / 2))
            firsts.append(bool((others < scores[number]).all()))
    draws = np.random.default_rng(0).choice(shares, (DRAWS, len(shares))).mean(1)
    return Ranked(float(np.mean(shares)), _middle(draws), float(np.mean(firsts)), len(shares))


def harmful(found: Sequence[Seed], method: str) -> tuple[float, Interval]:
    """Area for wrong rows by minus their score summed over all items, each seed's set to deviation 1."""
    sums, wrong = [], []
    for seed in found:
        total = -seed.scores[method][:, : len(seed.corpus.items)].sum(1)
        sums.append((total - total.mean()) / (total.std() or 1.0))
        wrong += [row.planted == WRONG for row in seed.corpus.rows]
    area = auc(np.concatenate(sums), np.array(wrong), DRAWS)
    assert area.interval is not None
    return area.value, area.interval


def _middle(drawn: Floats) -> Interval:
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)
