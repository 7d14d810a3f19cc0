r"""How far each sample moved the parameters over the whole run, against the items' mean gradients: what sharing needs.

    P_i = √ρ ⊙ Σ_r c_r W_r ⊙ g_i(r)        over all steps r at which sample i was seen
    W_r = gain_r U_r + direct_r q_r        U_r = through_r q_r + keep_{r+1} U_{r+1}, so momentum is in it
    a_ij = <P_i, h̄_j / √ρ + μ_j Σ_k P_k>,  μ_j such that Σ_i a_ij = A_j, the sum of the bookings

h̄_j is the mean of the item's gradients over the steps: in another order of samples, a push would have met the gradient
of another step. Along the way as a whole h̄ misses the change by what bends; μ_j puts that right in the one direction in
which it is known, as a discrete gradient does (Gonzalez 1996). Of items whose bookings nearly cancel it is most of a.

Both sides are count sketches of `width` numbers. Two things keep their noise down.

- ρ, one number a tensor: the root mean square of the items' gradients there at the first mark, at least a tenth of the
  mean over all. AdamW moves every place by about as much, so pushes would be level and gradients not. In <P_i, h̄_j> it
  cancels; in lengths and likeness of pushes it counts places by how much items feel them.
- q is cut at 10 times what the mean v of the tensor's moving places gives. Where v is next to nothing, samples push
  far, against each other, and nothing moves. That is a bias of a, taken on purpose, as in `sketching`.

The relative error of a that sketches leave was 0.22 to 1.20 before, and is 0.12 to 0.28 (`benchmarks/truth`, seeds 100
to 102).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import torch

from attribution.capturing.layout import Layout, Spread
from attribution.ledger.ledger import HeldStep, Interval, Window
from attribution.ledger.removal import WIDTH, coins, sketched
from attribution.ledger.sharing import shared
from attribution.tracing.processes import count, first, summed

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

Cut: TypeAlias = "Callable[[Layout, Tensor | None], Tensor]"

CAP = 10.0
"""Times the rate of a tensor's mean v."""

LIVELY = 0.1
"""Share of a gradient that is still in the momentum at a settlement for its later pushes to be followed."""


