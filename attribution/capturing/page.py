"""The samples' shares of one micro-batch while they come in: who is where, and the matrix they are written into.

Written are products straight into their place in the (n, P) matrix, which is not zeroed first: at 10 million
parameters that would be three passes over it in place of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch

from attribution.capturing.layout import Layout
from training.observer import Segment

if TYPE_CHECKING:
    from torch import Tensor


class Page:
    """Where one micro-batch's shares are put together.

    Attributes:
        shares: (n, P), whole after `finish`.
        rows: of the batch.
    """

    def __init__(self, layout: Layout, segments: Sequence[Segment], rows: int, shares: Tensor) -> None:
        self.shares, self.rows = shares, rows
        self._segments = tuple(segments)
        self._views = layout.share_views(shares)
        self._filled = bytearray(len(self._views))
        self._whole = [s.row for s in segments] == list(range(rows))
        self._arranged: dict[int, list[_Group]] = {}
        if not self._whole and len(self._lengths) > 1:
            self.finish()

    def finish(self) -> None:
        """Parameters that nothing came back to have shares of zero."""
        for place, view in enumerate(self._views):
            if not self._filled[place]:
                view.zero_()
        self._filled = bytearray(b"\1" * len(self._views))

    def by_sample(self, x: Tensor, back: Tensor) -> list[tuple[Tensor | None, Tensor, Tensor]]:
        """(which samples, their inputs (g, t, ...), what came back to them (g, t, ...)), None meaning all in order.

        Rows that are samples are taken as they are. Packed ones are gathered into rows of their own, those of similar
        length together, so that padding at most doubles them; what comes back at padding is zero.
        """
        if self._whole:
            return [(None, x, back)]
        return [group.of(x, back) for group in self._groups(back.shape[1], back.device)]

    def add(self, place: int, who: Tensor | None, value: Tensor) -> None:
        """Adds shares (g, ...) of the parameter at this place among the layout's."""
        view = self._views[place]
        if who is not None:
            view.index_add_(0, who, value.reshape(len(value), *view.shape[1:]).to(view.dtype))
        elif self._filled[place]:
            view.add_(value.view_as(view))
        else:
            view.copy_(value.view_as(view))
            self._filled[place] = 1

    def add_product(self, place: int, x: Tensor, back: Tensor) -> None:
        """Adds back^T x of each sample, summed over its positions, to a matrix's shares."""
        view = self._views[place]
        if self._whole and not self._filled[place] and back.ndim == 3 and x.dtype is back.dtype is view.dtype:
            torch.bmm(back.mT, x, out=view)  # the rule, hundreds of times a step
            self._filled[place] = 1
            return
        for who, inputs, sent in self.by_sample(x, back):
            self._add_product(place, who, inputs, sent)

    def _add_product(self, place: int, who: Tensor | None, x: Tensor, back: Tensor) -> None:
        if back.ndim != 3:
            back, x = back.reshape(len(back), -1, back.shape[-1]), x.reshape(len(x), -1, x.shape[-1])
        if x.dtype is not back.dtype:
            x = x.to(back.dtype)
        self.add(place, who, torch.bmm(back.mT, x))

    @cached_property
    def _lengths(self) -> dict[int, list[int]]:
        """Numbers of the segments by the bits of their length."""
        found: dict[int, list[int]] = {}
        for number, segment in enumerate(self._segments):
            found.setdefault((segment.stop - segment.start).bit_length(), []).append(number)
        return found

    def _groups(self, width: int, device: torch.device) -> list[_Group]:
        """The samples by length, for rows of so many positions."""
        if width not in self._arranged:
            alone = len(self._lengths) == 1
            self._arranged[width] = [
                _group(
                    None if alone else torch.tensor(numbers, device=device),
                    [self._segments[n] for n in numbers],
                    width,
                    device,
                )
                for numbers in self._lengths.values()
            ]
        return self._arranged[width]


@dataclass(frozen=True, eq=False, slots=True)
class _Group:
    """Samples of similar length.

    Attributes:
        who: their numbers; None where they are all, in order.
        positions: (g * t,) places in the batch's rows laid end to end.
        outside: (g, t) True at padding; None where there is none.
        count: g.
    """

    who: Tensor | None
    positions: Tensor
    outside: Tensor | None
    count: int

    def of(self, x: Tensor, back: Tensor) -> tuple[Tensor | None, Tensor, Tensor]:
        """Inputs and what came back, a row a sample."""
        mine = self._gathered(back)
        if self.outside is not None:
            mine.masked_fill_(self.outside.view(*self.outside.shape, *[1] * (mine.ndim - 2)), 0)
        return self.who, self._gathered(x), mine

    def _gathered(self, values: Tensor) -> Tensor:
        flat = values.flatten(0, 1).index_select(0, self.positions)
        return flat.view(self.count, -1, *values.shape[2:])


def _group(who: Tensor | None, segments: Sequence[Segment], width: int, device: torch.device) -> _Group:
    longest = max(s.stop - s.start for s in segments)
    steps = torch.arange(longest)
    starts = torch.tensor([s.row * width + s.start for s in segments]).unsqueeze(1)
    lengths = torch.tensor([s.stop - s.start for s in segments]).unsqueeze(1)
    outside = steps >= lengths
    positions = starts + steps.minimum((lengths - 1).clamp_min(0))
    return _Group(
        who,
        positions.flatten().to(device),
        outside.to(device) if bool(outside.any()) else None,
        len(segments),
    )
