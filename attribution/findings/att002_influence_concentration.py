"""# influence-concentration

## What it does
Says so where few samples carry a suite: where half of all that helped it comes from at most 1 % of the samples that
moved it (or from a single one, where they are fewer than a hundred). It appears in the reports of `govern drivers`
and `govern why`; it speaks of a traced run, so no audit looks for it.

## Why it matters
A gain that rests on a handful of rows is fragile: it may be a leak of the items themselves, it goes when those rows
go, and it says little of what more data of the kind would bring.

## Example
`half of all that helped suite finance comes from 3 of 1,200 samples`

## Options
None yet: one half and 1 % are fixed, and stand in the finding.

## Known limits
Rows with many trained tokens move more than short ones, so a few long documents among short rows can look like this
too. Samples that repeat each other share the credit; roll up by cluster to see them as one. Below 80 % coverage, and
with fewer than twenty samples, nothing is reported.

## References
The measure is the share of a Lorenz curve: Lorenz, Publ. Am. Stat. Assoc. 9, 1905.
"""

from __future__ import annotations

from attribution.explaining.drivers import SuiteDrivers
from attribution.findings.base import AttributionRule, Found, Subject
from governance.findings import Severity, fingerprint
from governance.rules.base import RuleInfo

FEW = 0.01
"""Of the samples that moved the suite."""
LEAST = 20
"""Samples below which half of anything is a few of them."""


def check(subject: Subject) -> list[Found]:
    """One finding for each suite that few samples carry."""
    return [found for suite in subject.suites if (found := _of_suite(suite)) is not None]


def _of_suite(suite: SuiteDrivers) -> Found | None:
    if suite.ranks_only or suite.groups < LEAST or not suite.half:
        return None
    allowed = max(1, int(FEW * suite.groups))
    if suite.half > allowed:
        return None
    many = "1" if suite.half == 1 else f"{suite.half:,}"
    return Found(
        rule=INFO.id,
        severity=INFO.severity,
        kind="suite",
        fingerprint=fingerprint(INFO.id, [suite.suite, suite.functional]),
        suite=suite.suite,
        functional=suite.functional,
        message=f"half of all that helped suite {suite.suite} comes from {many} of {suite.groups:,} samples",
        score=suite.half / suite.groups,
        threshold=FEW,
        samples=tuple(d.sample for d in suite.helped[: suite.half] if d.sample is not None),
    )


INFO = RuleInfo(
    "ATT002", "influence-concentration", Severity.NOTE, "few training samples carry a suite's gain"
)
RULE = AttributionRule(INFO, check)
