"""# missing-text

## What it does
Names rows in which no turn holds anything but white space: null or empty columns, an empty list of turns.

## Why it matters
Such a row teaches nothing and still takes a place in a batch. Many of them mean that the wrong columns
were read, or that an export lost its text.

## Example
`{"id": "q-17", "question": "", "answer": null}`

## Options
None.

## Known limits
- Rows without text have the same content, so they share one finding, which counts them and names each as
  evidence.
- A row of another shape than the rest of its file (messages among question/answer pairs) counts as empty,
  since its columns are not those that are read.

## References
- `govern rule INP004` for rows in which only the answer is missing.
"""

from __future__ import annotations

from collections.abc import Mapping

from governance.findings import Severity
from governance.rules.base import Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.problems import MAPPER, reported


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for all rows of equal content that hold no text."""
    return reported(INFO.id, "missing", partials, setup.severity(INFO))


INFO = RuleInfo("INP002", "missing-text", Severity.ERROR, "a row holds no text")
RULE = Rule(INFO, (MAPPER,), reduce)
