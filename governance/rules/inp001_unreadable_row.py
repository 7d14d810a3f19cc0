"""# unreadable-row

## What it does
Names every record that could not be read at all: a line that is not valid JSON, or JSON but no object; a
CSV row with more or fewer fields than the header, or with a quote that is never closed; a record longer
or nested deeper than the limits allow. The other rows of the file are read and audited.

## Why it matters
A row that is left out in silence is a row nobody audited, and most training code would stop on it, or
skip it without a word.

## Example
```
{"question": "What is a bond?", "answer": "A loan
```
The file was cut short; the line is reported with its number and its first 200 characters.

## Options
None. The limits are `row_mb` and `nesting` of the `[limits]` table in govern.toml. With `--strict-input`
the first such row ends the audit instead.

## Known limits
- Rows with the same first 200 characters and no other identity share one finding, which counts them.
- A quote that is never closed swallows the lines after it; the message names the first and the last of
  them.
- A Parquet or Arrow file is used whole or not at all: damage there is an error, not a finding.

## References
- JSON: RFC 8259. CSV: RFC 4180.
"""

from __future__ import annotations

from collections.abc import Mapping

from governance.findings import Severity
from governance.rules.base import Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.problems import MAPPER, reported


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each record that could not be read."""
    return reported(INFO.id, "unreadable", partials, setup.severity(INFO))


INFO = RuleInfo("INP001", "unreadable-row", Severity.ERROR, "a record could not be read")
RULE = Rule(INFO, (MAPPER,), reduce)
