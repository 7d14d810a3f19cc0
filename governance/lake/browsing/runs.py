"""Runs and what they read, without their findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.findings import empty_evidence, empty_findings, empty_suppressions
from governance.lake.browsing.wanted import Piece, pieces_of
from governance.lake.records import report_from_json
from governance.report import AuditReport, DatasetRecord

if TYPE_CHECKING:
    from governance.lake.catalog import Lake

MOST_RUNS = 500


@dataclass(frozen=True)
class RunLine:
    """One audit in a list of audits."""

    run: str
    started: str
    verdict: str
    findings: int
    datasets: tuple[str, ...]


def recent_runs(lake: Lake, most: int = MOST_RUNS, also: str = "") -> list[RunLine]:
    """The latest audits, latest first, and the one that is named, however old it is."""
    sql = (
        "SELECT a.run, a.started, a.verdict, a.findings, list(d.name ORDER BY d.position)"
        " FROM (SELECT * FROM lake.audits QUALIFY row_number() OVER (ORDER BY seq DESC) <= ? OR run = ?) a"
        " LEFT JOIN lake.audit_datasets d ON d.run = a.run"
        " GROUP BY a.run, a.started, a.verdict, a.findings, a.seq ORDER BY a.seq DESC"
    )
    found = lake.fetch(sql, [most, also])
    return [
        RunLine(run, at, said, n, tuple(x for x in names or () if x)) for run, at, said, n, names in found
    ]


def report_head(lake: Lake, run: str) -> AuditReport | None:
    """The report of a run without findings, evidence and suppressions; None where there is no such run."""
    found = lake.fetch("SELECT report FROM lake.audits WHERE run = ?", [run])
    if not found:
        return None
    return report_from_json(str(found[0][0]), empty_findings(), empty_evidence(), empty_suppressions())


def kept_pieces(lake: Lake, report: AuditReport) -> tuple[Piece, ...]:
    """Where the entries of the run's rows are; versions that were removed have none."""
    sql = (
        "SELECT d.name, v.version_id, CAST(json_extract(v.record, '$.first_row') AS BIGINT)"
        " FROM lake.audit_datasets d JOIN lake.dataset_versions v ON v.version_id = d.version_id"
        " LEFT JOIN lake.removals r ON r.id = v.version_id WHERE d.run = ? AND r.id IS NULL ORDER BY d.position"
    )
    return pieces_of(report, [(str(n), str(i), int(f or 0)) for n, i, f in lake.fetch(sql, [report.run.id])])


def piece_of(record: DatasetRecord, pieces: Sequence[Piece]) -> Piece | None:
    """The kept entries of one dataset of the run."""
    return next((p for p in pieces if p.first == record.first_row and p.rows == record.rows), None)
