"""Ground truth that was planted: are the causes that somebody put in ranked above everything else?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from attribution.ledger.intervals import DRAWS, LEVEL, Floats, Interval, ranks, wilson


@dataclass(frozen=True)
class Area:
    """Area under the ROC curve: the chance that a planted cause is ranked above another sample, ties half.

    Attributes:
        interval: 95 % of it, planted and other samples drawn anew, each among themselves; None with one of a kind.
    """

    value: float
    interval: Interval | None
    planted: int
    others: int


def auc(scores: Floats, planted: npt.NDArray[np.bool_], draws: int = DRAWS, seed: int = 0) -> Area:
    """The area for (n,) scores, of which those where (n,) `planted` is true should be the highest.

    Raises:
        ValueError: all samples are of one kind, so there is nothing to tell apart.
    """
    positive, negative = scores[planted], scores[~planted]
    if not len(positive) or not len(negative):
        raise ValueError("planted causes and other samples are both needed")
    interval = None
    if len(positive) > 1 and len(negative) > 1:
        random = np.random.default_rng(seed)
        found = [
            _area(random.choice(positive, len(positive)), random.choice(negative, len(negative)))
            for _ in range(draws)
        ]
        tail = 100 * (1 - LEVEL) / 2
        low, high = np.percentile(found, [tail, 100 - tail])
        interval = float(low), float(high)
    return Area(_area(positive, negative), interval, len(positive), len(negative))


def _area(positive: Floats, negative: Floats) -> float:
    """Mann and Whitney's U over the number of pairs."""
    count = len(positive)
    above = ranks(np.concatenate([positive, negative]))[:count].sum() - count * (count + 1) / 2
    return float(above / (count * len(negative)))


@dataclass(frozen=True)
class Share:
    """So many of so many, with Wilson's 95 % interval."""

    hits: int
    cases: int

    @property
    def value(self) -> float:
        """Hits over cases; NaN without cases."""
        return self.hits / self.cases if self.cases else float("nan")

    @property
    def interval(self) -> Interval | None:
        """95 %; None without cases."""
        return wilson(self.hits, self.cases)


def found_at(scores: Floats, planted: npt.NDArray[np.int64], most: int = 1) -> Share:
    """Items whose own planted cause is among their `most` highest scores.

    Args:
        scores: (N, M) of each sample for each item.
        planted: (M,) the sample planted for each item; -1 where none was. Of equal scores the planted one comes last.
    """
    items = np.flatnonzero(planted >= 0)
    own = scores[planted[items], items]
    not_below = (scores[:, items] >= own).sum(0)
    return Share(int((not_below <= most).sum()), len(items))


@dataclass(frozen=True)
class Flip:
    """One item before, after, and after retraining without the samples that are named as its causes.

    Attributes:
        before, after, without: margin of the gold over its competitor, nats; above 0 the item is right.
    """

    before: float
    after: float
    without: float

    @property
    def flipped(self) -> bool:
        """True where training moved the item over the line."""
        return (self.before > 0) != (self.after > 0)

    @property
    def reverted(self) -> bool:
        """True where without the samples it is again on the side it came from."""
        return self.flipped and (self.without > 0) == (self.before > 0)

    @property
    def moved(self) -> float:
        """How far removal moved the margin back towards the side it came from, nats."""
        return self.after - self.without if self.after > self.before else self.without - self.after


@dataclass(frozen=True)
class Reversion:
    """Flips that removal reverts, gains (wrong to right) and losses apart, and the mean movement in nats."""

    gains: Share
    losses: Share
    moved: float


def reversion(flips: Sequence[Flip]) -> Reversion:
    """How often removing the named causes reverts a flip. Items that did not flip do not count."""
    flipped = [f for f in flips if f.flipped]
    gains, losses = [f for f in flipped if f.after > 0], [f for f in flipped if f.after <= 0]
    moved = float(np.mean([f.moved for f in flipped])) if flipped else float("nan")
    return Reversion(_reverted(gains), _reverted(losses), moved)


def _reverted(flips: Sequence[Flip]) -> Share:
    return Share(sum(f.reverted for f in flips), len(flips))
