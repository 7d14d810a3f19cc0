"""The rows of the attribution ledger, as those who make and read them name them; see `governance.contributions`."""

from __future__ import annotations

from governance.contributions import (
    ANSWER_LOSS,
    BALANCES,
    CONTRIBUTIONS,
    FUNCTIONALS,
    MARGIN,
    REMOVALS,
    SAMPLES,
)

__all__ = ["ANSWER_LOSS", "BALANCES", "CONTRIBUTIONS", "FUNCTIONALS", "MARGIN", "REMOVALS", "SAMPLES"]
