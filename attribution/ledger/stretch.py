r"""The steps between two marks: how far each moved the parameters, and what the marks say of gradients in between.

Item j's gradient at the middle of step s is interpolated between those at the marks a and b,

    h̄_j(s) = h_j(a) + f_js x_j,    x_j = h_j(b) - h_j(a),    f_js = ½ + τ (f_s - f̄_j)

    f_s = (length of path from θ_a to the middle of step s) / (to θ_b)
    f̄_j = Σ_s f_s <x_j, Δ_s> / <x_j, D>,    Δ_s = θ_{s+1} - θ_s,    D = Σ_s Δ_s = θ_b - θ_a
    τ   = (|D|² - Σ|Δ_s|²) / ((Σ|Δ_s|)² - Σ|Δ_s|²),    the mean cosine of two different steps

Let the item be quadratic: h(θ) = h(θ_a) + H (θ - θ_a), x = H D. Then step s brings <h(a), Δ_s> + Σ_r w_rs <Δ_r, H Δ_s>
with w = 1 for steps before s, ½ for s itself and 0 for later ones, of which the marks show Σ_r <Δ_r, H Δ_s> = <x, Δ_s>.

- f̄_j makes the sum over steps right. It is ½ <h(a) + h(b), D> whatever the path, as H is symmetric, while f_s alone
  gives <x, Σ_s (f_s - ½) Δ_s> too much, which is of second order as soon as the path bends. What is left is the
  trapezoid's error, of third order.
- τ makes its parts right. On a straight path f_s is the share of the sum with w = 1; of steps that have nothing to do
  with each other only r = s is left, and ½ is right for all.

All of it is made of gradients and movements; no measured value is in it. f̄_j is a ratio, so it is kept within [0, 1]:
where x_j has next to nothing along D it would be noise.

A single step has f = ½. With a mark at its middle it is Simpson's rule, (h(a) + 4 h(middle) + h(b)) / 6.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from attribution.capturing.layout import Layout
from attribution.ledger.ledger import Window, contracted
from attribution.tracing.items import Bank


@dataclass(frozen=True, eq=False, slots=True)
class _Step:
    """One step's movement, and the part of it that is decay, as it was subtracted; (P,) each."""

    moved: Tensor
    decayed: Tensor | None
    length: float


class Stretch:
    """Successive steps.

    Attributes:
        first: number of the first one.
        keeps: whether single steps are held, so that it can be split: up to twice P numbers a step.
        middles: length of path from the start to the middle of each step.
        length: of the path, the sum of the steps' Euclidean norms.
        squares: sum of the squares of these.
    """

    def __init__(self, layout: Layout, first: int, *, keeps: bool) -> None:
        self.layout, self.first, self.keeps = layout, first, keeps
        self.middles: list[float] = []
        self.length = self.squares = 0.0
        self._steps: list[_Step] = []
        # moved and decayed, summed over steps; the same times the length of path at each step's middle
        self._sums = torch.zeros(4, layout.size, dtype=layout.work, device=layout.device)

    def __len__(self) -> int:
        return len(self.middles)

    @property
    def moved(self) -> Tensor:
        """(P,) D, the movement from its start to its end."""
        return self._sums[0]

    def add(self, moved: Tensor, decayed: Tensor | None) -> None:
        """One step more.

        Args:
            moved: (P,) its movement.
            decayed: (P,) the part of it that is decay, as it was subtracted; None where there is none.
        """
        self._add(_Step(moved, decayed, float(moved.norm())))

    def window(self, left: Bank, right: Bank, middle: Bank | None = None) -> Window:
        """The window between the marks at its ends; with a bank at the middle of its only step, Simpson's rule."""
        scale = 1 / self.length if self.length else 0.0
        tilt = self.straightness()
        lefts, rights = contracted(left, self._sums), contracted(right, self._sums)
        whole, along = (rights - lefts).view(-1, 2, 2).unbind(1)  # each with moved and decayed
        along = along * scale
        means = _means(whole[:, 0], along[:, 0])
        sums = lefts[:, :2] + whole / 2 + (along - means[:, None] * whole) * tilt
        if middle is not None:
            sums = sums / 3 + contracted(middle, self._sums[:2]) * (2 / 3)
        fractions = tuple(0.5 + tilt * (m * scale - 0.5) for m in self.middles)
        shifts = tilt * (0.5 - means) if tilt else None
        return Window(left, right, fractions, -sums[:, 0], sums[:, 1], middle, shifts)

    def straightness(self) -> float:
        """τ, within [0, 1]; 0 for a single step."""
        apart = self.length**2 - self.squares
        if len(self) == 1 or apart <= 0:
            return 0.0
        return min(1.0, max(0.0, (float(self.moved.double().square().sum()) - self.squares) / apart))

    def split(self) -> tuple[Stretch, Stretch]:
        """Two stretches that meet after the step that ends nearest to half the path; neither is empty."""
        ends = torch.tensor([s.length for s in self._steps[:-1]], dtype=torch.float64).cumsum(0)
        at = 1 + int((ends - self.length / 2).abs().argmin())
        parts = (
            Stretch(self.layout, self.first, keeps=True),
            Stretch(self.layout, self.first + at, keeps=True),
        )
        for place, step in enumerate(self._steps):
            parts[place >= at]._add(step)
        return parts

    def _add(self, step: _Step) -> None:
        middle = self.length + step.length / 2
        for row, vector in enumerate((step.moved, step.decayed)):
            if vector is not None:
                self._sums[row] += vector
                self._sums[row + 2].add_(vector, alpha=middle)
        self.middles.append(middle)
        self.length += step.length
        self.squares += step.length**2
        if self.keeps:
            self._steps.append(step)


def _means(whole: Tensor, along: Tensor) -> Tensor:
    """(M,) f̄_j of <x_j, D> and Σ f_s <x_j, Δ_s>."""
    mean = torch.where(whole != 0, along / whole, torch.full_like(whole, 0.5))
    return mean.nan_to_num(nan=0.5).clamp(0, 1)
