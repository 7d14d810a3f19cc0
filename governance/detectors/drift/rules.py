"""What the drift rules share: the profile of the data, the earlier version it is held against, and a finding."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from governance.detectors.drift.profiles import PART, Profile, from_row, total
from governance.findings import FINDINGS, Severity, empty_evidence, empty_findings, fingerprint
from governance.rules.base import NotApplicable, Partials, RuleResult, Setup
from governance.samples import SampleBatch

FEWEST = 100
"""Rows that both versions must have; with fewer, chance is larger than any drift."""


@dataclass(frozen=True)
class Compared:
    """The data and the version before."""

    now: Profile
    before: Profile
    reference: str


@dataclass(frozen=True)
class Measured:
    """A distance and what it is held against.

    Attributes:
        bound: what chance alone may reach; a distance at or below it is none.
        message: our words, said where the distance is a finding.
        details: numbers by source, quantile or script.
    """

    distance: float
    bound: float
    message: str
    details: Mapping[str, Any]


def map_profile(batch: SampleBatch, _: Setup) -> pa.Table | None:
    """The profile of a batch, after the number of its first row."""
    from governance.detectors.drift.counting import profile_of

    if not len(batch):
        return None
    return pa.Table.from_pylist([{"first": int(batch.rows[0]), **profile_of(batch).as_row()}], PART)


def compared(partials: Partials, setup: Setup) -> Compared | NotApplicable:
    """The data beside the version before, or why there is none to compare with; the profile goes to the lake."""
    parts = [(int(row["first"]), from_row(row)) for table in partials.tables() for row in table.to_pylist()]
    now = total(profile for _, profile in parts)
    if setup.profiles is None:
        return NotApplicable("there is no lake that keeps earlier versions")
    setup.profiles.stage(parts)
    earlier = setup.profiles.earlier(now)
    if earlier is None:
        return NotApplicable("there is no earlier version of this name that was audited for drift")
    if min(now.rows, earlier.profile.rows) < FEWEST:
        return NotApplicable(f"{earlier.reference} or this version has fewer than {FEWEST} rows")
    return Compared(now, earlier.profile, earlier.reference)


def judged(
    rule: str, severity: Severity, sides: Compared, measured: Measured, threshold: float
) -> RuleResult:
    """At most one finding, about the whole dataset; the distance is in `stats` either way."""
    stats = {
        "compared_with": sides.reference,
        "distance": round(measured.distance, 6),
        "chance": round(measured.bound, 6),
        "rows": sides.now.rows,
        "rows_before": sides.before.rows,
    }
    if measured.distance < threshold or measured.distance <= measured.bound:
        return RuleResult(empty_findings(), empty_evidence(), stats)
    finding = {
        "fingerprint": fingerprint(rule, [sides.now.digest, sides.before.digest]),
        "rule": rule,
        "severity": severity.value,
        "kind": "shift",
        "message": measured.message,
        "score": round(measured.distance, 6),
        "threshold": threshold,
        "rows": 0,  # it speaks of the mixture; no row is at fault
        "details": json.dumps(
            {**stats, **measured.details}, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        ),
    }
    return RuleResult(pa.Table.from_pylist([finding], FINDINGS), empty_evidence(), stats)


def shares(counts: Mapping[str, int]) -> dict[str, float]:
    """Counts as shares of their sum, rounded to four digits."""
    whole = sum(counts.values())
    return {name: round(count / whole, 4) for name, count in counts.items()} if whole else {}
