"""Audits: a report goes in whole, in one transaction with what it read, and comes out equal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from governance.errors import NotFound, UsageError, did_you_mean
from governance.findings import EVIDENCE, FINDINGS
from governance.lake import events
from governance.lake.canonical import digest, table_hash
from governance.lake.commit import Transaction, committed, writing
from governance.lake.datasets import Prepared, StagedVersion, add_version, prepare
from governance.lake.profiles import LakeProfiles
from governance.lake.records import report_from_json, report_to_json
from governance.lake.removals import Removal, find_removal, removal_row
from governance.lake.signatures import LakeSignatureCache
from governance.lake.staging import StagedFile, StagedTable, stage
from governance.lake.tables import (
    AUDIT_DATASETS,
    AUDIT_EVIDENCE,
    AUDIT_FINDINGS,
    AUDIT_RULES,
    AUDITS,
    REMOVALS,
    Table,
    names,
    table_of,
    with_owner,
)
from governance.report import AuditReport

if TYPE_CHECKING:
    from governance.lake.catalog import Lake

LATEST = "latest"
SLICE = 500_000  # findings staged at a time


@dataclass(frozen=True)
class AuditSummary:
    """One line of a list of audits."""

    run: str
    seq: int
    started: str
    verdict: str
    user: str
    govern: str
    findings: int
    datasets: tuple[str, ...]  # NAME@VERSION, with "(removed)" where the version is gone; NAME where not kept


@dataclass(frozen=True)
class AuditCheck:
    """Whether what is stored of an audit is what its event recorded."""

    run: str
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """True where everything agrees."""
        return not self.problems


def commit_audit(
    lake: Lake,
    report: AuditReport,
    staged: Sequence[StagedVersion] = (),
    cache: LakeSignatureCache | None = None,
    profiles: LakeProfiles | None = None,
) -> AuditReport:
    """The report as it is in the lake: with the version numbers of the datasets that were kept.

    One transaction holds report, findings, evidence, dataset versions, signatures and the event. Committing
    the same run again gives back what is stored, so a retry after a kill doubles nothing.
    """
    _check_names(report, staged)
    key = f"audit:{report.run.id}"
    seen = events.head(lake).seq
    if committed(lake, key):
        return load_audit(lake, report.run.id)
    hashes = {"findings": table_hash(report.findings), "evidence": table_hash(report.evidence)}
    tables = [
        *_stage(lake, AUDIT_FINDINGS, report.run.id, report.findings),
        *_stage(lake, AUDIT_EVIDENCE, report.run.id, report.evidence),
        *stage(lake.session, AUDIT_RULES, _rule_rows(report)),
    ]
    records = {d.name: d for d in report.datasets}
    prepared = [prepare(s, records[s.name]) for s in staged]
    if cache is not None:
        cache.prepare()
    known = False
    with writing(lake) as tx:
        known = tx.moved_on(seen) and committed(lake, key)
        if not known:
            report = _commit(tx, report, prepared, tables, profiles)
            if cache is not None:
                cache.commit(tx)
            details = {
                **hashes,
                "report": digest(report_to_json(report)),
                "verdict": report.verdict.value,
                "datasets": [f"{d.name}@{d.version}" if d.version else d.name for d in report.datasets],
            }
            tx.describe("audit.commit", report.run.id, details, key)
    if known:
        lake.session.discard([f.path for f in tables])
        return load_audit(lake, report.run.id)
    return report


def load_audit(lake: Lake, run: str) -> AuditReport:
    """The stored report of a run: its id, the unique beginning of one, or `latest`."""
    ident = find_run(lake, run)
    text = lake.fetch("SELECT report FROM lake.audits WHERE run = ?", [ident])[0][0]
    return report_from_json(
        str(text),
        _load(lake, AUDIT_FINDINGS, FINDINGS, ident),
        _load(lake, AUDIT_EVIDENCE, EVIDENCE, ident),
    )


def find_run(lake: Lake, run: str) -> str:
    """The id of the one run that is meant."""
    if run == LATEST:
        found = lake.fetch("SELECT run FROM lake.audits ORDER BY seq DESC LIMIT 1")
    else:
        found = lake.fetch(
            "SELECT run FROM lake.audits WHERE starts_with(run, ?) ORDER BY seq DESC LIMIT 21", [run]
        )
    matches = [str(row[0]) for row in found]
    if run in matches:
        return run
    if len(matches) == 1 and run:
        return matches[0]
    raise _no_run(lake, run, matches)


def list_audits(lake: Lake) -> list[AuditSummary]:
    """Every stored audit, latest first."""
    sql = (
        'SELECT run, audits.seq, started, verdict, "user", govern, findings,'
        " (SELECT list(CASE WHEN d.version = 0 THEN d.name"
        "   ELSE concat(d.name, '@', d.version, CASE WHEN r.id IS NULL THEN '' ELSE ' (removed)' END) END"
        "   ORDER BY d.position)"
        "  FROM lake.audit_datasets d LEFT JOIN lake.removals r ON r.id = d.version_id"
        "  WHERE d.run = audits.run)"
        " FROM lake.audits ORDER BY audits.seq DESC"
    )
    return [AuditSummary(*(*row[:7], tuple(row[7] or ()))) for row in lake.fetch(sql)]


def removed_datasets(lake: Lake, run: str) -> dict[str, Removal]:
    """The dataset versions a run read that have been removed since, by NAME@VERSION."""
    sql = (
        "SELECT concat(d.name, '@', d.version), r.\"at\", r.actor FROM lake.audit_datasets d"
        " JOIN lake.removals r ON r.id = d.version_id WHERE d.run = ?"
    )
    return {str(row[0]): Removal(str(row[1]), str(row[2])) for row in lake.fetch(sql, [find_run(lake, run)])}


def remove_audit(lake: Lake, run: str) -> str:
    """The id of the audit that is gone with its findings and evidence; the log keeps that it was there."""
    with writing(lake) as tx:
        ident = find_run(lake, run)
        for table in (AUDITS, AUDIT_DATASETS, AUDIT_RULES, AUDIT_FINDINGS, AUDIT_EVIDENCE):
            tx.delete(table, "run", ident)
        tx.insert(REMOVALS, removal_row(tx, "audit", ident, ident))
        tx.describe("audit.remove", ident, {})
    return ident


def verify_audit(lake: Lake, run: str) -> AuditCheck:
    """Whether report, findings and evidence hash to what the event of the run recorded."""
    ident = find_run(lake, run)
    logged = [e for e in events.about(lake, "audit.commit", ident) if e.expected_hash() == e.hash]
    if not logged:
        return AuditCheck(ident, ("the event log has no intact entry for this run",))
    recorded = logged[-1].data
    stored = {
        "report": digest(str(lake.fetch("SELECT report FROM lake.audits WHERE run = ?", [ident])[0][0])),
        "findings": table_hash(_load(lake, AUDIT_FINDINGS, FINDINGS, ident)),
        "evidence": table_hash(_load(lake, AUDIT_EVIDENCE, EVIDENCE, ident)),
    }
    wrong = [name for name, value in stored.items() if recorded.get(name) != value]
    return AuditCheck(ident, tuple(f"the stored {name} differs from what was committed" for name in wrong))


def _commit(
    tx: Transaction,
    report: AuditReport,
    prepared: list[Prepared],
    tables: list[StagedFile],
    profiles: LakeProfiles | None,
) -> AuditReport:
    added = {p.staged.name: add_version(tx, p) for p in prepared}
    known = tuple(
        replace(d, version=added[d.name].version if d.name in added else 0) for d in report.datasets
    )
    report = replace(report, datasets=known)
    tx.add(tables)
    tx.insert(AUDITS, table_of(AUDITS.schema, [_audit_row(tx, report)]))
    tx.insert(AUDIT_DATASETS, _dataset_rows(report, {name: a.id for name, a in added.items()}))
    if profiles is not None:
        profiles.commit(tx, report.datasets, {name: a.id for name, a in added.items()})
    return report


def _audit_row(tx: Transaction, report: AuditReport) -> dict[str, object]:
    run = report.run
    return {
        "run": run.id,
        "seq": tx.seq,
        "started": run.started,
        "finished": run.finished,
        "verdict": report.verdict.value,
        "user": run.user,
        "govern": run.govern,
        "findings": report.findings.num_rows,
        "evidence": report.evidence.num_rows,
        "report": report_to_json(report),
    }


def _dataset_rows(report: AuditReport, ids: dict[str, str]) -> pa.Table:
    rows: list[dict[str, object]] = [
        {
            "run": report.run.id,
            "position": place,
            "name": d.name,
            "version": d.version,
            "version_id": ids.get(d.name, ""),
            "content_hash": d.content_hash,
            "rows": d.rows,
        }
        for place, d in enumerate(report.datasets)
    ]
    return table_of(AUDIT_DATASETS.schema, rows)


def _rule_rows(report: AuditReport) -> pa.Table:
    rows: list[dict[str, object]] = [
        {
            "run": report.run.id,
            "position": place,
            "id": r.id,
            "severity": r.severity.value,
            "state": r.state.value,
            "reason": r.reason,
            "findings": r.findings,
            "rows": r.rows,
        }
        for place, r in enumerate(report.rules)
    ]
    return table_of(AUDIT_RULES.schema, rows)


def _stage(lake: Lake, table: Table, run: str, rows: pa.Table) -> list[StagedFile]:
    stream = StagedTable(lake.session, table)
    for start in range(0, rows.num_rows, SLICE):
        stream.write(with_owner("run", run, rows.slice(start, SLICE), start))
    return stream.finish()


def _load(lake: Lake, table: Table, schema: pa.Schema, run: str) -> pa.Table:
    sql = f"SELECT {names(schema)} FROM lake.{table.name} WHERE run = ? ORDER BY position"
    return lake.query(sql, schema, [run])


def _check_names(report: AuditReport, staged: Sequence[StagedVersion]) -> None:
    read = [d.name for d in report.datasets]
    for version in staged:
        if read.count(version.name) != 1:
            raise UsageError(
                f"the audit read {read.count(version.name)} datasets called {version.name!r}",
                hint="give each dataset a name of its own",
            )


def _no_run(lake: Lake, run: str, matches: list[str]) -> NotFound:
    known = [a.run for a in list_audits(lake)]
    if run == LATEST or not known:
        return NotFound("no audit is stored in this lake", where=lake.display, hint="govern audit DATASET")
    if len(matches) > 1:
        shown = ", ".join(matches[:20])
        return NotFound(f"{run!r} could be more than one run", where=lake.display, hint=f"runs are: {shown}")
    removal = find_removal(lake, "audit", run)
    if removal:
        return NotFound(f"run {run} was removed {removal}", where=lake.display, hint="govern runs list")
    hint = f"{did_you_mean(run, known)}runs are: {', '.join(known[:20])}"
    return NotFound(f"there is no run {run!r}", where=lake.display, hint=hint)
