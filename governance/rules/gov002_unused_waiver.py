"""# unused-waiver

## What it does
Names every waiver in force that covers no finding of this audit, although its rule ran.

## Why it matters
Such a waiver is a door left open: what it once accepted has been corrected, and the next finding of that kind would
pass unseen. Revoke it.

## Example
A waiver of DUP003 `where source = "wiki"` in an audit whose duplicates all come from other sources.

## Options
None.

## Known limits
Waivers are shared by all data that are audited beside one govern.toml. One that is made for `train.jsonl` is unused
in an audit of `other.jsonl`; hence this is a note. A waiver whose rule did not run is not judged.

## References
The same idea for code: ruff's RUF100 and sqlfluff's `--warn-unused-ignores`.
"""

from __future__ import annotations

from collections.abc import Mapping

from governance.findings import Severity
from governance.rules.base import Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.waivers import Told, findings_of


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each waiver in force that covers nothing."""
    unused = setup.waivers.unused() if setup.waivers is not None else []
    told: list[Told] = [
        (j, "unused", f"waiver {j.waiver.id} of {j.waiver.rule} covers no finding of this audit")
        for j in unused
    ]
    return findings_of(INFO, setup, told)


INFO = RuleInfo("GOV002", "unused-waiver", Severity.NOTE, "a waiver in force covers no finding")
RULE = Rule(INFO, (), reduce)
