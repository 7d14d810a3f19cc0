r"""Equation (2) of `ledger`, without an (items, places) matrix for every step.

Within a window h̄_j(s) = y_j + f_s x_j, so what momentum brings from step s on stays within three directions an item:

    U_j(s) = A_s ⊙ y_j + B_s ⊙ x_j + K_s ⊙ V_j(b)                                      b the window's end
    A_s = through_s q_s + keep_{s+1} A_{s+1}
    B_s = through_s q_s f_s + keep_{s+1} B_{s+1}
    K_s = keep_{s+1} K_{s+1},   K = 1 at the window's last step

From step to step only vectors of P numbers change. y, x and V are made once a window, and the samples of many steps are
multiplied with them at a time. Against a matrix U(s) for every step, with 64 items and the removal score: on an H200,
8 samples a step and 10 million places, 7.5 ms a step where it was 30, nearly all of it passes over those matrices; on
one core, 16 samples and 156,000 places, 33 where it was 43.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from attribution.capturing.layout import Spread, cut, is_zero
from attribution.ledger.blocks import Block, blocks_of
from attribution.ledger.ledger import Amounts, HeldStep, Window, chunks
from attribution.ledger.movement import Coefficients

if TYPE_CHECKING:
    from torch import Tensor


def amounts_of(
    windows: Sequence[Window],
    held: Sequence[HeldStep],
    carried: Tensor,
    forgotten: Tensor,
) -> Amounts:
    """The recursion over successive windows.

    Args:
        windows: successive, at least one.
        held: all steps of the windows, and earlier ones whose weight is set, ascending.
        carried: (P,) momentum from before tracing, as it is at the start.
        forgotten: (P,) momentum of steps no longer held, as it is at the start.
    """
    items, steps = len(windows[0].left.values), {h.step: h for h in held}
    earlier = blocks_of([h for h in held if h.step < windows[0].left.step], items, carried)
    spans = [_Span(w, blocks_of([steps[s] for s in w.steps], items, carried)) for w in windows]
    momenta, brought = torch.stack([carried, forgotten]), carried.new_zeros(2, items)
    for first, last in chunks(carried, items):
        brings = carried.new_zeros(items, last - first)
        for span in reversed(spans):
            span.backwards(first, last, brings, later=span is not spans[-1])
        for block in earlier:
            weights = [cut(h.weight, first, last) for h in block.steps]
            block.add_later(block.rows(first, last), weights, brings)
        brought += momenta[:, first:last] @ brings.T
    blocks = [*earlier, *(block for span in spans for block in span.blocks)]
    return Amounts(tuple(a for block in blocks for a in block.clipped()), brought[0], brought[1])


@dataclass(frozen=True, eq=False, slots=True)
class _Factors:
    """What shares of one step are multiplied with, the coefficient `gain` and Nesterov's part included.

    Attributes:
        y: (places,) A and `direct` q.
        x: (places,) the same with f.
        later: K.
    """

    y: Tensor
    x: Tensor
    later: Spread


class _Span:
    """A window, with the samples of its steps.

    Attributes:
        window: the window.
        blocks: its steps.
    """

    def __init__(self, window: Window, blocks: list[Block]) -> None:
        self.window, self.blocks = window, blocks
        self.fractions = dict(zip(window.steps, window.fractions, strict=True))

    def backwards(self, first: int, last: int, brings: Tensor, *, later: bool) -> None:
        """Books what its steps did at the places first..last.

        Args:
            brings: (M, places) V at its end; V at its start afterwards.
            later: whether there is anything in it yet.
        """
        y, x = self.window.line(first, last, brings.dtype)
        factors, start = self._factors(first, last)
        for block in self.blocks:
            own = [factors[h.step] for h in block.steps]
            rows = block.rows(first, last)
            block.add(rows, [f.y for f in own], y)
            if x is not None:
                block.add(rows, [f.x for f in own], x)
            if later:
                block.add_later(rows, [f.later for f in own], brings)
        brings.mul_(start.later).addcmul_(y, start.y)
        if x is not None:
            brings.addcmul_(x, start.x)

    def _factors(self, first: int, last: int) -> tuple[dict[int, _Factors], _Factors]:
        """Each step's factors, and those of V at the window's start."""
        found = {}
        along = sloped = self.blocks[0].amounts.new_zeros(last - first)
        later: Spread = 1.0
        kept: Spread = 1.0
        for h in reversed([h for block in self.blocks for h in block.steps]):
            assert h.rates is not None  # noqa: S101 - its interval is the one being settled
            c, rates = _cut(h.coefficients, first, last), h.rates[first:last]
            fraction = self.fractions[h.step]
            own = rates * c.through
            along, sloped, later = along * kept + own, sloped * kept + own * fraction, later * kept
            of_y, of_x = along * c.gain, sloped * c.gain
            if not is_zero(c.direct):
                of_y, of_x = of_y + rates * c.direct, of_x + rates * c.direct * fraction
            found[h.step] = _Factors(of_y, of_x, later * c.gain)
            kept = c.keep
        return found, _Factors(along * kept, sloped * kept, later * kept)


def _cut(c: Coefficients, first: int, last: int) -> Coefficients:
    values = (c.keep, c.gain, c.inject, c.through, c.direct, c.coupled, c.shrink)
    return Coefficients(*(cut(v, first, last) for v in values))
