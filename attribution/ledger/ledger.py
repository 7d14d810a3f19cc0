r"""The ledger's algebra: what each sample's gradient did to each item within one interval, in nats.

Item j has cost L_j and gradient h_j = ∇L_j at marks only. In between, h̄_j(s) stands for it at the middle of step s,
interpolated as `stretch` says: with one step between marks the trapezoid ½ [h_j(s) + h_j(s+1)]. What an interval
[a, b) brought item j, more being better, is

    L_j(θ_a) - L_j(θ_b) = Σ_i φ_ij + decay_j + carried_j + forgotten_j + ρ_j                              (3)

With the coefficients of `movement` the samples' part follows from one recursion backwards through the interval
(`recursion` works it out):

    U_j(s) = through_s q_s ⊙ h̄_j(s) + V_j(s+1)         what momentum m_s brings from step s on
    V_j(s) = keep_s U_j(s),   V_j(b) = 0                what momentum m_{s-1} brings from step s on
    φ_ij  += c_s <g_i, gain_s U_j(s) + direct_s q_s ⊙ h̄_j(s)>      for samples i of step s in [a, b)      (2)
    φ_ij  += c_r <g_i, weight_r V_j(a)>                            for samples i of an earlier step r

where weight_r = gain_r Π keep over the steps r+1 .. a-1 is what of step r is still in the momentum at a. Momentum
that was there before tracing began brings carried_j = <m, V_j(a)> in the same way; so does the momentum of steps
whose samples are no longer held (forgotten_j, which rows count with the residual). Decay is contracted as movement,
decay_j = Σ_s <h̄_j(s), decayed_s>.

Exact, whatever h̄ is, is the decomposition identity, which a test holds to rounding:

    Σ_i φ_ij + decay_j + carried_j + forgotten_j = - Σ_s <h̄_j(s), θ_{s+1} - θ_s>  =: path_j

so ρ_j = measured change - path_j holds only curvature between marks and parameters that are not traced.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from attribution.capturing.layout import Spread
from attribution.ledger.movement import Coefficients
from attribution.tracing.items import Bank
from attribution.tracing.processes import gathered

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

_CHUNK = {"cpu": 2**18, "cuda": 2**26}
"""Scalars of an (items, places) matrix worked on at a time: a processor's cache on a CPU, 256 MB on a GPU."""


@dataclass(eq=False, slots=True)
class HeldStep:
    """One step whose samples' shares are held.

    Attributes:
        samples: numbers in the run's list, one a share.
        shares: (n, P) g_i in the storage precision, before clipping.
        factor: c, by which clipping scaled them.
        coefficients: of the movement.
        rates: q, (P,); None once its own interval is settled.
        rate: η of the step.
        weight: what of it is in the momentum at the end of the last settled interval.
    """

    step: int
    samples: tuple[int, ...]
    shares: Tensor
    factor: float
    coefficients: Coefficients
    rates: Tensor | None
    rate: float = 0.0
    weight: Spread = 0.0

    @property
    def share_left(self) -> float:
        """The largest share of its gradient that was still in the momentum of any parameter at the last settlement."""
        gain = _largest(self.coefficients.gain)
        return _largest(self.weight) / gain if gain else 0.0


@dataclass(frozen=True, eq=False, slots=True)
class Window:
    """What lies between two marks.

    Attributes:
        left: the bank at its start.
        right: the bank at its end.
        fractions: of the way from the left gradients to the right ones, for each step; see `stretch`.
        path: (M,) -Σ_s <h̄_j(s), θ_{s+1} - θ_s>, nats.
        decay: (M,) what weight decay brought, nats.
        middle: the bank halfway through its only step; None where there is none.
        shifts: (M,) by how much each item's own fractions are larger; None where by nothing.
    """

    left: Bank
    right: Bank
    fractions: tuple[float, ...]
    path: Tensor
    decay: Tensor
    middle: Bank | None = None
    shifts: Tensor | None = None

    @property
    def steps(self) -> range:
        """The steps in it."""
        return range(self.left.step, self.right.step)

    def line(self, first: int, last: int, dtype: torch.dtype) -> tuple[Tensor, Tensor | None]:
        """(M, last - first) y and x, new, with h̄(step) = y + fraction x at these places; no x where one step is all."""
        left = self.left.gradients[:, first:last].to(dtype)
        right = self.right.gradients[:, first:last].to(dtype)
        if len(self.fractions) == 1:
            mean = torch.lerp(left, right, self.fractions[0])
            if self.middle is not None:
                mean = mean.div_(3).add_(self.middle.gradients[:, first:last].to(dtype), alpha=2 / 3)
            return mean, None
        x = right - left
        return (left.clone() if self.shifts is None else left + self.shifts.to(dtype)[:, None] * x), x

    def between(self, step: int, first: int, last: int, dtype: torch.dtype) -> Tensor:
        """(M, last - first) h̄(step) at these places, new."""
        y, x = self.line(first, last, dtype)
        return y if x is None else y.add_(x, alpha=self.fractions[step - self.left.step])


