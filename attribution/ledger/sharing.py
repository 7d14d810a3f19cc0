r"""What samples did together, shared out among them: the Aumann-Shapley value of who pushed and who was there.

Bookings (2) go by who came first. Of two samples that teach the same, the first moves the item and the second finds
nothing left to do; where samples pull at each other, each is booked its whole pull. So a sample's bookings say little
of what would be different without it. Here sample i is P_i, how far it moved the parameters in all (`pushes`), and
a_ij = <P_i, d_j> what that is worth to item j, with Σ_i a_ij = A_j, the sum of the bookings. What a part of the samples
would have brought, each being there to the extent x_i, is kernel regression:

    v_j(x) = Σ_i x_i a_ij c_i(x),   c(x) = (λ + K X)^-1 (λ + K) 1,   K = P Pᵀ,   λ = mean_i |P_i|²,   X = diag(x)

c_i says how hard i pushes: as it did (1) when all are there, harder when those are missing that push the same way, less
when those are that push against it. v_j(1) = A_j and v_j(0) = 0. Aumann and Shapley's value (1974) lets all come at the
same pace and gives each what it adds on the way:

    φ_ij = ∫_0^1 ∂v_j/∂x_i (t, ..., t) dt = ∫_0^1 λ [(tK + λ)^-1 a_j]_i [(tK + λ)^-1 (K + λ) 1]_i dt            (4)

Over samples φ sums to A_j whatever K, a and λ are; samples that do the same get the same; in which order they came does
not matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from torch import Tensor

_NODES = 24
"""Of the quadrature; the sum over samples is then right to 1e-9."""

_ROWS = 4096
"""Samples worked on at a time."""


def shared(pushes: Tensor, towards: Tensor) -> Tensor:
    """(n, M) the value (4) in double precision, of a_ij = <P_i, d_j>; its sums over samples are those of a.

    Args:
        pushes: (n, width) P, in any precision.
        towards: (M, width) d, in double precision.
    """
    ridge = _squares(pushes) / max(1, len(pushes))
    if ridge == 0:
        return towards.new_zeros(len(pushes), len(towards))
    values, basis = _spectrum(pushes)
    total = pushes.sum(0, dtype=torch.float64)
    onto = basis.T @ sum(
        (rows.T @ (rows @ towards.T) for rows in _pieces(pushes)), start=torch.zeros_like(towards.T)
    )
    ones = (basis.T @ total)[:, None]
    alone = ones * (values + ridge)[:, None]
    found = []
    for rows in _pieces(pushes):
        directions = rows @ basis
        hard = ridge + directions @ (ones * values[:, None])
        found.append(_integral(directions, values, ridge, (rows @ towards.T, onto), (hard, alone)))
    return torch.cat(found)


def _pieces(pushes: Tensor) -> Iterator[Tensor]:
    """The rows in double precision, a few at a time."""
    for start in range(0, len(pushes), _ROWS):
        yield pushes[start : start + _ROWS].double()


def _squares(pushes: Tensor) -> float:
    return float(sum(rows.square().sum() for rows in _pieces(pushes)))


def _integral(
    directions: Tensor,
    values: Tensor,
    ridge: float,
    worth: tuple[Tensor, Tensor],
    hard: tuple[Tensor, Tensor],
) -> Tensor:
    """The integral of (4) for some samples.

    Args:
        directions: (n, rank) their rows of the eigenvectors of K.
        values: (rank,) eigenvalues.
        worth: (n, M) a of them, and (rank, M) of all along the eigenvectors.
        hard: the same of (K + λ) 1, with one column.
    """
    total = torch.zeros_like(worth[0])
    for time, weight in _times(float(values.max()) / ridge):
        damping = (1 / (time * values + ridge) - 1 / ridge)[:, None]
        left = worth[0] / ridge + directions @ (damping * worth[1])
        force = hard[0] / ridge + directions @ (damping * hard[1])
        total += weight * ridge * left * force
    return total


def _times(span: float) -> list[tuple[float, float]]:
    """Nodes and weights for integrals over [0, 1] of functions of 1 + t κ / λ with κ / λ up to `span`.

    Evenly spread in log(1 + t span), as a direction with a large κ is made up for when t is still small.
    """
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    reach = np.log1p(span)
    grown = np.exp(reach * (nodes + 1) / 2)
    return list(zip((grown - 1) / span, weights / 2 * reach * grown / span, strict=True))


def _spectrum(pushes: Tensor) -> tuple[Tensor, Tensor]:
    """(rank,) eigenvalues of K = P Pᵀ above rounding, and (width, rank) B such that P B has the eigenvectors."""
    n, width = pushes.shape
    if n <= width:
        whole = pushes.double()
        values, vectors = torch.linalg.eigh(whole @ whole.T)
        kept = values > values[-1] * n * torch.finfo(values.dtype).eps
        return values[kept], whole.T @ (vectors[:, kept] / values[kept])
    start = torch.zeros(width, width, dtype=torch.float64, device=pushes.device)
    values, vectors = torch.linalg.eigh(sum((rows.T @ rows for rows in _pieces(pushes)), start=start))
    kept = values > values[-1] * width * torch.finfo(values.dtype).eps
    return values[kept], vectors[:, kept] / values[kept].sqrt()
