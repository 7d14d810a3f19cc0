"""Σ g gᵀ over a whole run, damped and inverted. Rows are held as they are until they would fill the matrix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from attribution.tracing.processes import count, first, gathered, summed

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor


class Squares:
    """A sum of outer products of rows of `width` numbers.

    The matrix of a width of 4,093 has 67 MB, and a short run has not that many rows: folded at once it would spend most
    of its time on it, and each checkpoint would hold it.

    Attributes:
        folded: (width, width) of the rows that are not held any more; None where all are.
        rows: how many were added.
    """

    def __init__(self, width: int, device: torch.device) -> None:
        self.width, self.device = width, device
        self.folded: Tensor | None = None
        self.rows = 0
        self._held: list[Tensor] = []

    def add(self, rows: Tensor) -> None:
        """(n, width) more."""
        self._held.append(rows)
        self.rows += len(rows)
        if sum(map(len, self._held)) >= self.width:
            self._fold()

    def size(self, rows: int) -> int:
        """Numbers held at most once so many rows were added, while they are put together or folded."""
        return min(2 * rows, 3 * self.width) * self.width

    @property
    def held(self) -> Tensor:
        """(n, width) rows that are not folded."""
        return torch.cat([torch.zeros(0, self.width, device=self.device), *self._held])

    def damped(self, directions: Tensor, ridge: float) -> Tensor:
        """(M, width) of (Σ g gᵀ + ridge mean |g|² I)^-1 h, in double precision; 0 where no row has a length.

        Args:
            directions: (M, width) h.
        """
        folded = None if self.folded is None else self.folded.double()
        rows, h = self.held.double(), directions.double()
        level = float(rows.square().sum() + (0 if folded is None else folded.trace()))
        if level == 0:
            return torch.zeros_like(h)
        level *= ridge / self.rows
        if folded is not None:
            return _solved(folded + rows.T @ rows, level, h.T).T
        # (RᵀR + μ)^-1 = (1 - Rᵀ (R Rᵀ + μ)^-1 R) / μ, and R has fewer rows than columns
        return (h - _solved(rows @ rows.T, level, rows @ h.T).T @ rows) / level

    def over_processes(self) -> Squares:
        """The sum of those of all processes; itself where there is one."""
        if count() == 1:
            return self
        whole = Squares(self.width, self.device)
        self._fold()
        assert self.folded is not None  # noqa: S101 - just folded
        whole.folded, whole.rows = summed(self.folded.clone()), sum(gathered(self.rows))
        return whole

    def arrays(self) -> dict[str, NDArray[Any]]:
        """As plain arrays."""
        folded = self.held[:0] if self.folded is None else self.folded
        return {
            "rows": np.array(self.rows),
            "held": self.held.cpu().numpy(),
            "folded": folded.cpu().numpy(),
        }

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Goes on from what `arrays` gave, of all processes, in the first one only."""
        if not first():
            return
        self.rows = int(arrays["rows"])
        self._held = [torch.from_numpy(arrays["held"]).to(self.device)]
        self.folded = torch.from_numpy(arrays["folded"]).to(self.device) if len(arrays["folded"]) else None

    def _fold(self) -> None:
        if self.folded is None:
            self.folded = torch.zeros(self.width, self.width, device=self.device)
        rows, self._held = self.held, []
        self.folded.addmm_(rows.T, rows)


def _solved(squares: Tensor, level: float, wanted: Tensor) -> Tensor:
    """(squares + level I)^-1 wanted; the diagonal is written to."""
    squares.diagonal().add_(level)
    found: Tensor = torch.cholesky_solve(wanted, torch.linalg.cholesky(squares))
    return found
