"""# normalised-duplicate

## What it does
Finds conversations that have the same words and numbers in the same order, and differ in case, spacing, width of
characters, punctuation, or how the text is cut into turns. System turns are not read.

## Why it matters
They are the same example, and hashing the bytes misses them.

## Example
`The profit rose by 5%.` and `the profit  rose by ５％`.

## Options
None. `--representative` decides which one stays.

## Known limits
- Operators (`3 + 5`, `3 - 5`), currencies and emoji count as words; a hyphen, a bullet and other punctuation do
  not, even where they carry meaning, as in source code.
- Texts of spaces and punctuation alone are never duplicates here.

## References
- Unicode Standard Annex 15, normalisation forms; the folding here goes further, see `governance.text.tokens`.
"""

from __future__ import annotations

from collections.abc import Mapping

from governance.findings import Severity, empty_evidence, empty_findings
from governance.rules.base import Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.duplication import SIGNATURES, decision, sample_groups


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each group of samples with the same wording."""
    import numpy as np

    from governance.text.duplicate_findings import Wording, tables

    if not partials[SIGNATURES.name].rows:
        return RuleResult(empty_findings(), empty_evidence())
    decided = decision(partials, setup)
    named = decided.resolved.normalised
    groups = sample_groups(decided, named, np.ones(len(named), np.bool_), np.ones(len(named)))
    findings, evidence = tables(groups, Wording(INFO.id, setup.severity(INFO), "normalised", *MESSAGES))
    return RuleResult(findings, evidence, {"samples": len(named)})


MESSAGES = (
    "row repeats another in all but case, spacing and punctuation",
    "rows repeat another in all but case, spacing and punctuation",
)
INFO = RuleInfo(
    "DUP002",
    "normalised-duplicate",
    Severity.WARNING,
    "rows differ in case, spacing, width or punctuation only",
)
RULE = Rule(INFO, (SIGNATURES,), reduce)
