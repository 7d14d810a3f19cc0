"""A report whose own words show no credentials: a lake or a dataset may be named by a URI with a password."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from governance.redaction import redact_credentials
from governance.report import AuditReport, DatasetRecord, RuleOutcome, SuiteRecord, WaiverRecord


def presentable(report: AuditReport) -> AuditReport:
    """The report with credentials in addresses, settings, notes and the command replaced; findings as they are."""
    return replace(
        report,
        run=replace(report.run, command=redact_credentials(report.run.command)),
        datasets=tuple(_dataset(d) for d in report.datasets),
        suites=tuple(_suite(s) for s in report.suites),
        rules=tuple(_rule(r) for r in report.rules),
        config=without_credentials(report.config),
        waivers=tuple(map(_waiver, report.waivers)),
    )


def _dataset(record: DatasetRecord) -> DatasetRecord:
    return replace(
        record,
        uri=redact_credentials(record.uri),
        files=tuple(replace(f, path=redact_credentials(f.path)) for f in record.files),
        notes=tuple(redact_credentials(note) for note in record.notes),
    )


def _suite(record: SuiteRecord) -> SuiteRecord:
    return replace(record, uri=redact_credentials(record.uri))


def _rule(outcome: RuleOutcome) -> RuleOutcome:
    return replace(
        outcome,
        reason=redact_credentials(outcome.reason),
        options=without_credentials(outcome.options),
        stats=without_credentials(outcome.stats),
    )


def _waiver(record: WaiverRecord) -> WaiverRecord:
    return replace(
        record,
        reason=redact_credentials(record.reason),
        scope=redact_credentials(record.scope),
        faults=tuple(map(redact_credentials, record.faults)),
    )


def without_credentials(value: Any) -> Any:
    """A JSON value with credentials in its texts replaced."""
    if isinstance(value, str):
        return redact_credentials(value)
    if isinstance(value, Mapping):
        return {k: without_credentials(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_credentials(v) for v in value]
    return value
