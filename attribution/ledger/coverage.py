"""How much of what was measured the ledger explains, from its stored rows alone.

    coverage = 1 - Σ_j |ρ_j| / Σ_j |ΔL_j|          over items, both summed over the run's intervals first

Below 80 % the residual is as large as what single samples are said to have done, so amounts are not shown: only ranks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from attribution.entries import MARGIN

if TYPE_CHECKING:
    import pyarrow as pa

ENOUGH = 0.8
"""Coverage from which on amounts are shown."""

_FLOOR = 1e-3
"""Nats: an item that changed less than this is judged as if it had changed so much."""


@dataclass(frozen=True, slots=True)
class ItemCoverage:
    """One item over the whole run, nats; more is better for `change` whatever the functional."""

    suite: str
    item: str
    functional: str
    change: float
    residual: float

    @property
    def coverage(self) -> float:
        """Share explained, at most 1; it may be below 0."""
        return 1 - abs(self.residual) / max(abs(self.change), _FLOOR)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a ledger explains.

    Attributes:
        items: one each, in order of (suite, item, functional).
        explained: 1 - Σ|residual| / Σ|change|; 1 where nothing changed and nothing is left over.
        r_squared: of explained against measured change over items; None where all changed alike.
    """

    items: tuple[ItemCoverage, ...]
    explained: float
    r_squared: float | None

    @property
    def shows_amounts(self) -> bool:
        """False where only ranks may be shown."""
        return self.explained >= ENOUGH

    def __str__(self) -> str:
        shown = "amounts are shown" if self.shows_amounts else "below 80 %, so only ranks are shown"
        return f"coverage {100 * self.explained:.1f} % of the measured change over {len(self.items)} items; {shown}"


def coverage(balances: pa.Table) -> Coverage:
    """The coverage of a table of BALANCES."""
    import pyarrow.compute as pc

    sign = pc.if_else(pc.equal(balances["functional"], MARGIN), 1.0, -1.0)
    change = pc.multiply(sign, pc.subtract(balances["after"], balances["before"]))
    keys = ["suite", "item", "functional"]
    summed = (
        balances.select([*keys, "residual"])
        .append_column("change", change)
        .group_by(keys)
        .aggregate([("change", "sum"), ("residual", "sum")])
        .sort_by([(key, "ascending") for key in keys])
    )
    items = tuple(
        ItemCoverage(row["suite"], row["item"], row["functional"], row["change_sum"], row["residual_sum"])
        for row in summed.to_pylist()
    )
    changes, residuals = np.array([i.change for i in items]), np.array([i.residual for i in items])
    return Coverage(items, _explained(changes, residuals), r_squared(changes, changes - residuals))


def _explained(changes: np.ndarray, residuals: np.ndarray) -> float:
    left, whole = float(np.abs(residuals).sum()), float(np.abs(changes).sum())
    if whole == 0:
        return 1.0 if left == 0 else 0.0
    return 1 - left / whole


def r_squared(measured: np.ndarray, explained: np.ndarray) -> float | None:
    """1 - Σ(measured - explained)² / Σ(measured - mean)², over items."""
    spread = float(np.square(measured - measured.mean()).sum()) if len(measured) else 0.0
    return 1 - float(np.square(measured - explained).sum()) / spread if spread > 0 else None
