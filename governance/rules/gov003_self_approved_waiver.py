"""# self-approved-waiver

## What it does
Names every approved waiver whose requester and approver are the same person. Such a waiver covers nothing.

## Why it matters
Two people see more than one, and a control that one person can switch off is none. `govern waiver approve` refuses the
requester; this rule sees to the entries that were written by hand.

## Example
`requested_by = "ann"` and `approved_by = "Ann"`: letter case and spaces do not make another person.

## Options
None.

## Known limits
Names are compared as they are written. Who they belong to is for the version control and the machine accounts to
prove: the event log keeps the login name beside the name that was given.

## References
NIST SP 800-53 rev. 5, AC-5: separation of duties.
"""

from __future__ import annotations

from collections.abc import Mapping

from governance.findings import Severity
from governance.rules.base import Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.waivers import Told, findings_of, judged


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each waiver that one person asked for and approved."""
    told: list[Told] = [
        (
            j,
            "self-approved",
            f"waiver {j.waiver.id} of {j.waiver.rule} was approved by the person who asked for it",
        )
        for j in judged(setup)
        if j.waiver.self_approved
    ]
    return findings_of(INFO, setup, told)


INFO = RuleInfo("GOV003", "self-approved-waiver", Severity.ERROR, "a waiver was approved by its requester")
RULE = Rule(INFO, (), reduce)
