"""# group-leakage

## What it does
Finds groups (documents, conversations, people) that have rows both in training and in a part held out from it. The
group is a column such as `group`, `doc_id` or `conversation_id`, or the one named by `--group-column`.

## Why it matters
Questions about one annual report share its facts. With half of them in training, the other half no longer tests what a
model can do with a report it has not seen.

## Example
Ten questions about one contract, split row by row.

## Options
None.

## Known limits
- Only a column can say what belongs together; SPL001 finds overlap of the texts themselves.

## References
- Kapoor, Narayanan 2023, Leakage and the reproducibility crisis in machine-learning-based science, Patterns 4(9)
"""

from __future__ import annotations

from collections.abc import Mapping

from governance.findings import Severity
from governance.rules.base import Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.split_rows import SPLITS, with_sides


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each group on both sides."""
    from governance.detectors.splits.leaks import Wording, across, found, result

    rows = with_sides(partials)
    wording = Wording(INFO.id, setup.severity(INFO), "group", MESSAGE)
    grouped = int(rows.get_column("group").is_not_null().sum())
    return result([found(across(rows, "group"), wording)], {"rows_with_group": grouped})


MESSAGE = "{rows} rows of training belong to a group that has held-out rows too"
INFO = RuleInfo(
    "SPL002",
    "group-leakage",
    Severity.WARNING,
    "a group has rows in training and in the part held out from it",
)
RULE = Rule(INFO, (SPLITS,), reduce)
