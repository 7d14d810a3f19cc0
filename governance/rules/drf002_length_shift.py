"""# length-shift

## What it does
Compares how long the rows are, in characters of all turns, with the version before of the same dataset name: the
largest difference of the two distributions (Kolmogorov-Smirnov), over bins of a quarter of a doubling.

## Why it matters
Rows that became shorter were often cut, rows that became longer often hold markup, thinking or a whole
document that the last version did not have.

## Example
Half of the rows of version 3 are shorter than 400 characters, half of those of version 4 shorter than 90.

## Options
- `threshold`: least difference (0.1: one row in ten is on another side of some length). What chance alone may reach at
  these numbers of rows is never a finding.

## Known limits
- As for DRF001: an earlier version that was audited with a drift rule, and 100 rows in both.
- Quartiles in `details` are those of the bins, up to 9 % off.

## References
- Massey 1951: The Kolmogorov-Smirnov test for goodness of fit. JASA 46
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from governance.findings import Severity
from governance.rules.base import Option, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.drift import PROFILE, reduced

if TYPE_CHECKING:
    from governance.detectors.drift.rules import Compared, Measured


def measure(sides: Compared) -> Measured:
    """The largest difference, with the quartiles of both."""
    from governance.detectors.drift.distances import length_shift, quartiles
    from governance.detectors.drift.rules import Measured

    distance, bound = length_shift(sides.now, sides.before)
    now, before = quartiles(sides.now.lengths), quartiles(sides.before.lengths)
    message = (
        f"{distance:.0%} of the rows are on another side of some length than in {sides.reference};"
        f" the median went from {before[1]} to {now[1]} characters"
    )
    return Measured(distance, bound, message, {"quartiles_before": before, "quartiles_now": now})


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """At most one finding, about the dataset."""
    return reduced(INFO, partials, setup, measure)


INFO = RuleInfo(
    "DRF002",
    "length-shift",
    Severity.WARNING,
    "the lengths of the rows differ from those of the version before",
    (Option("threshold", 0.1, "least difference of the two distributions", minimum=0.0, maximum=1.0),),
)
RULE = Rule(INFO, (PROFILE,), reduce)
