r"""The ledger's algebra: what each sample's gradient did to each item within one interval, in nats.

Item j has cost L_j and gradient h_j = ∇L_j at marks only. In between, h̄_j(s) stands for it at the middle of step s,
interpolated as `stretch` says: with one step between marks the trapezoid ½ [h_j(s) + h_j(s+1)]. What an interval
[a, b) brought item j, more being better, is

    L_j(θ_a) - L_j(θ_b) = Σ_i φ_ij + decay_j + carried_j + forgotten_j + ρ_j                              (3)

With the coefficients of `movement` the samples' part follows from one recursion backwards through the interval:

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

from attribution.capturing.layout import Spread, cut, is_zero
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

    def between(self, step: int, first: int, last: int, dtype: torch.dtype) -> Tensor:
        """(M, last - first) h̄(step) at these places, new."""
        fraction: float | Tensor = self.fractions[step - self.left.step]
        if self.shifts is not None:
            fraction = (self.shifts + fraction).to(dtype)[:, None]
        left = self.left.gradients[:, first:last].to(dtype)
        mean = torch.lerp(left, self.right.gradients[:, first:last].to(dtype), fraction)
        if self.middle is None:
            return mean
        return mean / 3 + self.middle.gradients[:, first:last].to(dtype) * (2 / 3)


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
    """What one recursion gives: (n, M) for each held step in their order, (M,) for the two other momenta."""

    by_step: tuple[Tensor, ...]
    carried: Tensor
    forgotten: Tensor


def amounts_of(
    windows: Sequence[Window], held: Sequence[HeldStep], carried: Tensor, forgotten: Tensor
) -> Amounts:
    """The recursion over successive windows.

    Args:
        windows: successive, at least one.
        held: all steps of the windows, and earlier ones whose weight is set, ascending.
        carried: (P,) momentum from before tracing, as it is at the start.
        forgotten: (P,) momentum of steps no longer held, as it is at the start.
    """
    items = len(windows[0].left.values)
    zero = carried.new_zeros(items)
    by_step = [carried.new_zeros(len(h.samples), items) for h in held]
    totals = [zero.clone(), zero.clone()]
    for first, last in chunks(carried, items):
        start = _backwards(windows, held, by_step, first, last, carried.dtype)
        for total, momentum in zip(totals, (carried, forgotten), strict=True):
            total.add_(start @ momentum[first:last])
    for h, amount in zip(held, by_step, strict=True):
        amount.mul_(h.factor)
    return Amounts(tuple(by_step), *totals)


def _backwards(
    windows: Sequence[Window],
    held: Sequence[HeldStep],
    by_step: Sequence[Tensor],
    first: int,
    last: int,
    dtype: torch.dtype,
) -> Tensor:
    """Adds equation (2) for the places first..last to `by_step`; returns V(a), (M, last - first)."""
    place = {h.step: n for n, h in enumerate(held)}
    brings = torch.zeros(len(windows[0].left.values), last - first, dtype=dtype, device=by_step[0].device)
    kept: Spread = 1.0  # goes into `brings` with the next sum, as a pass over it costs as much as the product
    for window in reversed(windows):
        for step in reversed(window.steps):
            h, into = held[place[step]], by_step[place[step]]
            c = Coefficients(*(cut(v, first, last) for v in _values(h.coefficients)))
            assert h.rates is not None  # noqa: S101 - its interval is the one being settled
            direct = window.between(step, first, last, dtype).mul_(h.rates[first:last])
            brought = direct if _is_one(c.through) else direct * c.through
            if isinstance(kept, float):
                torch.add(brought, brings, alpha=kept, out=brings)
            else:
                brings.mul_(kept).add_(brought)
            shares = h.shares[:, first:last].to(dtype)
            if isinstance(c.gain, float):  # a pass over (M, places) less
                into.add_(shares @ brings.T, alpha=c.gain)
            else:
                into += shares @ (brings * c.gain).T
            if not is_zero(c.direct):
                into += shares @ (direct * c.direct).T
            kept = c.keep
    brings *= kept
    for h, into in zip(held, by_step, strict=True):
        if h.step < windows[0].left.step:
            into.add_(h.shares[:, first:last].to(dtype) @ (brings * cut(h.weight, first, last)).T)
    return brings


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


def _values(c: Coefficients) -> tuple[Spread, ...]:
    return c.keep, c.gain, c.inject, c.through, c.direct, c.coupled, c.shrink


def _is_one(number: Spread) -> bool:
    return isinstance(number, float) and number == 1.0


def _array(tensor: Tensor | int) -> NDArray[np.float64]:
    return np.asarray(torch.as_tensor(tensor).double().cpu().numpy())