@dataclass(frozen=True, eq=False, slots=True)
class Interval:
    """The settled ledger of the steps [start, stop), all in nats and float64.

    Attributes:
        samples: (n,) numbers of the samples that moved something in it, ascending.
        amounts: (n, M) φ_ij.
        before: (M,) values of the items at its start.
        after: (M,) at its end.
        change: (M,) reduction of the cost, measured.
        decay: (M,) by weight decay.
        carried: (M,) by momentum from before tracing began.
        forgotten: (M,) by momentum of samples no longer held.
        path: (M,) what the left side of the decomposition identity must be.
    """

    start: int
    stop: int
    samples: NDArray[np.int64]
    amounts: NDArray[np.float64]
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    change: NDArray[np.float64]
    decay: NDArray[np.float64]
    carried: NDArray[np.float64]
    forgotten: NDArray[np.float64]
    path: NDArray[np.float64]

    @property
    def attributed(self) -> NDArray[np.float64]:
        """(M,) sum over samples."""
        summed: NDArray[np.float64] = self.amounts.sum(axis=0)
        return summed

    @property
    def residual(self) -> NDArray[np.float64]:
        """(M,) what is not explained: curvature, untraced parameters, and samples no longer held."""
        left: NDArray[np.float64] = self.change - self.attributed - self.decay - self.carried
        return left

    @property
    def gap(self) -> NDArray[np.float64]:
        """(M,) by how much the decomposition identity fails: rounding, or an error in this program."""
        return self.attributed + self.decay + self.carried + self.forgotten - self.path


@dataclass(frozen=True, eq=False, slots=True)
class Amounts:
    """What the recursion (2) gives; see `recursion`.

    Attributes:
        by_step: (n, M) nats for each held step, in their order.
        carried: (M,) by momentum from before tracing.
        forgotten: (M,) by momentum of steps that are no longer held.
    """

    by_step: tuple[Tensor, ...]
    carried: Tensor
    forgotten: Tensor


def settled(
    windows: Sequence[Window], held: Sequence[HeldStep], amounts: Amounts, directions: Sequence[float]
) -> Interval:
    """The recursion's amounts as an interval of the ledger, summed by sample.

    Args:
        windows: as in `amounts_of`.
        held: likewise.
        amounts: what it returned.
        directions: M numbers that turn the items' values into costs.
    """
    before, after = _array(windows[0].left.values), _array(windows[-1].right.values)
    mine = np.array([s for h in held for s in h.samples], dtype=np.int64)
    pieces = gathered((mine, np.concatenate([_array(a) for a in amounts.by_step])))
    numbers, values = (np.concatenate(part) for part in zip(*pieces, strict=True))
    samples, place = np.unique(numbers, return_inverse=True)
    summed = np.zeros((len(samples), values.shape[1]))
    np.add.at(summed, place, values)
    return Interval(
        start=windows[0].left.step,
        stop=windows[-1].right.step,
        samples=samples,
        amounts=summed,
        before=before,
        after=after,
        change=(before - after) * directions,
        decay=_array(sum(w.decay for w in windows)),
        carried=_array(amounts.carried),
        forgotten=_array(amounts.forgotten),
        path=_array(sum(w.path for w in windows)),
    )


def chunks(vector: Tensor, rows: int) -> Iterator[tuple[int, int]]:
    """(first, last) of the pieces in which a matrix of so many rows is worked on."""
    width = max(1, _CHUNK.get(vector.device.type, 2**24) // max(1, rows))
    for first in range(0, len(vector), width):
        yield first, min(first + width, len(vector))


def contracted(bank: Bank, vectors: Tensor) -> Tensor:
    """(M, k) inner products of the bank's gradients with (k, P) vectors, in the vectors' precision."""
    total = vectors.new_zeros(len(bank.values), len(vectors))
    for first, last in chunks(vectors[0], len(bank.values)):
        total += bank.gradients[:, first:last].to(vectors.dtype) @ vectors[:, first:last].T
    return total


def _array(tensor: Tensor | int) -> NDArray[np.float64]:
    return np.asarray(torch.as_tensor(tensor).double().cpu().numpy())


def _largest(number: Spread) -> float:
    return abs(number) if isinstance(number, float) else float(number.abs().max())
