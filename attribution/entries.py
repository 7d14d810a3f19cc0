"""The rows of the attribution ledger, as those who make and read them name them; see `governance.contributions`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.contributions import (
    ANSWER_LOSS,
    BALANCES,
    CONTRIBUTIONS,
    FUNCTIONALS,
    MARGIN,
    REMOVALS,
    SAMPLES,
)

if TYPE_CHECKING:
    from governance.lake.contributions import StoredAttribution

__all__ = [
    "ANSWER_LOSS",
    "BALANCES",
    "CONTRIBUTIONS",
    "FUNCTIONALS",
    "MARGIN",
    "REMOVALS",
    "SAMPLES",
    "is_sketch",
]

MODE, SKETCH = "mode", "sketch"
"""In the settings of an attribution's record, where it is no ledger."""


def is_sketch(stored: StoredAttribution) -> bool:
    """True where what is stored is a ranking, not amounts."""
    return stored.record.settings.get(MODE) == SKETCH
