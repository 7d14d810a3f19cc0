"""# rule-not-run

## What it does
Names every rule that was asked for and could not run, with the reason.

## Why it matters
A clean report from a search that never took place is worse than no report. Such an audit is `incomplete`: it exits
with 2, never with 0, unless `--allow-incomplete` says that this is known.

## Example
`govern audit train.parquet --select CON` without `--eval` asks for a contamination search with nothing to search for.

## Options
None.

## Known limits
Rules that are on by default and lack what they need are listed in the report as not applicable, without a finding.

## References
Exit codes: docs/cli.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import pyarrow as pa

from governance.findings import FINDINGS, Severity, empty_evidence, fingerprint
from governance.rules.base import Partials, Rule, RuleInfo, RuleResult, Setup


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each rule that could not run."""
    severity = setup.severity(INFO)
    rows = [
        {
            "fingerprint": fingerprint(INFO.id, [code]),
            "rule": INFO.id,
            "severity": severity.value,
            "kind": "not-run",
            "message": f"{code} could not run: {reason}",
            "rows": 0,
            "details": json.dumps({"rule": code}),
        }
        for code, reason in setup.not_run.items()
    ]
    return RuleResult(pa.Table.from_pylist(rows, schema=FINDINGS), empty_evidence())


INFO = RuleInfo("GOV004", "rule-not-run", Severity.WARNING, "a rule that was asked for could not run")
RULE = Rule(INFO, (), reduce)
