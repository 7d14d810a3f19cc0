"""# vocabulary-shift

## What it does
Compares the words of the rows with those of the version before of the same dataset name: the Jensen-Shannon divergence
of 4,096 hashed word counters between the versions, less that between two halves of one version, which is chance.
A row counts once for each word. Chinese characters are words.

## Why it matters
It shows what sources and lengths do not: another language, another subject, a generator that writes in its own manner.

## Example
Version 4 has as many rows of the same lengths as version 3, and half of them in English.

## Options
- `threshold`: least divergence in bits (0.05; 0 is the same words, 1 is none in common). One row in twelve from wholly
  another subject or language gives some 0.05.

## Known limits
- As for DRF001: an earlier version that was audited with a drift rule, and 100 rows in both.
- One row in four counts, told by its sample id, with the first 16,384 bytes of each of its turns. Words share counters,
  so small changes among rare words are not seen.
- A version of few rows against one of many needs a larger divergence (`chance` in `stats`).

## References
- Lin 1991: Divergence measures based on the Shannon entropy. IEEE Transactions on Information Theory 37
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
    """The divergence beyond chance, with the shares of the scripts."""
    from governance.detectors.drift.distances import vocabulary_shift
    from governance.detectors.drift.rules import Measured, shares

    distance, within, bound = vocabulary_shift(sides.now, sides.before)
    message = f"the words differ by {distance:.3f} bits from those of {sides.reference}, beyond chance"
    details = {
        "within_versions": round(within, 6),
        "scripts_before": shares(sides.before.scripts),
        "scripts_now": shares(sides.now.scripts),
    }
    return Measured(distance, bound, message, details)


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """At most one finding, about the dataset."""
    return reduced(INFO, partials, setup, measure)


INFO = RuleInfo(
    "DRF003",
    "vocabulary-shift",
    Severity.WARNING,
    "the words of the rows differ from those of the version before",
    (Option("threshold", 0.05, "least divergence in bits, beyond chance", minimum=0.0, maximum=1.0),),
)
RULE = Rule(INFO, (PROFILE,), reduce)
