r"""D of equation (6): which entries of a layer's gradient count, as one number a row and one a column.

    D_ab = (ρ_a γ_b / mean)^(-1/4),    ρ_a = mean_b v_ab,   γ_b = mean_a v_ab

The optimizer divides by √v. Left to the query alone, that division blows up the sketch's noise where v is small; left
to the sample alone, it would have to be known when the sample is met. Split evenly, D on the sample's side and D^-1 on
the query's, both sides have about the size √√v, and the product is exact whatever D is: D moves noise only, never the
mean. It has rank one, so that it goes into the two projections and costs nothing.

v is the optimizer's second moment where it has one. A fresh optimizer has none, and waiting for one would leave the
first samples in sketches of another D, which cannot be added to later ones. Then the squares of the items' gradients
at the first mark stand for it, as they are known before the first sample is met.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

_LEAST = 1e-4
"""Rows and columns of less than this share of the mean count as if they had it, so that D stays within a factor 10."""


@dataclass(frozen=True, eq=False, slots=True)
class Importance:
    """D of one layer, D_ab = rows_a * columns_b.

    Attributes:
        rows: (outputs,).
        columns: (inputs,).
    """

    rows: Tensor
    columns: Tensor


def importance(squares: Tensor) -> Importance:
    """D from an (outputs, inputs) matrix of squares, of any scale."""
    return Importance(_quarter(squares.mean(1)), _quarter(squares.mean(0)))


def even(weight: Tensor, dtype: torch.dtype) -> Importance:
    """D = 1 for a weight."""
    outputs, inputs = weight.shape
    ones = torch.ones(max(outputs, inputs), dtype=dtype, device=weight.device)
    return Importance(ones[:outputs], ones[:inputs])


def _quarter(means: Tensor) -> Tensor:
    mean = means.mean()
    if not bool(mean > 0):
        return torch.ones_like(means)
    return (means / mean).clamp_min(_LEAST).pow(-0.25)
