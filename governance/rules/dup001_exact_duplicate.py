"""# exact-duplicate

## What it does
Finds rows whose conversations are equal: the same roles and the same texts, after Unicode NFC and with newlines
unified. Each group of equal rows is one finding; the row that stays is its representative.

## Why it matters
A row that stands in the data five times is trained on five times. Loss goes down, memorisation goes up, and nothing
is learned that one row would not teach.

## Example
Two exports of the same dialogue system that were put together without comparing them.

## Options
None. `--representative source` decides which of several sources keeps its row.

## Known limits
- Labels, sources and licences are not compared: the same conversation under two labels is a duplicate here.
- Rows without any text are not duplicates of each other; INP002 speaks of them.

## References
- Lee et al. 2022, Deduplicating Training Data Makes Language Models Better, https://arxiv.org/abs/2107.06499
"""

from __future__ import annotations

from collections.abc import Mapping

from governance.findings import Severity, empty_evidence, empty_findings
from governance.rules.base import Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.duplication import IDENTITIES, samples


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each group of equal rows."""
    import numpy as np
    import pyarrow as pa

    from governance.text.duplicate_findings import Groups, Wording, group, tables

    if not partials[IDENTITIES.name].rows:
        return RuleResult(empty_findings(), empty_evidence())
    found = samples(partials, setup)
    stands = found.first[found.of]
    starts, members = group(stands, np.ones(len(stands), np.bool_), np.arange(len(stands)))
    ids = found.ids.take(pa.array(found.of[members]))
    groups = Groups(starts, found.rows[members], ids, np.ones(len(members)))
    findings, evidence = tables(groups, Wording(INFO.id, setup.severity(INFO), "exact", *MESSAGES))
    return RuleResult(findings, evidence, {"rows": len(found.rows), "samples": len(found.first)})


MESSAGES = ("row repeats another to the letter", "rows repeat another to the letter")
INFO = RuleInfo(
    "DUP001", "exact-duplicate", Severity.WARNING, "rows hold the same conversation to the letter"
)
RULE = Rule(INFO, (IDENTITIES,), reduce)
