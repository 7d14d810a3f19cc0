"""The audit whose findings a curation goes by: of exactly these versions, found in the lake or run now."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from governance.audit import Progress, audit, make_plan, settings
from governance.curation.inputs import KeptVersion
from governance.curation.request import CurateRequest
from governance.errors import InputError, UsageError
from governance.lake import Lake
from governance.lake.audits import LATEST, audits_of, load_audit
from governance.lake.canonical import canonical_json
from governance.report import AuditReport, DatasetRecord


def audited_by(
    request: CurateRequest, inputs: Sequence[KeptVersion], lake: Lake, work: Lake, progress: Progress
) -> tuple[AuditReport, bool]:
    """(the audit of exactly these versions, whether it had to be run)."""
    records = [data.version.record for data in inputs]
    contents = [(r.content_hash, r.rows) for r in records]
    if request.run not in (None, LATEST):
        report = load_audit(lake, str(request.run))
        if places_in(report, records) is None:
            read = ", ".join(f"{d.name}@{d.version}" for d in report.datasets)
            asked = ", ".join(data.reference for data in inputs)
            raise UsageError(
                f"run {report.run.id} read other data ({read}) than {asked}",
                where="--audit",
                hint="leave --audit out, and the data are audited where that was not done yet",
            )
        return report, False
    wanted = None if request.run == LATEST else _settings(request, inputs, work)
    for run in audits_of(lake, contents):
        report = load_audit(lake, run)
        if places_in(report, records) is not None and wanted in (None, _settings_of(report)):
            return report, False
    if request.run == LATEST:
        raise UsageError(
            "no audit of exactly these versions is stored", where="--audit", hint="leave out --audit"
        )
    sources = [data.to_audit() for data in inputs]
    report = audit(replace(request.audit, name=None), work, progress, sources)
    if places_in(report, records) is None:
        changed = ", ".join(data.path for data in inputs if data.path)
        raise InputError("the data changed while they were curated", where=changed, hint="curate them again")
    return report, True


def _settings(request: CurateRequest, inputs: Sequence[KeptVersion], work: Lake) -> str:
    """What an audit by this request would be told: options, rules, suites."""
    plan = make_plan(request.audit, work, [data.to_audit() for data in inputs])
    suites = sorted(suite.content_hash for suite in plan.suites)
    return canonical_json({"config": json.loads(json.dumps(settings(plan))), "suites": suites})


def _settings_of(report: AuditReport) -> str:
    suites = sorted(suite.content_hash for suite in report.suites)
    return canonical_json({"config": json.loads(json.dumps(dict(report.config))), "suites": suites})


def places_in(report: AuditReport, records: Sequence[DatasetRecord]) -> list[int] | None:
    """For each record, the number that the audit gave its first row; None where it read other data."""
    free = list(report.datasets)
    firsts = []
    for record in records:
        same = next((d for d in free if _content(d) == _content(record)), None)
        if same is None:
            return None
        free.remove(same)
        firsts.append(same.first_row)
    return None if free else firsts


def _content(record: DatasetRecord) -> tuple[object, ...]:
    files = tuple((f.sha256, f.rows) for f in record.files)
    return (record.content_hash, record.rows, record.unreadable, files)
