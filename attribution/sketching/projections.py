r"""Random projections of a layer's gradient that keep inner products on average.

    S(D⊙g) = F( Σ_t (R_o diag(rows) back_t) (R_i diag(columns) x_t)ᵀ )          samples: from what a tap sees
    S(D^-1⊙U) = F( R_o diag(1/rows) U diag(1/columns) R_iᵀ )                    queries: from a whole matrix

R_o and R_i have orthogonal rows of length √(dim / m), so E[RᵀR] = 1, and RᵀR = 1 where m = dim. F is a count sketch: it
adds what falls into the same of k² places under random signs. Alone (m = k), the two-sided projection is LoGra's; its
noise on a gradient of rank one is that of some k/2 numbers, not k², because the same few directions are used for
all. A wide projection (m = 4k) folded into k² places costs no disk and has a fraction of that noise
(benchmarks/trace/sketch.py). Where m² is at most k² nothing is folded, and with m = dim the sketch is a rotation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import ceil, sqrt
from typing import TYPE_CHECKING

import torch

from attribution.capturing.layout import Layout
from attribution.sketching.covering import Covered
from attribution.sketching.importance import Importance

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, eq=False, slots=True)
class Projection:
    """Of one layer.

    Attributes:
        sample_rows, sample_columns: (m_o, outputs) R_o diag(rows), (m_i, inputs) R_i diag(columns).
        query_rows, query_columns: the same with D^-1.
        order: places of the m_o * m_i products in the fold, padded to a multiple of `size`; None where none is folded.
        signs: ±1 for each of them.
        size: numbers in the sketch.
    """

    sample_rows: Tensor
    sample_columns: Tensor
    query_rows: Tensor
    query_columns: Tensor
    order: Tensor | None
    signs: Tensor | None
    size: int

    def of_tokens(self, x: Tensor, back: Tensor) -> Tensor:
        """(n, size) S(D⊙g) of n samples, from (n, t, inputs) and (n, t, outputs)."""
        left = _wide(back, self.sample_rows) @ self.sample_rows.T
        right = _wide(x, self.sample_columns) @ self.sample_columns.T
        return self._folded(torch.bmm(left.transpose(1, 2), right))

    def of_gradient(self, gradient: Tensor) -> Tensor:
        """(size,) S(D⊙G) of a whole (outputs, inputs) gradient."""
        product = self.sample_rows @ gradient.to(self.sample_rows.dtype) @ self.sample_columns.T
        return self._folded(product.unsqueeze(0))[0]

    def of_queries(self, matrices: Tensor) -> Tensor:
        """(n, size) S(D^-1⊙U) of (n, outputs, inputs)."""
        return self._folded(self.query_rows @ matrices @ self.query_columns.T)

    def _folded(self, products: Tensor) -> Tensor:
        flat = products.flatten(1)
        if self.order is None or self.signs is None:
            return flat
        padding = len(self.order) - flat.shape[1]
        padded = torch.nn.functional.pad(flat, (0, padding)) if padding else flat
        return (padded[:, self.order] * self.signs).view(len(flat), -1, self.size).sum(1)


@dataclass(frozen=True, eq=False)
class Projections:
    """Of all covered layers. A sketch is one vector of K numbers, layer after layer.

    Attributes:
        each: one a layer.
        layout: where each layer's numbers lie in the K, under the weights' names.
    """

    each: tuple[Projection, ...]
    layout: Layout

    @property
    def size(self) -> int:
        """K."""
        return self.layout.size

    def columns(self, layer: int) -> slice:
        """The places of a layer."""
        return slice(self.layout.starts[layer], self.layout.starts[layer + 1])

    def of_gradients(self, weights: Sequence[torch.nn.Parameter]) -> Tensor:
        """(K,) S(D⊙G) of the gradients that the optimizer is about to get; zero where there is none."""
        parts = [
            p.sample_rows.new_zeros(p.size) if w.grad is None else p.of_gradient(w.grad)
            for p, w in zip(self.each, weights, strict=True)
        ]
        return torch.cat(parts)


def sizes(covered: Covered, width: int, fold: int) -> tuple[int, ...]:
    """Numbers in the sketch of each layer."""
    found = []
    for weight in covered.weights:
        outputs, inputs = weight.shape
        found.append(min(width * width, min(outputs, width * fold) * min(inputs, width * fold)))
    return tuple(found)


def projections(
    covered: Covered,
    importances: Sequence[Importance],
    *,
    width: int,
    fold: int,
    seed: int,
    dtype: torch.dtype = torch.float32,
) -> Projections:
    """The projections that (names, shapes, importance, width, fold, seed) decide, whatever the device.

    Args:
        width: k; a layer's sketch has k² numbers, or fewer where the layer is smaller.
        fold: m / k.
        seed: of all of them; each layer has its own by its name.
    """
    starts = [0]
    for size in sizes(covered, width, fold):
        starts.append(starts[-1] + size)
    each = tuple(
        _projection(name, weight, d, width * fold, stop - start, seed, dtype)
        for name, weight, d, start, stop in zip(
            covered.names, covered.weights, importances, starts, starts[1:], strict=False
        )
    )
    return Projections(each, Layout(covered.names, covered.weights, tuple(starts)))


def _projection(
    name: str, weight: Tensor, d: Importance, most: int, size: int, seed: int, dtype: torch.dtype
) -> Projection:
    maker = torch.Generator().manual_seed(int.from_bytes(sha256(f"{seed}/{name}".encode()).digest()[:7]))
    rows, columns = (orthogonal(min(dim, most), dim, maker).to(weight.device, dtype) for dim in weight.shape)
    order, signs = _fold(len(rows) * len(columns), size, maker)
    d_rows, d_columns = (v.to(weight.device, dtype) for v in (d.rows, d.columns))
    return Projection(
        rows * d_rows,
        columns * d_columns,
        rows / d_rows,
        columns / d_columns,
        None if order is None else order.to(weight.device),
        None if signs is None else signs.to(weight.device, dtype),
        size,
    )


def orthogonal(count: int, dim: int, maker: torch.Generator) -> Tensor:
    """(count, dim) rows that are orthogonal, of length √(dim / count), in float64; RᵀR is 1 on average."""
    gaussian = torch.randn(dim, count, generator=maker, dtype=torch.float64)
    directions: Tensor = torch.linalg.qr(gaussian)[0]
    return directions.T.contiguous() * sqrt(dim / count)


def _fold(products: int, size: int, maker: torch.Generator) -> tuple[Tensor | None, Tensor | None]:
    """Which product falls where, evenly: every place gets as many, but for the padding."""
    if products <= size:
        return None, None
    whole = ceil(products / size) * size
    order = torch.randperm(whole, generator=maker)
    signs = 2.0 * torch.randint(0, 2, (whole,), generator=maker) - 1.0
    return order, signs


def _wide(values: Tensor, like: Tensor) -> Tensor:
    return values if values.dtype == like.dtype else values.to(like.dtype)