class Pushes:
    """Gathers them.

    Attributes:
        sketches: (N, width) P, N the number of samples of the run.
        gradients: (M, width) of the items, summed over steps.
        steps: how many these are.
        booked: (N, M) sums of the bookings.
    """

    def __init__(self, layout: Layout, samples: int, items: int, width: int = WIDTH, seed: int = 1) -> None:
        self.layout = layout
        self.seen = np.zeros(samples, dtype=bool)
        self.booked = np.zeros((samples, items))
        self.sketches = torch.zeros(samples, width, dtype=torch.float32, device=layout.device)
        self.gradients = torch.zeros(items, width, dtype=torch.float32, device=layout.device)
        self.steps = 0
        self._signs = coins(layout, seed)
        self._levels: Tensor | None = None  # √ρ by tensor

    def size(self, visits: int) -> int:
        """Numbers held, in units of 4 bytes."""
        return (
            self.sketches.numel()
            + self.gradients.numel()
            + 2 * self.booked.size
            + 10 * self.layout.size  # signs, and a step's weights while they are made
        )

    def add(self, windows: Sequence[Window], held: Sequence[HeldStep]) -> None:
        """The steps of an interval that is about to be settled."""
        if self._levels is None:
            self._levels = levels(self.layout, windows[0].left.gradients)
        self._add_items(windows)
        signs = self._signs * _spread(self.layout, self._levels)
        for h, weights in pushing(self.layout, windows, held):
            pushed = sketched(h.shares, signs * weights, self.sketches.shape[1])
            numbers = torch.tensor(h.samples, device=pushed.device, dtype=torch.long)
            self.sketches.index_add_(0, numbers, pushed, alpha=h.factor)

    def book(self, interval: Interval) -> None:
        """The amounts of a settled interval, of all processes."""
        self.seen[interval.samples] = True
        self.booked[interval.samples] += interval.amounts

    def finish(self) -> None:
        """After the last step: every process has what all have gathered, each of its own samples."""
        if count() > 1:
            self.sketches = summed(self.sketches)

    def transfers(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """((n,) numbers of the samples seen, (n, M) nats that each is given by the others, or gives, summing to 0)."""
        numbers = np.flatnonzero(self.seen)
        booked = self.booked[numbers]
        if not len(numbers):
            return numbers, booked
        pushes = self.sketches
        if len(numbers) < len(pushes):
            pushes = pushes[torch.as_tensor(numbers, device=pushes.device)]
        total = pushes.sum(0, dtype=torch.float64)
        length = float(total @ total)
        if length == 0:
            return numbers, np.zeros_like(booked)
        towards = self.gradients.double() / self.steps
        missing = torch.from_numpy(booked.sum(0)).to(towards.device) - towards @ total
        towards += torch.outer(missing / length, total)
        given = shared(pushes, towards).cpu().numpy() - booked
        found: NDArray[np.float64] = given - given.mean(axis=0)
        return numbers, found

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it, of all processes, as plain arrays."""
        whole = self.sketches if count() == 1 else summed(self.sketches.clone())
        levels = np.zeros(0) if self._levels is None else self._levels.cpu().numpy()
        gradients = self.gradients.cpu().numpy()
        sums = {"seen": self.seen, "booked": self.booked, "steps": np.array(self.steps), "levels": levels}
        return {**sums, "gradients": gradients, "sketches": whole.cpu().numpy()}

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Goes on from what `arrays` gave; what is summed over processes in the end, in the first one only."""
        self.seen, self.booked = arrays["seen"].astype(bool), arrays["booked"].copy()
        self.steps = int(arrays["steps"])
        self.gradients.copy_(torch.from_numpy(arrays["gradients"]))
        if len(arrays["levels"]):
            self._levels = torch.from_numpy(arrays["levels"]).to(self.layout.device)
        if first():
            self.sketches.copy_(torch.from_numpy(arrays["sketches"]))

    def _add_items(self, windows: Sequence[Window]) -> None:
        assert self._levels is not None  # noqa: S101 - just set
        signs = self._signs / _spread(self.layout, self._levels)
        width = self.gradients.shape[1]
        left = sketched(windows[0].left.gradients, signs, width)
        for window in windows:
            right = sketched(window.right.gradients, signs, width)
            self.gradients += len(window.steps) / 2 * (left + right)
            self.steps += len(window.steps)
            left = right


def levels(layout: Layout, gradients: Tensor) -> Tensor:
    """(tensors,) √ρ, see above; 1 where no item has a gradient.

    Args:
        gradients: (M, P) of the items.
    """
    precise = torch.promote_types(gradients.dtype, torch.float32)
    lengths = torch.linalg.vector_norm(gradients, dim=0, dtype=precise)  # over items, place by place
    roots = (layout.sums(lengths.square()) / layout.lengths / len(gradients)).sqrt()
    level = float((roots * layout.lengths).sum() / layout.size)
    if level == 0:
        return torch.ones_like(roots, dtype=torch.float32)
    return roots.clamp_min(level / 10).sqrt().float()


def pushing(
    layout: Layout, windows: Sequence[Window], held: Sequence[HeldStep], cut: Cut | None = None
) -> Iterator[tuple[HeldStep, Tensor]]:
    """Each step with its W over these windows, (P,), latest first; then earlier steps that still push in them.

    Args:
        cut: what is done to rates; None for `capped`.
    """
    cut = capped if cut is None else cut
    steps = {h.step: h for h in held}
    later: Spread = 0.0
    for step in reversed(range(windows[0].left.step, windows[-1].right.step)):
        h = steps[step]
        c, rates = h.coefficients, cut(layout, h.rates)
        along = rates * c.through + later
        yield h, along * c.gain + rates * c.direct
        later = along * c.keep
    for h in held:
        if h.step < windows[0].left.step and h.share_left >= LIVELY:
            yield h, torch.as_tensor(later * h.weight)


def capped(layout: Layout, rates: Tensor | None) -> Tensor:
    """(P,) rates, none more than `CAP` times that of its tensor's mean v over places that move, v being 1 / rate²."""
    assert rates is not None  # noqa: S101 - its interval is the one being settled
    still = rates <= 0
    inverse = rates.to(torch.float64, copy=True).pow_(-2).masked_fill_(still, 0.0)
    moving = layout.lengths - layout.sums(still)
    level = (layout.sums(inverse) / moving.clamp_min(1)).rsqrt()
    return torch.minimum(rates, _spread(layout, (CAP * level).to(rates.dtype)))


def _spread(layout: Layout, each: Tensor) -> Tensor:
    return torch.repeat_interleave(each, layout.lengths, output_size=layout.size)  # else a GPU is waited for
