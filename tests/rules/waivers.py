"""What the tests of the rules about waivers share: judged waivers in, findings out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from governance.rules.base import Setup
from governance.rules.registry import all_rules
from governance.waivers.judge import LOG, Judgement, judge
from governance.waivers.log import Recorded
from governance.waivers.model import Waiver
from governance.waivers.use import WaiverUse
from tests.waivers.builders import DAY


def recorded(waiver: Waiver, action: str = "waiver.approve") -> Recorded:
    """What the log has of a waiver that nobody changed since."""
    return Recorded(5, "2026-11-26", "ben", action, waiver.id, waiver.content, waiver.as_json())


def use(
    *waivers: Waiver,
    on: date = DAY,
    log: Mapping[str, Recorded] | None = None,
    approvals: str = LOG,
    matched: Mapping[str, int] | None = None,
    ran: tuple[str, ...] = ("DUP003",),
) -> WaiverUse:
    """The waivers of an audit, each as the log has it unless `log` says otherwise."""
    known = {w.id: recorded(w) for w in waivers} if log is None else log
    judged = tuple(judge(w, known.get(w.id), approvals, on) for w in waivers)
    return WaiverUse(Judgement("waivers.toml", "", on, judged), matched or {}, frozenset(ran))


def findings(rule: str, found: WaiverUse | None) -> list[dict[str, Any]]:
    """What a rule says of them."""
    setup = Setup({rule: {}}, Path(), waivers=found)
    result = all_rules()[rule].reduce({}, setup)
    assert 0 == result.evidence.num_rows
    return result.findings.to_pylist()


def named(rule: str, found: WaiverUse | None) -> list[tuple[str, str]]:
    """(waiver, kind) of each finding."""
    import json

    return [(json.loads(f["details"])["waiver"], f["kind"]) for f in findings(rule, found)]
