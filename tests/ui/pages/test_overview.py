"""The overview says what the lake holds."""

from __future__ import annotations

from governance.lake import open_lake
from governance.lake.audits import load_audit
from governance.report import RuleState
from tests.ui.conftest import Demo
from tests.ui.pages.conftest import Open


def test_shows_the_verdict_and_the_counts_of_the_lake(visit: Open, demo: Demo):
    with open_lake(demo.lake, read_only=True) as lake:
        report = load_audit(lake, "latest")
    seen = visit("", demo.lake)

    assert "fail" in seen.text
    for word, n in report.counts().items():
        assert f"{word}s" in seen.text
        assert f">{n:,}</a>" in seen.markup
    assert f"{report.counts()['error']} errors at or above the gate" in seen.text


def test_every_rule_that_did_not_run_is_named_with_its_reason(visit: Open, demo: Demo):
    with open_lake(demo.lake, read_only=True) as lake:
        idle = [r for r in load_audit(lake, "latest").rules if r.state is not RuleState.RAN]
    seen = visit("", demo.lake)

    assert idle
    assert all(r.id in seen.text and r.reason in seen.text for r in idle)


def test_counts_lead_to_what_they_count(visit: Open, demo: Demo, run: str):
    assert f"/findings?run={run}&severity=error" in visit("", demo.lake).links("/findings")
    assert f"/findings?run={run}&rule=CON001" in visit("", demo.lake).links("/findings")
