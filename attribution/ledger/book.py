"""The open pages of the ledger: steps and marks as they come in, settled interval by interval in bounded memory.

Held are the shares of the steps since the last settlement, and of the steps before whose momentum still counts: a step
is let go once less than `tail` of its gradient is left in the momentum (1 %: 44 steps at β1 = 0.9). What it still would
have moved goes on as one vector, so that its effect is known in sum and shown with the residual.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from attribution.capturing.layout import Layout, Spread, is_zero
from attribution.ledger.ledger import Amounts, HeldStep, Interval, Window, settled
from attribution.ledger.movement import Movement
from attribution.ledger.recursion import amounts_of
from attribution.ledger.stretch import Stretch
from attribution.tracing.items import Bank, ItemName
from attribution.tracing.processes import summed


class Book:
    """Takes steps and marks, gives intervals.

    Attributes:
        layout: of the traced parameters.
        names: the M lines.
        tail: share of a gradient in the momentum below which its samples are let go.
        splits: whether steps between marks are kept one by one, so that a stretch of them can be split.
        held: steps whose shares are held, ascending.
        windows: between marks, not settled yet.
        carried: (P,) momentum from before tracing, as it is at the last settlement.
        forgotten: (P,) momentum of steps let go, likewise.
    """

    def __init__(
        self,
        layout: Layout,
        names: Sequence[ItemName],
        momentum: Tensor,
        tail: float = 0.01,
        *,
        splits: bool = False,
    ) -> None:
        self.layout, self.names, self.tail, self.splits = layout, tuple(names), tail, splits
        self.held: list[HeldStep] = []
        self.windows: list[Window] = []
        self.carried = momentum
        self.forgotten = torch.zeros_like(momentum)
        self._decaying: Tensor | None = None
        self._left: Bank | None = None
        self._stretch: Stretch | None = None

    @property
    def left(self) -> Bank | None:
        """The last mark; None before the first."""
        return self._left

    @property
    def last_mark(self) -> int | None:
        """Steps done at the last mark."""
        return None if self._left is None else self._left.step

    @property
    def unsettled(self) -> int:
        """Steps in the windows that are not settled."""
        return sum(len(w.steps) for w in self.windows)

    @property
    def banks(self) -> int:
        """Banks held, with the one at the last mark."""
        return 1 + sum(1 if w.middle is None else 2 for w in self.windows)

    def begin(self, bank: Bank) -> None:
        """The first mark."""
        self._left = bank

    def add(
        self, step: int, samples: Sequence[int], shares: Tensor, factor: float, movement: Movement
    ) -> None:
        """One step of the optimizer."""
        if self._stretch is None:
            self._stretch = Stretch(self.layout, step, keeps=self.splits)
        self._stretch.add(movement.after - movement.before, self._decayed(movement))
        held = HeldStep(
            step, tuple(samples), shares, factor, movement.coefficients, movement.rates, movement.rate
        )
        self.held.append(held)

    def stretch(self) -> Stretch:
        """The steps since the last mark, taken out: their windows come back one by one, in order."""
        taken, self._stretch = self._stretch, None
        if taken is None:
            raise ValueError("no step since the last mark")
        return taken

    def accept(self, window: Window) -> None:
        """The next window."""
        self.windows.append(window)
        self._left = window.right

    def amounts(self) -> Amounts:
        """What the samples did in the open windows."""
        return amounts_of(self.windows, self.due, self.carried, self.forgotten)

    def settle(self, amounts: Amounts) -> Interval:
        """The interval of all open windows, with these amounts; afterwards none is open."""
        held = self.due
        interval = settled(self.windows, held, amounts, [n.direction for n in self.names])
        self._fade(interval.start, held)
        self.windows = []
        return interval

    @property
    def due(self) -> list[HeldStep]:
        """Steps that are held up to the last mark; windows of later ones are still to come."""
        return [h for h in self.held if h.step < self.windows[-1].right.step]

    def _fade(self, start: int, held: Sequence[HeldStep]) -> None:
        """Carries all momenta over the interval from `start` to the last of the steps, and lets go of what is gone."""
        kept: Spread = 1.0
        for h in reversed(held):
            if h.step >= start:
                h.weight = h.coefficients.gain * kept
                kept = kept * h.coefficients.keep
                h.rates = None
        for h in held:
            if h.step < start:
                h.weight = h.weight * kept
        self.carried = self.carried * kept
        self.forgotten = self.forgotten * kept
        for h in [h for h in held if h.share_left < self.tail]:
            self.forgotten += summed(h.shares.sum(0, dtype=self.layout.work)) * h.weight * h.factor
            self.held.remove(h)

    def _decayed(self, movement: Movement) -> Tensor | None:
        """(P,) the part of the step's movement that is decay, as it was subtracted; None where there is none."""
        c = movement.coefficients
        if self._decaying is None and all(is_zero(v) for v in (c.shrink, c.inject, c.coupled)):
            return None
        decayed = movement.before * c.shrink
        if self._decaying is not None or not (is_zero(c.inject) and is_zero(c.coupled)):
            held = torch.zeros_like(movement.before) if self._decaying is None else self._decaying
            self._decaying = held * c.keep + movement.before * c.inject
            decayed = decayed + movement.rates * (self._decaying * c.through + movement.before * c.coupled)
        return decayed
