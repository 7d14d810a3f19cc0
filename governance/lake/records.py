"""A report as JSON and back, its two tables apart. What goes in comes out equal, key order included."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from governance.findings import Severity
from governance.report import (
    AuditReport,
    BaselineRecord,
    DatasetRecord,
    FileRecord,
    Gate,
    LabelCount,
    RuleOutcome,
    RuleState,
    RunRecord,
    SuiteRecord,
    Verdict,
    WaiverRecord,
)


def report_to_json(report: AuditReport) -> str:
    """Every part of the report but its tables."""
    parts = {
        "run": asdict(report.run),
        "verdict": report.verdict.value,
        "gate": asdict(report.gate),
        "datasets": [asdict(d) for d in report.datasets],
        "suites": [asdict(s) for s in report.suites],
        "rules": [asdict(r) for r in report.rules],
        "config": dict(report.config),
        "waivers": [asdict(w) for w in report.waivers],
        "labels": [asdict(label) for label in report.labels],
    }
    return json.dumps(parts, ensure_ascii=False)


def report_from_json(
    text: str, findings: pa.Table, evidence: pa.Table, suppressions: pa.Table
) -> AuditReport:
    """The report of `report_to_json` with its tables."""
    parts = json.loads(text)
    return AuditReport(
        run=RunRecord(**parts["run"]),
        verdict=Verdict(parts["verdict"]),
        gate=_gate(parts["gate"]),
        datasets=tuple(dataset_from_json(d) for d in parts["datasets"]),
        suites=tuple(SuiteRecord(**{**s, "unsearchable": tuple(s["unsearchable"])}) for s in parts["suites"]),
        rules=tuple(_rule(r) for r in parts["rules"]),
        findings=findings,
        evidence=evidence,
        config=parts["config"],
        suppressions=suppressions,
        waivers=tuple(WaiverRecord(**{**w, "faults": tuple(w["faults"])}) for w in parts.get("waivers", [])),
        labels=tuple(LabelCount(**label) for label in parts.get("labels", ())),
    )


def _gate(parts: Mapping[str, Any]) -> Gate:
    baseline = parts.get("baseline")
    return Gate(**{**parts, "baseline": BaselineRecord(**baseline) if baseline else None})


def dataset_from_json(parts: Mapping[str, Any]) -> DatasetRecord:
    """The dataset record of its JSON."""
    files = tuple(FileRecord(**f) for f in parts["files"])
    return DatasetRecord(**{**parts, "files": files, "notes": tuple(parts["notes"])})


def _rule(parts: Mapping[str, Any]) -> RuleOutcome:
    return RuleOutcome(
        **{**parts, "severity": Severity(parts["severity"]), "state": RuleState(parts["state"])}
    )
