r"""How an item would change without a sample, as a ranking, from the gradients that tracing has in hand anyway.

Accounting is no counterfactual: of two samples that teach the same, the ledger credits the one that came first, while
taking it away changes little. The removal score adds two views, each z-scored over samples for every item:

    R_ij = z( Σ_r η_r cos(g_i(r), h̄_j(r)) ) + z( [(G Gᵀ + λ mean(diag G Gᵀ) I)^-1 G h_j]_i )                      (5)

- the cosine between the sample's gradient and the item's, summed over the steps the sample stood in, which is TracIn's
  at every step. Lengths do not count: a sample that is learned already has a short gradient and was a cause before;
- an influence function with the empirical Fisher, λ = 1. G holds every sample's gradient, summed over its steps, as a
  count sketch of `width` numbers, h_j the mean over marks, sketched alike. With more samples than `width` the same is
  computed as G (GᵀG + μ I)^-1 h.

The design study added the contribution and had LESS's direction, q ⊙ g, in the cosine. Against retraining, on a seed
that is not reported, both made it worse (`benchmarks/truth`: LDS .838 with them, .854 without).

Its unit is none, it sums to nothing, and it is never added to contributions. Memory is bounded by (samples * width).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from attribution.capturing.layout import Layout
from attribution.ledger.ledger import HeldStep, Interval, Window
from attribution.tracing.processes import count, first, summed

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

WIDTH = 4093
"""Numbers of a sketch; a prime, so that the rows of a weight matrix do not fall on one another."""

RIDGE = 1.0
"""λ: the best of the values tried on the models of the design study, from 0.01 to 10."""


class Removal:
    """Gathers what the removal score is made of.

    Attributes:
        aligned: (N, M) sums of cosines, N the number of samples of the run.
        sketches: (N, width) of the samples' gradients.
        item_sketches: (M, width), summed over marks.
        marks: how many.
    """

    def __init__(self, layout: Layout, samples: int, items: int, width: int = WIDTH, seed: int = 0) -> None:
        self.aligned = np.zeros((samples, items))
        self.seen = np.zeros(samples, dtype=bool)
        self.sketches = torch.zeros(samples, width, dtype=torch.float32, device=layout.device)
        self.item_sketches = torch.zeros(items, width, dtype=torch.float32, device=layout.device)
        self.marks = 0
        coins = torch.randint(
            0, 2, (layout.size,), generator=torch.Generator().manual_seed(seed), dtype=torch.int8
        )
        self._signs = (2 * coins - 1).to(layout.device)

    @property
    def size(self) -> int:
        """Numbers held, in units of 4 bytes."""
        whole = self.sketches.numel() + self.item_sketches.numel() + 2 * self.aligned.size
        return whole + self._signs.numel() // 4

    def add(self, windows: Sequence[Window], held: Sequence[HeldStep], cosines: Sequence[Tensor]) -> None:
        """The steps of an interval that is about to be settled.

        Args:
            cosines: (n, M) for each step of the windows, ascending.
        """
        steps, width = {h.step: h for h in held}, self.sketches.shape[1]
        for window in windows:
            self.item_sketches += sketched(window.right.gradients, self._signs, width)
            self.marks += 1
        for step, cosine in zip((s for w in windows for s in w.steps), cosines, strict=True):
            h = steps[step]
            numbers = np.asarray(h.samples, dtype=np.int64)
            np.add.at(self.aligned, numbers, h.rate * cosine.double().cpu().numpy())
            places = torch.as_tensor(numbers, device=self.sketches.device)
            self.sketches.index_add_(0, places, sketched(h.shares, self._signs, width))

    def book(self, interval: Interval) -> None:
        """The samples of a settled interval, of all processes."""
        self.seen[interval.samples] = True

    def shared(self) -> tuple[NDArray[np.float64], Tensor]:
        """(aligned, sketches) of all processes; each has gathered those of its own samples."""
        if count() == 1:
            return self.aligned, self.sketches
        aligned = torch.tensor(self.aligned, device=self.sketches.device)
        return summed(aligned).cpu().numpy(), summed(self.sketches.clone())

    def finish(self) -> None:
        """After the last step: every process has all of it."""
        self.aligned, self.sketches = self.shared()

    def arrays(self) -> dict[str, NDArray[np.float64]]:
        """All of it, of all processes, as plain arrays."""
        aligned, sketches = self.shared()
        return {
            "aligned": aligned,
            "seen": self.seen,
            "sketches": sketches.cpu().numpy(),
            "item_sketches": self.item_sketches.cpu().numpy(),
            "marks": np.array(self.marks),
        }

    def restore(self, arrays: Mapping[str, NDArray[np.float64]]) -> None:
        """Goes on from what `arrays` gave; what is summed over processes in the end, in the first one only."""
        self.seen = arrays["seen"].copy()
        self.marks = int(arrays["marks"])
        if first():
            self.aligned = arrays["aligned"].copy()
            self.sketches.copy_(torch.from_numpy(arrays["sketches"]))
        self.item_sketches.copy_(torch.from_numpy(arrays["item_sketches"]))

    def scores(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """((n,) numbers of the samples seen, (n, M) R)."""
        numbers = np.flatnonzero(self.seen)
        if not self.marks or not len(numbers):
            return numbers, np.zeros((len(numbers), self.aligned.shape[1]))
        rows = self.sketches[torch.as_tensor(numbers, device=self.sketches.device)].double()
        influence = influences(rows, self.item_sketches.double() / self.marks).cpu().numpy()
        return numbers, z(self.aligned[numbers]) + z(influence)


_PIECE = {"cpu": 2**19, "cuda": 2**24}
"""Scalars of a matrix that are signed and summed at a time: what a core's cache holds, 64 MB on a GPU."""


def sketched(rows: Tensor, signs: Tensor, width: int) -> Tensor:
    """(n, width) count sketch: place p goes to p mod width under a random sign. Inner products stay, on average."""
    sketch = torch.zeros(len(rows), width, dtype=torch.float32, device=rows.device)
    whole = rows.shape[1] // width * width
    wide = max(1, _PIECE.get(rows.device.type, 2**24) // max(1, len(rows) * width)) * width
    for start in range(0, whole, wide):
        stop = min(start + wide, whole)
        signed = rows[:, start:stop].float() * signs[start:stop]
        sketch += signed.view(len(rows), -1, width).sum(1)
    rest = rows.shape[1] - whole
    sketch[:, :rest] += rows[:, whole:].float() * signs[whole:]
    return sketch


def influences(rows: Tensor, items: Tensor, ridge: float = RIDGE) -> Tensor:
    """(n, M) of (G Gᵀ + λ mean(diag) I)^-1 G h, by whichever of the two systems is smaller."""
    n, width = rows.shape
    level = float(rows.square().sum() / n) * ridge
    if level == 0:
        return rows.new_zeros(n, len(items))
    if n <= width:
        gram = rows @ rows.T
        gram.diagonal().add_(level)
        solved: Tensor = torch.linalg.solve(gram, rows @ items.T)
        return solved
    moment = rows.T @ rows
    moment.diagonal().add_(level)
    whole: Tensor = rows @ torch.linalg.solve(moment, items.T)
    return whole


def z(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each column with mean 0 and deviation 1 over samples; 0 where all are alike."""
    centred = scores - scores.mean(axis=0)
    deviation = centred.std(axis=0)
    scaled: NDArray[np.float64] = np.divide(
        centred, deviation, out=np.zeros_like(centred), where=deviation > 0
    )
    return scaled
