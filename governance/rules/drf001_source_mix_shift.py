"""# source-mix-shift

## What it does
Compares the shares of the sources with those of the version before of the same dataset name, by the population
stability index. One finding a dataset; `details` say which sources grew and shrank.

## Why it matters
A source that vanished or doubled changes what a model learns, and nobody decided it: an export that failed half-way, a
crawl that ran twice.

## Example
Version 3 has 50 % laws and 50 % exam questions, version 4 has 5 % laws.

## Options
- `threshold`: least index (0.2). By custom 0.1 is a small change and 0.25 a large one; a new source
  of 6 % gives 0.2. What chance alone may reach at these numbers of rows is never a finding.

## Known limits
- The version before is the latest one in this lake that differs and was audited with a drift rule; without one, or with
  fewer than 100 rows in either, the rule is not applicable.
- An audit of several datasets compares all of them together with the latest versions of all of them.
- Only the 1,000 largest sources count by name; rows that name none count as one source. A share below 0.1 % counts as
  0.1 %, so sources that small do not move the index.

## References
- Yurdakul, Naranjo 2020: Statistical properties of the population stability index. J. of Risk Model Validation 14(4)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from governance.findings import Severity
from governance.rules.base import Option, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.drift import PROFILE, reduced

if TYPE_CHECKING:
    from governance.detectors.drift.rules import Compared, Measured

LISTED = 20


def measure(sides: Compared) -> Measured:
    """The index, with the sources whose shares changed most."""
    from governance.detectors.drift.distances import source_shift
    from governance.detectors.drift.rules import Measured, shares

    index, bound = source_shift(sides.now, sides.before)
    now, before = shares(sides.now.sources), shares(sides.before.sources)
    names = sorted({*now, *before}, key=lambda n: (-abs(now.get(n, 0) - before.get(n, 0)), n))
    changed = {name: [before.get(name, 0.0), now.get(name, 0.0)] for name in names[:LISTED]}
    message = f"the shares of the sources moved by an index of {index:.2f} since {sides.reference}"
    return Measured(index, bound, message, {"shares_before_and_now": changed})


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """At most one finding, about the dataset."""
    return reduced(INFO, partials, setup, measure)


INFO = RuleInfo(
    "DRF001",
    "source-mix-shift",
    Severity.WARNING,
    "the shares of the sources differ from those of the version before",
    (Option("threshold", 0.2, "least population stability index", minimum=0.0),),
)
RULE = Rule(INFO, (PROFILE,), reduce)
