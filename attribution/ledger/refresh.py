"""When to compute the items' gradients again: often enough to add up, seldom enough to afford."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

HALVE_ABOVE, DOUBLE_BELOW = 0.02, 0.005
"""Shares of the measured change that a window left unexplained. The share grows with the square of the spacing, so
twice the spacing leaves four times as much, and what is doubled below 0.5 % stays below 2 %."""


@dataclass(frozen=True, slots=True)
class Refresh:
    """The spacing of marks.

    Attributes:
        every: steps to the next mark.
        least: smallest spacing.
        most: largest.
        adaptive: False keeps `every` as it is.
        ceiling: share of the run's step time that marks and settlements may take; None sets no limit.
        floor: mean change of an item, in nats, below which a window says nothing about spacing.
    """

    every: int = 1
    least: int = 1
    most: int = 64
    adaptive: bool = True
    ceiling: float | None = 0.15
    floor: float = 1e-4


@dataclass(frozen=True, slots=True)
class Cost:
    """What was measured of time so far, in seconds.

    Attributes:
        mark: one mark with its share of settlements.
        step: one training step with its capture.
        spent: all marks and settlements so far.
        left: optimizer steps to come.
        total: optimizer steps of the run.
    """

    mark: float
    step: float
    spent: float
    left: int
    total: int


def next_refresh(
    refresh: Refresh, unexplained: float, changed: float, items: int, cost: Cost | None = None
) -> Refresh:
    """The spacing after a window.

    Args:
        refresh: the spacing so far.
        unexplained: sum over items of |residual| in the window, nats.
        changed: sum over items of |measured change|, nats.
        items: how many.
        cost: what was measured of time, if anything.
    """
    if not refresh.adaptive:
        return refresh
    share = unexplained / max(changed, refresh.floor * items)
    every = refresh.every
    if share > HALVE_ABOVE:
        every //= 2
    elif share < DOUBLE_BELOW:
        every *= 2
    every = max(every, affordable(refresh, cost))
    return replace(refresh, every=min(max(every, refresh.least), refresh.most))


def affordable(refresh: Refresh, cost: Cost | None) -> int:
    """The smallest spacing with which the whole run keeps to the ceiling.

    The ceiling is over the run, so that marks may be dense where it pays, at the start, and are paid back later:
    the marks to come, left / spacing of them, may take what is left of ceiling * step * total.
    """
    if cost is None or refresh.ceiling is None or cost.step <= 0:
        return refresh.least
    budget = refresh.ceiling * cost.step * cost.total - cost.spent
    if budget <= 0:
        return refresh.most
    return min(refresh.most, ceil(cost.mark * cost.left / budget))
