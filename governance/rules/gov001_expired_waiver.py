"""# expired-waiver

## What it does
Names every approved waiver whose last day is over. Such a waiver covers nothing: its findings count at the gate again.

## Why it matters
A waiver accepts a risk for a time. When the time is over somebody has to decide again: correct the data, or ask for a
new waiver with a new reason and a new approval.

## Example
`expires = 2026-11-25` on the 26th of November 2026. On the 25th itself the waiver still holds.

## Options
None.

## Known limits
The day is that of UTC. Requested, rejected and revoked waivers cover nothing either and are not named here;
`govern waiver list` shows them, and `govern waiver prune` removes those that are over.

## References
NIST SP 800-53 rev. 5, CA-5 and RA-7: accepted risks are documented, time-bound and reviewed.
"""

from __future__ import annotations

from collections.abc import Mapping

from governance.findings import Severity
from governance.rules.base import Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.waivers import Told, findings_of, judged


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each approved waiver that is over."""
    day = setup.waivers.judgement.day if setup.waivers is not None else None
    told: list[Told] = [
        (
            j,
            "expired",
            f"waiver {j.waiver.id} of {j.waiver.rule} has expired: its last day was {j.waiver.expires}",
        )
        for j in judged(setup)
        if day is not None and j.waiver.status == "approved" and j.waiver.expired(day)
    ]
    return findings_of(INFO, setup, told)


INFO = RuleInfo("GOV001", "expired-waiver", Severity.WARNING, "an approved waiver is past its last day")
RULE = Rule(INFO, (), reduce)
