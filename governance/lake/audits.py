"""Audits: a report goes in whole, in one transaction with what it read, and comes out equal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from governance.errors import NotFound, UsageError, did_you_mean
from governance.findings import EVIDENCE, FINDINGS, SUPPRESSIONS
from governance.lake import events
from governance.lake.canonical import digest, table_hash
from governance.lake.commit import Transaction, committed, writing
from governance.lake.datasets import Prepared, StagedVersion, add_version, prepare
from governance.lake.embeddings import LakeEmbeddings
from governance.lake.profiles import LakeProfiles
from governance.lake.records import report_from_json, report_to_json
from governance.lake.removals import Removal, find_removal, removal_row
from governance.lake.signatures import LakeSignatureCache
from governance.lake.sql import identifier
from governance.lake.staging import StagedFile, StagedTable, stage
from governance.lake.tables import (
    AUDIT_DATASETS,
    AUDIT_EVIDENCE,
    AUDIT_FINDINGS,
    AUDIT_RULES,
    AUDIT_SUPPRESSIONS,
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
HELD = {
    "report": "the stored report is",
    "findings": "the stored findings are",
    "evidence": "the stored evidence is",
    "suppressions": "the stored list of waived findings is",
}
OWNED_BY_RUN = (AUDITS, AUDIT_DATASETS, AUDIT_RULES, AUDIT_FINDINGS, AUDIT_EVIDENCE, AUDIT_SUPPRESSIONS)
"""Every table that holds parts of a stored audit."""
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
    embeddings: LakeEmbeddings | None = None,
    profiles: LakeProfiles | None = None,
) -> AuditReport:
    """The report as it is in the lake: with the version numbers of the datasets that were kept.

    One transaction holds report, findings, evidence, dataset versions, signatures, embeddings and the event. Committing
    the same run again gives back what is stored, so a retry after a kill doubles nothing.
    """
    _check_names(report, staged)
    key = f"audit:{report.run.id}"
    seen = events.head(lake).seq
    if committed(lake, key):
        return load_audit(lake, report.run.id)
    hashes = {
        "findings": table_hash(report.findings),
        "evidence": table_hash(report.evidence),
        "suppressions": table_hash(report.suppressions),
    }
    tables = [
        *_stage(lake, AUDIT_FINDINGS, report.run.id, report.findings),
        *_stage(lake, AUDIT_EVIDENCE, report.run.id, report.evidence),
        *_stage(lake, AUDIT_SUPPRESSIONS, report.run.id, report.suppressions),
        *stage(lake.session, AUDIT_RULES, _rule_rows(report)),
    ]
    records = {d.name: d for d in report.datasets}
    prepared = [prepare(s, records[s.name]) for s in staged]
    caches = [c for c in (cache, embeddings) if c is not None]
    for found in caches:
        found.prepare()
    known = False
    with writing(lake) as tx:
        known = tx.moved_on(seen) and committed(lake, key)
        if not known:
            report = _commit(tx, report, prepared, tables, profiles)
            for found in caches:
                found.commit(tx)
            details = {
                **hashes,
                "report": digest(report_to_json(report)),
                "verdict": report.verdict.value,
                "datasets": [f"{d.name}@{d.version}" if d.version else d.name for d in report.datasets],
                **_what_excused(report),
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
        load_suppressions(lake, ident),
    )


def load_findings(lake: Lake, run: str) -> pa.Table:
    """FINDINGS of a stored run, by its whole id."""
    return _load(lake, AUDIT_FINDINGS, FINDINGS, run)


def load_suppressions(lake: Lake, run: str) -> pa.Table:
    """SUPPRESSIONS of a stored run, by its whole id."""
    return _load(lake, AUDIT_SUPPRESSIONS, SUPPRESSIONS, run)


def findings_beginning(lake: Lake, prefix: str, most: int = 20) -> list[tuple[str, str]]:
    """(rule, fingerprint) of the stored findings whose fingerprint begins so, each once."""
    sql = (
        "SELECT DISTINCT rule, fingerprint FROM lake.findings WHERE starts_with(fingerprint, ?)"
        " ORDER BY fingerprint LIMIT ?"
    )
    return [(str(rule), str(found)) for rule, found in lake.fetch(sql, [prefix, most])]


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


def audits_of(lake: Lake, contents: Sequence[tuple[str, int]]) -> list[str]:
    """Runs that read exactly the data of these (content hash, rows), in any order, latest first."""
    sql = (
        "SELECT run, list_sort(list(concat(content_hash, ' ', d.rows))) FROM lake.audit_datasets d"
        " JOIN lake.audits USING (run) GROUP BY run, audits.seq ORDER BY audits.seq DESC"
    )
    wanted = sorted(f"{content} {rows}" for content, rows in contents)
    return [str(run) for run, found in lake.fetch(sql) if found == wanted]


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
        for table in OWNED_BY_RUN:
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
    recorded = {"suppressions": table_hash(SUPPRESSIONS.empty_table()), **logged[-1].data}
    report = str(lake.fetch("SELECT report FROM lake.audits WHERE run = ?", [ident])[0][0])
    stored = {
        "report": digest(report),
        "findings": table_hash(load_findings(lake, ident)),
        "evidence": table_hash(_load(lake, AUDIT_EVIDENCE, EVIDENCE, ident)),
        "suppressions": table_hash(load_suppressions(lake, ident)),
    }
    wrong = [
        f"{HELD[name]} not what was committed"
        for name, value in stored.items()
        if recorded.get(name) != value
    ]
    return AuditCheck(ident, tuple(wrong or _summary_problems(lake, ident)))


def missing_audits(lake: Lake) -> list[str]:
    """Runs that were committed by the event log, were never removed, and are not in the lake."""
    committed_runs = [e.subject for e in events.beginning(lake, "audit.commit")]
    removed = {e.subject for e in events.beginning(lake, "audit.remove")}
    stored = {str(row[0]) for row in lake.fetch("SELECT run FROM lake.audits")}
    return [run for run in dict.fromkeys(committed_runs) if run not in removed | stored]


def _summary_problems(lake: Lake, run: str) -> list[str]:
    """Which of the tables that lists are made from says something else than the report, which is as committed."""
    report = load_audit(lake, run)
    rules = _rule_rows(report)
    summary = {
        "verdict": report.verdict.value,
        "started": report.run.started,
        "user": report.run.user,
        "findings": report.findings.num_rows,
        "evidence": report.evidence.num_rows,
    }
    sql = f"SELECT {', '.join(map(identifier, summary))} FROM lake.audits WHERE run = ?"
    problems = [] if lake.fetch(sql, [run]) == [tuple(summary.values())] else ["audits"]
    columns = names(AUDIT_RULES.schema)
    sql = f"SELECT {columns} FROM lake.audit_rules WHERE run = ? ORDER BY position"
    problems += [] if lake.query(sql, AUDIT_RULES.schema, [run]) == rules else ["audit_rules"]
    return [f"its line in table {table} is not what was committed" for table in problems]


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


def _what_excused(report: AuditReport) -> dict[str, object]:
    """What kept findings from the gate, for the event: the baseline, and the waivers in force."""
    baseline = report.gate.baseline
    found: dict[str, object] = {} if baseline is None else {"baseline": asdict(baseline)}
    used = [w.id for w in report.waivers if w.findings]
    return found | ({"waivers": used, "waived": report.suppressions.num_rows} if used else {})


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
