"""Samples of successive steps as rows of one matrix: products with many of them at a time are twice as fast."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import torch

from attribution.capturing.layout import Spread
from attribution.ledger.ledger import HeldStep

if TYPE_CHECKING:
    from torch import Tensor

ROWS = 128
"""Rows multiplied at a time; one core (EPYC) does 55 GFLOP/s with 16 of them, 90 with 128."""


class Block:
    """The samples of a few successive steps, one row each.

    Attributes:
        steps: ascending.
        counts: rows of each.
        amounts: (R, M) φ before clipping.
    """

    def __init__(self, steps: Sequence[HeldStep], items: int, like: Tensor) -> None:
        self.steps = tuple(steps)
        self.counts = [len(h.samples) for h in steps]
        self.amounts = like.new_zeros(sum(self.counts), items)

    def rows(self, first: int, last: int) -> Tensor:
        """(R, last - first) shares at these places, in the precision of sums."""
        return torch.cat([h.shares[:, first:last] for h in self.steps]).to(self.amounts.dtype)

    def add(self, rows: Tensor, factors: Sequence[Tensor], direction: Tensor) -> None:
        """Adds <g_i ⊙ factor, direction_j>, with a factor for every place of each step."""
        self.amounts.addmm_(self._scaled(rows, factors), direction.T)

    def add_later(self, rows: Tensor, factors: Sequence[Spread], brings: Tensor) -> None:
        """The same with V, where factors are mostly floats, which go to the products."""
        if all(isinstance(f, float) for f in factors):
            self.amounts.addcmul_(rows @ brings.T, self.each(factors))
        else:
            self.add(rows, [rows.new_tensor(f) if isinstance(f, float) else f for f in factors], brings)

    def each(self, numbers: Sequence[Spread]) -> Tensor:
        """(R, 1) one number a step, for each of its rows."""
        wide = [n for n, count in zip(numbers, self.counts, strict=True) for _ in range(count)]
        return torch.tensor(wide, dtype=self.amounts.dtype, device=self.amounts.device)[:, None]

    def clipped(self) -> Iterator[Tensor]:
        """(n, M) φ of each step."""
        for h, amounts in zip(self.steps, cut_rows(self.amounts, self.counts), strict=True):
            yield amounts * h.factor

    def _scaled(self, rows: Tensor, factors: Sequence[Tensor]) -> Tensor:
        scaled = torch.empty_like(rows)
        parts, places = cut_rows(rows, self.counts), cut_rows(scaled, self.counts)
        for part, factor, into in zip(parts, factors, places, strict=True):
            torch.mul(part, factor, out=into)
        return scaled


def blocks_of(steps: Sequence[HeldStep], items: int, like: Tensor) -> list[Block]:
    """Successive steps of about `ROWS` rows together."""
    groups: list[list[HeldStep]] = []
    for h in steps:
        if not groups or sum(len(g.samples) for g in groups[-1]) + len(h.samples) > ROWS:
            groups.append([])
        groups[-1].append(h)
    return [Block(group, items, like) for group in groups]


def cut_rows(matrix: Tensor, counts: Sequence[int]) -> tuple[Tensor, ...]:
    """The rows of each step."""
    parts: tuple[Tensor, ...] = matrix.split(list(counts))  # type: ignore[no-untyped-call]
    return parts
