"""The items' side of a sketch: gradients of their cost, under the optimizer's preconditioner, as K numbers an item.

An item's gradient is held as what its layers saw, inputs and outgoing gradients of its tokens, never as a matrix a
layer: that is fewer numbers, and it can be multiplied by a preconditioner that is known only later. The mark at the
end of a window does so with the gradients of both its ends, since a preconditioner is right for the steps before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import torch

from attribution.capturing.capture import TOLERANCES, common_factor
from attribution.errors import SharesDoNotAdd
from attribution.sketching.covering import Covered
from attribution.sketching.projections import Projections
from attribution.sketching.taps import Taps
from attribution.tracing.items import VALUES, Probe, evaluating, gradients_aside, moved
from governance.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor

_PIECE = 2**24
"""Scalars of items' whole gradients that are formed at a time: 64 MB."""

Seen: TypeAlias = "tuple[tuple[Tensor, Tensor], ...]"
"""(inputs, outgoing gradients) of one layer, for each time it was used: (n, t, inputs), (n, t, outputs)."""


@dataclass(frozen=True, eq=False, slots=True)
class HeldBank:
    """All items at one mark.

    Attributes:
        step: steps done before it.
        values: (M,) float64 on the CPU, the functional's own numbers.
        counts: items of each probe.
        seen: for each probe and layer.
    """

    step: int
    values: Tensor
    counts: tuple[int, ...]
    seen: tuple[tuple[Seen, ...], ...]

    @property
    def bytes(self) -> int:
        """Memory of it; inputs that several layers share are counted once."""
        tensors = [t for probe in self.seen for layer in probe for pair in layer for t in pair]
        return sum({t.data_ptr(): t.numel() * t.element_size() for t in tensors}.values())


def held_bank(
    model: torch.nn.Module, taps: Taps, covered: Covered, probes: Sequence[Probe], step: int
) -> HeldBank:
    """Values and held gradients of all items at the parameters as they are.

    Raises:
        SharesDoNotAdd: a layer's gradient is not what its tap saw.
    """
    trainable = [p for p in model.parameters() if p.requires_grad]
    values, seen = [], []
    with evaluating(model), gradients_aside(trainable):
        for probe in probes:
            value, layers = _probed(model, taps, covered, probe)
            _check(covered, layers, value.dtype)
            values.append(value.detach().double().cpu())
            seen.append(layers)
            for parameter in trainable:
                parameter.grad = None
    return HeldBank(step, torch.cat(values), tuple(len(p.items) for p in probes), tuple(seen))


def _probed(
    model: torch.nn.Module, taps: Taps, covered: Covered, probe: Probe
) -> tuple[Tensor, tuple[Seen, ...]]:
    rows, device = len(probe.items), covered.weights[0].device
    seen: list[list[tuple[Tensor, Tensor]]] = [[] for _ in covered.names]

    def taken(layer: int, x: Tensor, back: Tensor) -> None:
        seen[layer].append((x, back))

    with taps.watching(taken, rows), torch.enable_grad():
        value = (probe.value or VALUES[probe.functional])(model, moved(probe.batch, device))
        if value.shape != (rows,):
            raise UsageError(
                f"a functional gave {tuple(value.shape)} for {rows} items",
                where=probe.functional,
                hint="one number a row",
            )
        (probe.direction * value).sum().backward()  # type: ignore[no-untyped-call]
    return value, tuple(tuple(layer) for layer in seen)


def _check(covered: Covered, layers: Sequence[Seen], dtype: torch.dtype) -> None:
    """What the taps saw sums to each layer's gradient. By one random direction a layer, which misses no error."""
    from attribution.capturing.layout import Layout

    maker = torch.Generator().manual_seed(0)
    sums, wholes = [], []
    for weight, layer in zip(covered.weights, layers, strict=True):
        probe = torch.randn(weight.shape[1], generator=maker).to(weight.device, weight.dtype)
        whole = weight.new_zeros(len(weight)) if weight.grad is None else weight.grad @ probe
        parts = [
            torch.einsum("nto,nt->o", back, (x.to(probe.dtype) @ probe).to(back.dtype)) for x, back in layer
        ]
        sums.append(sum(parts, torch.zeros_like(whole)))
        wholes.append(whole)
    starts = [0]
    for whole in wholes:
        starts.append(starts[-1] + len(whole))
    layout = Layout(covered.names, covered.weights, tuple(starts))
    seen = {t.dtype for layer in layers for pair in layer for t in pair}
    tolerance = max(TOLERANCES.get(d, 0.0) for d in seen | {dtype})
    factor = common_factor(layout, torch.cat(sums), torch.cat(wholes), tolerance)
    if abs(factor - 1) > tolerance:
        raise SharesDoNotAdd(f"items' gradients sum to {factor:.4g} of the whole", where=covered.names[0])


def sketched(
    bank: HeldBank, projections: Projections, preconditioner: Callable[[int], Tensor], dtype: torch.dtype
) -> Tensor:
    """(M, K) S(D^-1⊙P⊙h_j) of all items of a bank.

    Args:
        preconditioner: of a layer by its number, in its weight's shape.
    """
    into = torch.zeros(len(bank.values), projections.size, dtype=dtype, device=projections.layout.device)
    starts = [sum(bank.counts[:n]) for n in range(len(bank.counts))]
    for layer, projection in enumerate(projections.each):
        p = preconditioner(layer).to(dtype)
        for start, probe in zip(starts, bank.seen, strict=True):
            first = start
            for gradients in _gradients(probe[layer], p.numel(), dtype):
                rows = slice(first, first + len(gradients))
                into[rows, projections.columns(layer)] = projection.of_queries(gradients.mul_(p))
                first = rows.stop
    return into


def squares(bank: HeldBank, covered: Covered, layer: int, dtype: torch.dtype) -> Tensor:
    """Sum over items of the squares of a layer's gradient, in its weight's shape."""
    weight = covered.weights[layer]
    total = torch.zeros_like(weight, dtype=dtype)
    for probe in bank.seen:
        for gradients in _gradients(probe[layer], weight.numel(), dtype):
            total += gradients.square_().sum(0)
    return total


def _gradients(seen: Seen, scalars: int, dtype: torch.dtype) -> Iterator[Tensor]:
    """(n, outputs, inputs) of a few items at a time, new; nothing of a layer that was not used."""
    rows = len(seen[0][0]) if seen else 0
    step = max(1, _PIECE // scalars)
    for first in range(0, rows, step):
        part = slice(first, first + step)
        matrices = [torch.bmm(back[part].to(dtype).transpose(1, 2), x[part].to(dtype)) for x, back in seen]
        yield sum(matrices[1:], matrices[0])
