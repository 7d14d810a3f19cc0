"""# tampered-waiver

## What it does
Names every waiver that waivers.toml calls approved and that the lake's event log knows differently: its rule, its
scope, its reason, its expiry or its approver was changed after the approval, or the log has no approval of it at all.
Such a waiver covers nothing.

## Why it matters
What a second person approved is one sentence with one end. A file is easily edited afterwards. The event log is a hash
chain and keeps the content of the waiver at its approval, so the edit shows.

## Example
`govern waiver approve W-0001` with `expires = 2026-12-31`, and an editor that makes it 2027-06-30 later. The details of
the finding say which fields differ, and what the log has.

## Options
None. `waiver_approvals = "file"` in govern.toml accepts approvals that no log has, for teams that review waivers.toml
in version control and audit with a fresh lake; a change of what the log does have is found all the same.

## Known limits
Whoever can rewrite the whole lake can rewrite its log. Keep its head elsewhere: `govern runs verify` prints it.
An audit with another lake than the one in which the waiver was approved finds no record of it: set `lake` in a file.

## References
`govern waiver approve W-0001` approves a changed waiver anew, by a person other than the requester.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from governance.findings import Severity
from governance.rules.base import Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.waivers import Told, findings_of, judged

if TYPE_CHECKING:
    from governance.waivers.judge import Judged

WORDS = {
    "changed": "was changed after it was approved",
    "unrecorded": "is called approved, and the event log has no approval of it",
}


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each waiver that is not what the event log has."""
    told: list[Told] = [
        (j, j.state.value, f"waiver {j.waiver.id} of {j.waiver.rule} {WORDS[j.state.value]}{_fields(j)}")
        for j in judged(setup)
        if j.state.value in WORDS
    ]
    return findings_of(INFO, setup, told)


def _fields(found: Judged) -> str:
    """Names of the fields that differ; their values stand in the details."""
    return f": {', '.join(found.changed)}" if found.changed else ""


INFO = RuleInfo("GOV005", "tampered-waiver", Severity.ERROR, "a waiver is not what was approved")
RULE = Rule(INFO, (), reduce)
