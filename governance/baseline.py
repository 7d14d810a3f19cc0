"""What is new since an earlier audit, by fingerprint.

A baseline is any earlier `govern audit -f json`, or an audit that the lake keeps.
Fingerprints speak of content, so shuffling or re-sharding the data
between the two audits changes nothing. A finding that is gone counts as fixed only where its rule ran this time: a
rule that did not look has not seen anything fixed. A finding that was waived in the baseline is not accepted by it:
when its waiver is no longer in force, it is new.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from governance.errors import InputError, NotFound
from governance.findings import FINDINGS
from governance.report import AuditReport, BaselineRecord, RuleOutcome, RuleState

if TYPE_CHECKING:
    from governance.lake import Lake

SCHEMA = "govern.report/1"
KNOWN = pa.schema([FINDINGS.field(name) for name in ("fingerprint", "rule", "severity", "message")])
_CHUNK = 8192


@dataclass(frozen=True)
class Baseline:
    """The findings of an earlier audit.

    Attributes:
        name: how reports call it: the file's name without its folders.
        findings: `KNOWN` columns.
        waived: fingerprints of those that were waived then.
    """

    name: str
    findings: pa.Table
    waived: pa.Array = field(default_factory=lambda: pa.array([], pa.string()))

    @property
    def content(self) -> str:
        """SHA-256 over the fingerprints, whatever their order."""
        lines = "\n".join(sorted(self.findings.column("fingerprint").to_pylist()))
        return hashlib.sha256(lines.encode()).hexdigest()


@dataclass(frozen=True)
class Comparison:
    """How a report stands against a baseline.

    Attributes:
        name: the baseline's name.
        states: (findings,) 'new' or 'unchanged', in the order of the report's findings.
        fixed: `KNOWN` columns, the baseline's findings that are gone, by rule and fingerprint.
        not_looked: baseline findings of rules that did not run this time, neither fixed nor unchanged.
        new: number of new findings.
        unchanged: number of findings the baseline has too, shown or left out by `new_only`.
    """

    name: str
    states: pa.ChunkedArray
    fixed: pa.Table
    not_looked: int
    new: int
    unchanged: int


def load_baseline(path: str | Path) -> Baseline:
    """The findings of a report written by `-f json`; InputError where it is not one.

    The report is read line by line, one finding a line as this program writes it. One laid out otherwise is read
    whole, which takes memory in proportion to its size.
    """
    where = Path(path)
    try:
        with where.open(encoding="utf-8") as file:
            found = _table(_findings(file))
        waived = found.filter(found.column("waived"))
        return Baseline(where.name, found.select(KNOWN.names), whole_column(waived, "fingerprint"))
    except OSError as error:
        raise InputError(
            "the baseline cannot be read", where=str(where), hint=error.strerror or ""
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            "the baseline is not a report of this program",
            where=str(where),
            hint="write one with `govern audit DATASET -f json -o FILE`",
        ) from error


def resolve_baseline(lake: Lake, spec: str) -> Baseline:
    """A baseline by the name of its file, or by that of a stored run: its id, the beginning of one, or `latest`."""
    from governance.lake.audits import find_run, load_findings, load_suppressions

    if Path(spec).exists():
        return load_baseline(spec)
    try:
        run = find_run(lake, spec)
    except NotFound as error:
        hint = f"write one with `govern audit DATASET -f json -o FILE`, or name a run; {error.hint}"
        raise InputError("the baseline is neither a file nor a stored run", where=spec, hint=hint) from error
    waived = whole_column(load_suppressions(lake, run), "fingerprint")
    return Baseline(run, load_findings(lake, run).select(KNOWN.names), waived)


def record(report: AuditReport, baseline: Baseline, *, new_only: bool) -> BaselineRecord:
    """How a report stands against a baseline, as the report itself keeps it."""
    found = apply(report, baseline)[1]
    counts = found.new, found.unchanged, found.fixed.num_rows, found.not_looked
    return BaselineRecord(baseline.name, baseline.content, *counts, new_only)


def accepted(report: AuditReport, baseline: Baseline) -> pa.ChunkedArray:
    """(findings,) True where the baseline has the finding, and not only thanks to a waiver that is gone."""
    prints = report.findings.column("fingerprint")
    known = pc.is_in(prints, value_set=whole_column(baseline.findings, "fingerprint"))
    waived_then = pc.is_in(prints, value_set=baseline.waived)
    waived_now = pc.is_in(prints, value_set=whole_column(report.suppressions, "fingerprint"))
    return pc.and_(known, pc.or_(pc.invert(waived_then), waived_now))


def apply(
    report: AuditReport, baseline: Baseline, *, new_only: bool = False
) -> tuple[AuditReport, Comparison]:
    """The report and its comparison; with `new_only` the report keeps new findings alone.

    The verdict stays as it was: whoever asks for `new_only` decides it again from the report returned, whose rules
    count what is left.
    """
    known = accepted(report, baseline)
    unchanged = pc.sum(known).as_py() or 0
    fixed, not_looked = _gone(report, baseline)
    if new_only:
        report = _keep(report, pc.invert(known))
        known = pc.filter(known, pc.invert(known))
    states = pc.if_else(known, "unchanged", "new")
    new = len(known) - (pc.sum(known).as_py() or 0)
    return report, Comparison(baseline.name, states, fixed, not_looked, new, unchanged)


def _gone(report: AuditReport, baseline: Baseline) -> tuple[pa.Table, int]:
    """(fixed findings, number of findings whose rule did not run this time)."""
    here = whole_column(report.findings, "fingerprint")
    missing = baseline.findings.filter(
        pc.invert(pc.is_in(baseline.findings.column("fingerprint"), value_set=here))
    )
    ran = pa.array([r.id for r in report.rules if r.state is RuleState.RAN], pa.string())
    looked = pc.is_in(missing.column("rule"), value_set=ran)
    fixed = missing.filter(looked).sort_by([("rule", "ascending"), ("fingerprint", "ascending")])
    return fixed, missing.num_rows - fixed.num_rows


def _keep(report: AuditReport, mask: pa.ChunkedArray) -> AuditReport:
    """The report with only the findings of the mask, their evidence, and rules that count them."""
    findings = report.findings.filter(mask)
    kept = pc.is_in(report.evidence.column("fingerprint"), value_set=whole_column(findings, "fingerprint"))
    evidence = report.evidence.filter(kept)
    prints = whole_column(findings, "fingerprint")
    waived = report.suppressions.filter(pc.is_in(report.suppressions.column("fingerprint"), value_set=prints))
    rules = tuple(_recounted(rule, findings, evidence, waived) for rule in report.rules)
    return replace(report, findings=findings, evidence=evidence, rules=rules, suppressions=waived)


def _recounted(rule: RuleOutcome, findings: pa.Table, evidence: pa.Table, waived: pa.Table) -> RuleOutcome:
    mine = findings.filter(pc.equal(findings.column("rule"), rule.id))
    if mine.num_rows == rule.findings:
        return rule
    affected = evidence.filter(
        pc.and_(
            pc.is_in(evidence.column("fingerprint"), value_set=whole_column(mine, "fingerprint")),
            pc.equal(evidence.column("role"), "affected"),
        )
    )
    own = pc.is_in(mine.column("fingerprint"), value_set=whole_column(waived, "fingerprint"))
    rows = len(np.unique(affected.column("row").to_numpy()))
    return replace(rule, findings=mine.num_rows, rows=rows, waived=pc.sum(own).as_py() or 0)


def whole_column(table: pa.Table, name: str) -> pa.Array:
    """One column as one array, as value sets must be."""
    column = table.column(name)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _findings(file: TextIO) -> Iterator[dict[str, Any]]:
    """The findings of a JSON report, one by one."""
    head: list[str] = []
    for line in file:
        if line == '"findings": [\n':
            end = yield from _lines_of_findings(file)
            _check(json.loads("".join(head) + '"findings": [' + end + file.read()))
            return
        head.append(line)
    report = _check(json.loads("".join(head)))
    yield from report["findings"]


def _lines_of_findings(lines: Iterable[str]) -> Generator[dict[str, Any], None, str]:
    """The findings up to the line with the closing bracket, which is returned."""
    for line in lines:
        if line.startswith("]"):
            return line
        yield json.loads(line.rstrip().removesuffix(","))
    raise ValueError("the list of findings does not end")


def _check(report: Any) -> dict[str, Any]:
    if report["schema"] != SCHEMA:
        raise ValueError(report["schema"])
    return dict(report)


def _table(findings: Iterator[dict[str, Any]]) -> pa.Table:
    """`KNOWN` columns and `waived` of findings, built in chunks so that the evidence never piles up."""
    schema = KNOWN.append(pa.field("waived", pa.bool_()))
    chunks, rows = [schema.empty_table()], []
    for finding in findings:
        rows.append({n: str(finding[n]) for n in KNOWN.names} | {"waived": "suppression" in finding})
        if len(rows) == _CHUNK:
            chunks.append(pa.Table.from_pylist(rows, schema))
            rows = []
    return pa.concat_tables([*chunks, pa.Table.from_pylist(rows, schema)])
