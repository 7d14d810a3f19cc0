"""# near-duplicate

## What it does
Finds conversations that share most of their word 5-grams (Jaccard similarity at or above `threshold`). Each Chinese,
Japanese or Korean character counts as a word. System turns are not read, so a shared system prompt is no duplication.

Candidates come from MinHash signatures banded wide enough to miss fewer than 2 in 10,000 pairs at the threshold, and
every candidate is compared exactly. Each row of a finding of kind `near` has a similarity at or above the threshold
with the representative, which stays: nothing is removed because of a chain of others.

Rows that share a template are findings of kind `template`, notes, and nothing there needs removing: texts that differ
in numbers only, long prompts around a short part that is filled in, and one passage that several questions are asked
about. The tests for the latter two are in the modules `governance.text.templates` and `governance.text.answers`: two
conversations whose answers do not agree are no duplicates, however long the passage they share.

## Why it matters
Near-duplicates are repetition that exact comparison misses, and they leak between a training and a validation split.

## Example
An instruction that was collected twice, once with a sentence added; a news item and its corrected version.

## Options
- `threshold` (0.8): least Jaccard similarity.

## Known limits
- Texts of fewer than five words have no 5-gram; they are compared by DUP002 only.
- With fewer than six rows of one template there is nothing to tell a filled-in prompt from an edited copy; such
  rows are reported as near.
- Six or more copies of one text with nothing changed but another passage appended to each look like a template.
- In buckets of more than 700 sets, each is compared with eight sets of the bucket and its eight neighbours instead
  of with all; the costs of the audit say how many pairs that left out.
- Two audits of one dataset agree to the pair unless a bucket was that full.

## References
- Broder 1997, On the resemblance and containment of documents
- Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, chapter 3
- datasketch, https://github.com/ekzhu/datasketch: signatures can be exchanged with it
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from governance.findings import Severity, empty_evidence, empty_findings
from governance.rules.base import Option, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.duplication import (
    LASTING,
    SIGNATURES,
    THRESHOLD,
    costs,
    decision,
    sample_groups,
    threshold,
)


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each representative with its near-duplicates, and one for each template."""
    import numpy as np

    from governance.text.duplicate_findings import Wording, tables

    if not partials[SIGNATURES.name].rows:
        return RuleResult(empty_findings(), empty_evidence())
    decided = decision(partials, setup)
    found = decided.resolved
    every = np.arange(len(found.keeper))
    unmeasured = np.full(len(every), np.nan)
    severity, note = setup.severity(INFO), Severity.NOTE
    own = found.normalised == every  # the others of the same wording are DUP002's
    near = sample_groups(decided, found.keeper, own, found.score)
    shared = found.template >= 0
    numbers = sample_groups(decided, found.template, shared & found.numbers_only, unmeasured)
    slots = sample_groups(decided, found.template, shared & ~found.numbers_only, unmeasured)
    least = threshold(setup)
    parts = [
        tables(near, Wording(INFO.id, severity, "near", *NEAR, least)),
        tables(numbers, Wording(INFO.id, note, "template", *NUMBERS, least)),
        tables(slots, Wording(INFO.id, note, "template", *SLOTS, least)),
    ]
    stats = {name: found.stats[name] for name in LASTING} | {"removed": int((found.keeper != every).sum())}
    findings, evidence = (pa.concat_tables(tables) for tables in zip(*parts, strict=True))
    return RuleResult(findings, evidence, stats, costs(decided))


NEAR = ("row says nearly the same as another", "rows say nearly the same as another")
NUMBERS = ("row differs from another in numbers only", "rows differ from another in numbers only")
SLOTS = (
    "row shares a template or passage with another and says something of its own",
    "rows share a template or passage with another and say something of their own",
)
INFO = RuleInfo(
    "DUP003",
    "near-duplicate",
    Severity.WARNING,
    "rows share most of their words in the same order",
    (Option("threshold", THRESHOLD, "least Jaccard similarity of word 5-grams", 0.3, 1.0),),
)
RULE = Rule(INFO, (SIGNATURES,), reduce)
