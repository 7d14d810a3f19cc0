"""What became of the waivers in an audit: judged before it, matched after the rules, recorded in the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from governance.findings import empty_suppressions
from governance.report import WaiverRecord
from governance.waivers.judge import Judged, Judgement


@dataclass(frozen=True)
class WaiverUse:
    """The waivers of an audit as the rules about them see it.

    Attributes:
        matched: findings that each waiver in force covers.
        ran: ids of the rules that ran.
        suppressions: SUPPRESSIONS, what is kept from the gate.
    """

    judgement: Judgement = field(default_factory=Judgement)
    matched: Mapping[str, int] = field(default_factory=dict)
    ran: frozenset[str] = frozenset()
    suppressions: pa.Table = field(default_factory=empty_suppressions)

    def unused(self) -> list[Judged]:
        """Waivers in force whose rule ran and found nothing that they cover."""
        return [
            j
            for j in self.judgement.waivers
            if j.in_force and j.waiver.rule in self.ran and not self.matched.get(j.waiver.id)
        ]


def records(judgement: Judgement, matched: Mapping[str, int]) -> tuple[WaiverRecord, ...]:
    """The waivers as the report keeps them."""
    return tuple(_record(j, matched.get(j.waiver.id, 0)) for j in judgement.waivers)


def _record(judged: Judged, findings: int) -> WaiverRecord:
    w = judged.waiver
    return WaiverRecord(
        id=w.id,
        rule=w.rule,
        scope=w.scope,
        state=judged.state.value,
        reason=w.reason,
        requested_by=w.requested_by,
        approved_by=w.approved_by,
        expires=w.expires.isoformat(),
        ticket=w.ticket,
        findings=findings,
        faults=judged.faults,
    )
