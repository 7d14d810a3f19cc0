"""The open pages of the ledger: steps and marks as they come in, settled interval by interval in bounded memory.

Held are the shares of the steps since the last settlement, and of the steps before whose momentum still counts: a step
is let go once less than `tail` of its gradient is left in the momentum (1 %: 44 steps at β1 = 0.9). What it still would
have moved goes on as one vector, so that its effect is known in sum and shown with the residual.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from attribution.capturing.layout import Layout, Spread, is_zero
from attribution.ledger.ledger import (
    HeldStep,
    Interval,
    Window,
    amounts_of,
    contracted,
    settled,
)
from attribution.ledger.movement import Movement
from attribution.tracing.items import Bank, ItemName
from attribution.tracing.processes import summed


@dataclass(eq=False)
class _Between:
    """What is summed since the last mark: movement, and movement times the length of path at its middle."""

    moved: Tensor
    moved_along: Tensor
    decayed: Tensor
    decayed_along: Tensor
    length: float = 0.0
    middles: list[float] = field(default_factory=list)

    @classmethod
    def nothing(cls, layout: Layout) -> _Between:
        """At a mark."""
        zero = torch.zeros(layout.size, dtype=layout.work, device=layout.device)
        return cls(zero, zero.clone(), zero.clone(), zero.clone())

    def add(self, moved: Tensor, decayed: Tensor | None) -> None:
        """One step."""
        length = float(moved.norm())
        middle = self.length + length / 2
        self.moved += moved
        self.moved_along.add_(moved, alpha=middle)
        if decayed is not None:
            self.decayed += decayed
            self.decayed_along.add_(decayed, alpha=middle)
        self.middles.append(middle)
        self.length += length

    def window(self, left: Bank, right: Bank, middle: Bank | None = None) -> Window:
        """The window that ends here; with a bank at the middle of its only step, Simpson's rule."""
        scale = 1 / self.length if self.length else 0.0
        fractions = tuple(m * scale for m in self.middles)
        path = -_interpolated(left, right, self.moved, self.moved_along * scale)
        decay = _interpolated(left, right, self.decayed, self.decayed_along * scale)
        if middle is not None:
            path = path / 3 - contracted(middle, self.moved) * (2 / 3)
            decay = decay / 3 + contracted(middle, self.decayed) * (2 / 3)
        return Window(left, right, fractions, path, decay, middle)


def _interpolated(left: Bank, right: Bank, whole: Tensor, along: Tensor) -> Tensor:
    """(M,) Σ_s <h̄(s), x_s> from Σ_s x_s and Σ_s f_s x_s."""
    return contracted(left, whole - along) + contracted(right, along)


class Book:
    """Takes steps and marks, gives intervals.

    Attributes:
        layout: of the traced parameters.
        names: the M lines.
        tail: share of a gradient in the momentum below which its samples are let go.
        held: steps whose shares are held, ascending.
        windows: between marks, not settled yet.
        carried: (P,) momentum from before tracing, as it is at the last settlement.
        forgotten: (P,) momentum of steps let go, likewise.
    """

    def __init__(
        self, layout: Layout, names: Sequence[ItemName], momentum: Tensor, tail: float = 0.01
    ) -> None:
        self.layout, self.names, self.tail = layout, tuple(names), tail
        self.held: list[HeldStep] = []
        self.windows: list[Window] = []
        self.carried = momentum
        self.forgotten = torch.zeros_like(momentum)
        self._decaying: Tensor | None = None
        self._between = _Between.nothing(layout)
        self._left: Bank | None = None
        self._closed = self._between

    @property
    def last_mark(self) -> int | None:
        """Steps done at the last mark."""
        return None if self._left is None else self._left.step

    @property
    def unsettled(self) -> int:
        """Steps in the windows that are not settled."""
        return sum(len(w.steps) for w in self.windows)

    def add(
        self, step: int, samples: Sequence[int], shares: Tensor, factor: float, movement: Movement
    ) -> None:
        """One step of the optimizer."""
        self._between.add(movement.after - movement.before, self._decayed(movement))
        held = HeldStep(
            step, tuple(samples), shares, factor, movement.coefficients, movement.rates, movement.rate
        )
        self.held.append(held)

    def mark(self, bank: Bank) -> Window | None:
        """The window that ends at this mark; None at the first."""
        window = None if self._left is None else self._between.window(self._left, bank)
        if window is not None:
            self.windows.append(window)
        self._left, self._closed, self._between = bank, self._between, _Between.nothing(self.layout)
        return window

    @property
    def last_movement(self) -> Tensor:
        """(P,) movement in the window that was closed last."""
        return self._closed.moved

    @property
    def banks(self) -> int:
        """Banks held, with the one at the last mark."""
        return 1 + sum(1 if w.middle is None else 2 for w in self.windows)

    def refine(self, middle: Bank) -> Window:
        """The window that was closed last, of one step, with a bank at its middle."""
        last = self.windows[-1]
        self.windows[-1] = self._closed.window(last.left, last.right, middle)
        return self.windows[-1]

    def settle(self) -> Interval:
        """The interval of all open windows; afterwards none is open."""
        amounts = amounts_of(self.windows, self.held, self.carried, self.forgotten)
        interval = settled(self.windows, self.held, amounts, [n.direction for n in self.names])
        self._fade(self.windows[0].left.step)
        self.windows = []
        return interval

    def _fade(self, start: int) -> None:
        """Carries all momenta over the interval that began at `start`, and lets go of what is no longer in them."""
        kept: Spread = 1.0
        for h in reversed(self.held):
            if h.step >= start:
                h.weight = h.coefficients.gain * kept
                kept = kept * h.coefficients.keep
                h.rates = None
        for h in self.held:
            if h.step < start:
                h.weight = h.weight * kept
        self.carried = self.carried * kept
        self.forgotten = self.forgotten * kept
        for h in [h for h in self.held if _share_left(h) < self.tail]:
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


def _share_left(h: HeldStep) -> float:
    """The largest share of a step's gradient that is still in the momentum of any parameter."""
    gain = _largest(h.coefficients.gain)
    return _largest(h.weight) / gain if gain else 0.0


def _largest(number: Spread) -> float:
    return abs(number) if isinstance(number, float) else float(number.abs().max())
