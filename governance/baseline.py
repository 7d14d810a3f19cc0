"""What is new since an earlier audit, by fingerprint.

A baseline is any earlier `govern audit -f json`. Fingerprints speak of content, so shuffling or re-sharding the data
between the two audits changes nothing. A finding that is gone counts as fixed only where its rule ran this time: a
rule that did not look has not seen anything fixed.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from governance.errors import InputError
from governance.findings import FINDINGS
from governance.report import AuditReport, RuleOutcome, RuleState

SCHEMA = "govern.report/1"
KNOWN = pa.schema([FINDINGS.field(name) for name in ("fingerprint", "rule", "severity", "message")])
_CHUNK = 8192


@dataclass(frozen=True)
class Baseline:
    """The findings of an earlier audit.

    Attributes:
        name: how reports call it: the file's name without its folders.
        findings: `KNOWN` columns.
    """

    name: str
    findings: pa.Table


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
            return Baseline(where.name, _table(_findings(file)))
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


def apply(
    report: AuditReport, baseline: Baseline, *, new_only: bool = False
) -> tuple[AuditReport, Comparison]:
    """The report and its comparison; with `new_only` the report keeps new findings alone.

    The verdict stays as it was: whoever asks for `new_only` decides it again from the report returned, whose rules
    count what is left.
    """
    known = pc.is_in(
        report.findings.column("fingerprint"), value_set=whole_column(baseline.findings, "fingerprint")
    )
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
    rules = tuple(_recounted(rule, findings, evidence) for rule in report.rules)
    return replace(report, findings=findings, evidence=evidence, rules=rules)


def _recounted(rule: RuleOutcome, findings: pa.Table, evidence: pa.Table) -> RuleOutcome:
    mine = findings.filter(pc.equal(findings.column("rule"), rule.id))
    if mine.num_rows == rule.findings:
        return rule
    affected = evidence.filter(
        pc.and_(
            pc.is_in(evidence.column("fingerprint"), value_set=whole_column(mine, "fingerprint")),
            pc.equal(evidence.column("role"), "affected"),
        )
    )
    return replace(rule, findings=mine.num_rows, rows=len(np.unique(affected.column("row").to_numpy())))


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
    """`KNOWN` columns of findings, built in chunks so that the evidence never piles up."""
    chunks, rows = [KNOWN.empty_table()], []
    for finding in findings:
        rows.append({name: str(finding[name]) for name in KNOWN.names})
        if len(rows) == _CHUNK:
            chunks.append(pa.Table.from_pylist(rows, KNOWN))
            rows = []
    return pa.concat_tables([*chunks, pa.Table.from_pylist(rows, KNOWN)])
