"""When to compute the items' gradients again: often enough to add up, seldom enough to afford.

What a window leaves unexplained is known when its right mark is there, and so it is repaired then: a window that left
more than `TARGET` gets a mark at half its path, and each half is looked at again, down to single steps, which get a
mark at their middle and Simpson's rule (`attribution.tracing.marking`). No mark is wasted, as each one stands where it
is needed. The spacing to the next mark is only a guess of how far the next window may reach, as solvers of
differential equations make it: the trapezoid leaves a share that grows with the square of the spacing, so

    next spacing = spacing * √(target / share),  at least half of it and at most twice
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, inf, isfinite, sqrt

TARGET = 0.04
"""Share of the measured change that a window may leave unexplained. Residuals of windows differ in sign, so over a run
less is left: 0.4 to 1.2 % in `benchmarks/trace`."""

SPARSEST = 2
"""How many times sparser than evenly spread the marks of the rest of a run may become by what was spent before."""


@dataclass(frozen=True, slots=True)
class Refresh:
    """The spacing of marks.

    Attributes:
        every: steps to the next mark.
        least: smallest spacing.
        most: largest.
        adaptive: False keeps `every` as it is, whatever it costs.
        ceiling: share of the run's step time that marks and settlements may take; None sets no limit.
        floor: mean change of an item, in nats, below which a window says nothing about spacing; more where the model
            computes so coarsely that values are less certain.
        target: share of the measured change that a window may leave unexplained.
    """

    every: int = 1
    least: int = 1
    most: int = 64
    adaptive: bool = True
    ceiling: float | None = 0.12
    floor: float = 1e-4
    target: float = TARGET


@dataclass(frozen=True, slots=True)
class Cost:
    """What was measured of time so far, in seconds.

    Attributes:
        mark: one mark.
        step: one training step with its capture.
        spent: all marks and settlements so far.
        left: optimizer steps to come.
        total: optimizer steps of the run.
        settle: settling one step.
        unsettled: steps done that are not settled yet.
    """

    mark: float
    step: float
    spent: float
    left: int
    total: int
    settle: float = 0.0
    unsettled: int = 0

    def budget(self, ceiling: float) -> float:
        """What marks to come may take: settlements cost by the step, wherever marks stand."""
        return ceiling * self.step * self.total - self.spent - self.settle * (self.left + self.unsettled)


def share_left(
    refresh: Refresh, unexplained: float, changed: float, items: int, uncertain: float = 0.0
) -> float:
    """The share that a window left unexplained; infinite where an item's value is not finite.

    What a value is off by in bfloat16 looks like curvature that no mark mends. A sum over an answer of some 32 tokens
    is off by a 30th of eps (0.1 of 388 nats on Qwen3-0.6B's shape), so a window in which items moved by less than eps
    of their values, 25 times as much, is not held against its spacing.

    Args:
        refresh: knows below what change a window says nothing.
        unexplained: sum over items of |residual|, nats.
        changed: sum over items of |measured change|, nats.
        items: how many.
        uncertain: sum over items of |value|, times the eps of what the model computes in, nats.
    """
    share = unexplained / max(changed, refresh.floor * items, uncertain)
    return share if isfinite(share) else inf


def next_refresh(
    refresh: Refresh, steps: int, share: float, *, refined: bool = False, cost: Cost | None = None
) -> Refresh:
    """The spacing after a window.

    Args:
        refresh: the spacing so far.
        steps: in the window.
        share: what it left unexplained, before a mark at the middle of a step.
        refined: whether it is what is left of a larger one that left too much.
        cost: what was measured of time, if anything.
    """
    if not refresh.adaptive:
        return refresh
    growth = min(2.0, max(0.5, sqrt(refresh.target / share))) if share > 0 else 2.0
    every = max(1, int(steps * growth))
    if growth >= 1 and not refined:  # a window that a checkpoint cut short says nothing against the spacing
        every = max(every, refresh.every)
    if not spare(refresh, cost):
        every = max(every, affordable(refresh, cost))
    return replace(refresh, every=min(max(every, refresh.least), refresh.most))


def affordable(refresh: Refresh, cost: Cost | None) -> int:
    """The smallest spacing with which the rest of the run, evenly marked, keeps to the ceiling.

    The marks to come, left / spacing of them, may take what is left of ceiling * step * total, settlements paid.
    """
    if cost is None or refresh.ceiling is None or cost.step <= 0:
        return refresh.least
    budget = cost.budget(refresh.ceiling)
    if budget <= 0:
        return refresh.most
    return min(refresh.most, ceil(cost.mark * cost.left / budget))


def spare(refresh: Refresh, cost: Cost | None) -> bool:
    """Whether a mark more than evenly spread ones may be afforded.

    The ceiling is over the run. Marks may be dense where it pays, above all at the start, as long as what is left
    of it pays the run's last mark, and lets the rest of the run have marks at least every `SPARSEST` times the even
    spacing.
    """
    if cost is None or refresh.ceiling is None or cost.step <= 0:
        return True
    even = max(0.0, refresh.ceiling * cost.step - cost.settle) * cost.left
    last = cost.mark if cost.left else 0.0
    return cost.budget(refresh.ceiling) - cost.mark >= max(last, even / SPARSEST)
