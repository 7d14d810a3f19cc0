"""Small makers of what goes into a lake."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from governance.benchmarks.items import ITEMS
from governance.benchmarks.suite import Suite
from governance.findings import EVIDENCE, FINDINGS, Severity
from governance.lake import Lake
from governance.lake.datasets import DatasetVersion, Defaults, commit_version, stage_version
from governance.lake.tables import ENTRY
from governance.report import (
    AuditReport,
    DatasetRecord,
    FileRecord,
    Gate,
    RuleOutcome,
    RuleState,
    RunRecord,
    SuiteRecord,
    Verdict,
)


def sha(text: str) -> bytes:
    """32 bytes that only the text decides."""
    return hashlib.sha256(text.encode()).digest()


def entry_table(texts: Sequence[str], first_row: int = 0) -> pa.Table:
    """Entries of samples that are told apart by a text."""
    count = len(texts)
    return pa.table(
        {
            "row": pa.array(range(first_row, first_row + count), pa.int64()),
            "file": pa.array([0] * count, pa.int32()),
            "line": pa.array(range(first_row + 1, first_row + count + 1), pa.int64()),
            "sample_id": pa.array([sha(t) for t in texts], pa.binary(32)),
            "row_id": [None if i % 2 else f"id{i}" for i in range(count)],
            "source": pa.array([None] * count, pa.string()),
            "licence": ["cc-by"] * count,
            "label": pa.array([None] * count, pa.string()),
        },
        schema=ENTRY,
    )


def many_entries(count: int, seed: int = 0) -> pa.Table:
    """As many entries with random identities."""
    ids = np.random.default_rng(seed).bytes(32 * count)
    whole = pa.FixedSizeBinaryArray.from_buffers(pa.binary(32), count, [None, pa.py_buffer(ids)])
    rows = pa.array(np.arange(count))
    nothing = pa.nulls(count, pa.string())
    files = pa.array(np.zeros(count, np.int32))
    return pa.Table.from_arrays([rows, files, rows, whole, nothing, nothing, nothing, nothing], schema=ENTRY)


def dataset_record(name: str, texts: Sequence[str], **changes: Any) -> DatasetRecord:
    """What a reader says of a dataset of these texts."""
    content = hashlib.sha256("\n".join(sorted(texts)).encode()).hexdigest()
    values: dict[str, Any] = {
        "name": name,
        "uri": f"{name}.jsonl",
        "first_row": 0,
        "version": 0,
        "content_hash": content,
        "rows": len(texts),
        "unreadable": 0,
        "columns": {"text": "body"},
        "files": (FileRecord(f"{name}.jsonl", 100, content, len(texts)),),
        "notes": ("sampled 3 of 9",),
        "characters": 17,
        "roles": {"text": len(texts)},
        **changes,
    }
    return DatasetRecord(**values)


def add_version(
    lake: Lake, name: str, texts: Sequence[str], defaults: Defaults | None = None, **changes: Any
) -> DatasetVersion:
    """The committed version of a dataset of these texts."""
    with stage_version(lake, name, defaults or Defaults()) as staged:
        staged.write_entries(entry_table(texts))
        return commit_version(lake, staged, dataset_record(name, texts, **changes))


def add_rows(lake: Lake, name: str, *tables: pa.Table) -> DatasetVersion:
    """The committed version of a dataset that keeps the rows of the tables."""
    texts = [repr(row) for table in tables for row in range(table.num_rows)]
    with stage_version(lake, name) as staged:
        staged.write_entries(entry_table(texts))
        first = 0
        for table in tables:
            staged.write_rows(first, table)
            first += table.num_rows
        staged.keep_rows()
        return commit_version(lake, staged, dataset_record(name, texts))


def finding_table(count: int) -> pa.Table:
    """Findings, sorted as a report has them."""
    rows = [
        {
            "fingerprint": hashlib.sha256(f"f{i}".encode()).hexdigest(),
            "rule": "DUP003",
            "severity": "warning",
            "kind": "near",
            "message": f"{i} rows are near duplicates: 中文 \N{GRINNING FACE}",
            "score": None if i % 3 == 0 else i / 7,
            "threshold": 0.8,
            "rows": i,
            "details": '{"pairs":1}',
        }
        for i in range(count)
    ]
    table = pa.Table.from_pylist(rows, schema=FINDINGS)
    return table.sort_by([(n, "ascending") for n in ("severity", "rule", "fingerprint")])


def evidence_table(count: int) -> pa.Table:
    """Evidence, with nulls and texts nobody would choose."""
    rows = [
        {
            "fingerprint": hashlib.sha256(f"f{i}".encode()).hexdigest(),
            "row": i,
            "sample_id": None if i == 0 else sha(str(i)).hex(),
            "role": "affected",
            "turn": None if i % 2 else i,
            "start": 0,
            "end": 5,
            "score": 0.9,
            "peer": "row:17",
            "peer_part": None,
            "peer_start": None,
            "peer_end": None,
            "excerpt": "'; DROP TABLE lake.events; -- \x1b[31m \x00 {{x}}",
        }
        for i in range(count)
    ]
    return pa.Table.from_pylist(rows, schema=EVIDENCE)


def run_record(run: str, **changes: Any) -> RunRecord:
    """A run."""
    values: dict[str, Any] = {
        "id": run,
        "started": "2026-01-02T03:04:05+00:00",
        "finished": "2026-01-02T03:04:09+00:00",
        "seconds": 4.25,
        "cpu_seconds": 3.5,
        "command": "govern audit 'a b.jsonl'",
        "user": "ann",
        "host": "box",
        "govern": "0.1.0",
        "timings": {"z": 1.0, "a": 0.5},
        "costs": {"DUP003": {"cached": 3}},
        **changes,
    }
    return RunRecord(**values)


def audit_report(run: str, *datasets: DatasetRecord, findings: int = 3, **changes: Any) -> AuditReport:
    """A report with something in every field."""
    values: dict[str, Any] = {
        "run": run_record(run),
        "verdict": Verdict.FAIL,
        "gate": Gate("error", allow_incomplete=True),
        "datasets": datasets,
        "suites": (SuiteRecord("fineval", "fineval.csv", "ab" * 32, 10, 8, ("fineval/1", "fineval/2")),),
        "rules": (
            RuleOutcome("CON001", "eval-item", Severity.ERROR, "An item", RuleState.NOT_RUN, "no suite"),
            RuleOutcome(
                "DUP003",
                "near-duplicate",
                Severity.WARNING,
                "Near",
                RuleState.RAN,
                findings=findings,
                rows=7,
                options={"threshold": 0.8, "on": True},
                stats={"pairs": [1, 2], "deep": {"b": 1, "a": None}},
            ),
        ),
        "findings": finding_table(findings),
        "evidence": evidence_table(findings + 1),
        "config": {"select": ["DUP"], "fail_on": "error"},
        **changes,
    }
    return AuditReport(**values)


def suite(name: str, *questions: str) -> Suite:
    """An evaluation suite of these questions."""
    items = [
        {
            "suite": name,
            "item": f"part/{i}",
            "subject": "accounting" if i else None,
            "label": None,
            "question": question,
            "context": None,
            "options": ["yes", "no"] if i % 2 else [],
            "answer": "A",
            "answer_text": "yes",
            "content_hash": sha(question).hex(),
        }
        for i, question in enumerate(questions)
    ]
    content = hashlib.sha256("\n".join(sorted(questions)).encode()).hexdigest()
    return Suite(name, f"{name}.jsonl", pa.Table.from_pylist(items, schema=ITEMS), content, ("a note",))
