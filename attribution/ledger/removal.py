r"""How an item would change without a sample, as a ranking, from the gradients that tracing has in hand anyway.

Accounting is no counterfactual: where many samples teach the same, the ledger shares the credit out, while taking one
of them away changes little. The removal score is an influence function over the whole run:

    R_ij = z_i( <G_i, (Σ_v g_v g_vᵀ + λ mean_v |g_v|² I)^-1 ĥ_j> ),   λ = 5                                  (5)

- g_v are the gradients of all samples at all steps, one for each time a sample was seen, after clipping, and G_i sums
  those of sample i. Their sum of squares is the empirical Fisher of the run and not of its last state, in which samples
  that are learned have no gradient left. Taken of the G_i instead, it tells less (LDS .868 for .882 in full training,
  .706 for .769 with LoRA, see below);
- the inverse says what is made up for by others: along a direction that n gradients share, λ / (λ + n) is left;
- ĥ_j is the mean of the item's gradients over the run, each with length 1. Without the lengths it is the mean of where
  an item can be moved, and not of the steps at which it was still to be learned (.769 for .759 with LoRA);
- z takes away each item's mean over samples and sets its deviation to 1.

Chosen by retraining on halves, on seeds that are not reported (`benchmarks/truth`, seeds 100 to 102): λ from 3 to 10
differ by .01. TracIn's cosine at every step, which stood beside the influence before, made it worse.

Gradients are held as count sketches of `width` numbers, and their sum of squares as one matrix, so memory is bounded
by (samples + 3 width) width. Its unit is none, it sums to nothing, and it is never added to contributions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from attribution.capturing.layout import Layout
from attribution.ledger.ledger import HeldStep, Interval, Window
from attribution.ledger.squares import Squares
from attribution.tracing.processes import count, first, summed

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

WIDTH = 4093
"""Numbers of a sketch; a prime, so that the rows of a weight matrix do not fall on one another."""

RIDGE = 5.0
"""λ."""


class Removal:
    """Gathers what the removal score is made of.

    Attributes:
        sketches: (N, width) G, N the number of samples of the run.
        squares: Σ g gᵀ.
        directions: (M, width) of the items, summed over steps.
    """

    def __init__(self, layout: Layout, samples: int, items: int, width: int = WIDTH, seed: int = 0) -> None:
        self.seen = np.zeros(samples, dtype=bool)
        self.sketches = torch.zeros(samples, width, dtype=torch.float32, device=layout.device)
        self.squares = Squares(width, layout.device)
        self.directions = torch.zeros(items, width, dtype=torch.float32, device=layout.device)
        self._signs = coins(layout, seed)

    def size(self, visits: int) -> int:
        """Numbers held at most when samples are seen so often, in units of 4 bytes."""
        whole = self.sketches.numel() + self.directions.numel() + self.squares.size(visits)
        return whole + self._signs.numel() // 4

    def add(self, windows: Sequence[Window], held: Sequence[HeldStep]) -> None:
        """The steps of an interval that is about to be settled."""
        steps, width = {h.step: h for h in held}, self.squares.width
        for window in windows:
            ends = self._direction(window.left.gradients) + self._direction(window.right.gradients)
            self.directions += len(window.steps) / 2 * ends
        due = [steps[s] for w in windows for s in w.steps]
        visits = torch.cat([h.factor * sketched(h.shares, self._signs, width) for h in due])
        numbers = torch.tensor([n for h in due for n in h.samples], device=visits.device, dtype=torch.long)
        self.sketches.index_add_(0, numbers, visits)
        self.squares.add(visits)

    def book(self, interval: Interval) -> None:
        """The samples of a settled interval, of all processes."""
        self.seen[interval.samples] = True

    def finish(self) -> None:
        """After the last step: every process has what all have gathered, each of its own samples."""
        self.sketches, self.squares = self._shared()

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it, of all processes, as plain arrays."""
        sketches, squares = self._shared()
        own = {"sketches": sketches.cpu().numpy(), "directions": self.directions.cpu().numpy()}
        return {"seen": self.seen, **own, **squares.arrays()}

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Goes on from what `arrays` gave; what is summed over processes in the end, in the first one only."""
        self.seen = arrays["seen"].astype(bool)
        self.directions.copy_(torch.from_numpy(arrays["directions"]))
        self.squares.restore(arrays)
        if first():
            self.sketches.copy_(torch.from_numpy(arrays["sketches"]))

    def scores(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """((n,) numbers of the samples seen, (n, M) R)."""
        numbers = np.flatnonzero(self.seen)
        rows = self.sketches[torch.as_tensor(numbers, device=self.sketches.device)].double()
        left = self.squares.damped(self.directions, RIDGE)
        return numbers, z((rows @ left.T).cpu().numpy())

    def _shared(self) -> tuple[Tensor, Squares]:
        if count() == 1:
            return self.sketches, self.squares
        return summed(self.sketches.clone()), self.squares.over_processes()

    def _direction(self, gradients: Tensor) -> Tensor:
        """(M, width) sketches of the items' gradients, each with length 1 before; 0 stays 0."""
        precise = torch.promote_types(gradients.dtype, torch.float32)
        lengths = torch.linalg.vector_norm(gradients, dim=1, keepdim=True, dtype=precise).float()
        found: Tensor = sketched(gradients, self._signs, self.squares.width)
        return found.div_(lengths.clamp_min(torch.finfo(torch.float32).tiny))


_PIECE = {"cpu": 2**19, "cuda": 2**24}
"""Scalars of a matrix that are signed and summed at a time: what a core's cache holds, 64 MB on a GPU."""


def coins(layout: Layout, seed: int) -> Tensor:
    """(P,) random signs, as int8."""
    generator = torch.Generator().manual_seed(seed)
    return (2 * torch.randint(0, 2, (layout.size,), generator=generator, dtype=torch.int8) - 1).to(
        layout.device
    )


def sketched(rows: Tensor, signs: Tensor, width: int) -> Tensor:
    """(n, width) count sketch: place p goes to p mod width under a random sign. Inner products stay, on average."""
    sketch = torch.zeros(len(rows), width, dtype=torch.float32, device=rows.device)
    whole = rows.shape[1] // width * width
    wide = max(1, _PIECE.get(rows.device.type, 2**24) // max(1, len(rows) * width)) * width
    for start in range(0, whole, wide):
        stop = min(start + wide, whole)
        signed = rows[:, start:stop].float() * signs[start:stop]
        sketch += signed.view(len(rows), (stop - start) // width, width).sum(1)
    rest = rows.shape[1] - whole
    sketch[:, :rest] += rows[:, whole:].float() * signs[whole:]
    return sketch


def z(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each column with mean 0 and deviation 1 over samples; 0 where all are alike."""
    if not len(scores):
        return scores
    centred = scores - scores.mean(axis=0)
    deviation = centred.std(axis=0)
    scaled: NDArray[np.float64] = np.divide(
        centred, deviation, out=np.zeros_like(centred), where=deviation > 0
    )
    return scaled
