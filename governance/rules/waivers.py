"""What the rules about waivers share: a finding speaks of one waiver and of no row."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pyarrow as pa

from governance.findings import FINDINGS, empty_evidence, fingerprint
from governance.rules.base import RuleInfo, RuleResult, Setup

if TYPE_CHECKING:
    from governance.waivers.judge import Judged

Told = tuple["Judged", str, str]
"""(waiver, kind, message) of one finding."""


def judged(setup: Setup) -> tuple[Judged, ...]:
    """Every waiver in use, as it was judged; none without a file of waivers."""
    return setup.waivers.judgement.waivers if setup.waivers is not None else ()


def findings_of(info: RuleInfo, setup: Setup, told: Iterable[Told]) -> RuleResult:
    """One finding for each waiver that is told.

    The fingerprint holds the waiver's id and content: a waiver that is corrected and goes wrong again is another
    finding.
    """
    rows = [
        {
            "fingerprint": fingerprint(info.id, [found.waiver.id, found.waiver.content]),
            "rule": info.id,
            "severity": setup.severity(info).value,
            "kind": kind,
            "message": message,
            "rows": 0,
            "details": json.dumps(
                {
                    "waiver": found.waiver.id,
                    "of": found.waiver.rule,
                    "expires": found.waiver.expires.isoformat(),
                    "faults": list(found.faults),
                },
                sort_keys=True,
            ),
        }
        for found, kind, message in told
    ]
    stats = {"waivers": len(judged(setup)), "in_force": sum(j.in_force for j in judged(setup))}
    return RuleResult(pa.Table.from_pylist(rows, schema=FINDINGS), empty_evidence(), stats)
