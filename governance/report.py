"""What an audit leaves behind: one frozen value that the lake stores and every format renders.

Everything except `run` is a function of the input, the configuration and the program version, so two audits of the
same data give the same report apart from `run`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pyarrow as pa

from governance.findings import Severity


class Verdict(StrEnum):
    """What a gate needs to know. `incomplete` is never a pass: a selected rule could not run."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    INCOMPLETE = "incomplete"


class RuleState(StrEnum):
    """What became of a rule in an audit."""

    RAN = "ran"
    NOT_RUN = "not-run"  # selected by name or policy, and could not run: the audit is incomplete
    NOT_APPLICABLE = "not-applicable"  # on by default, and what it needs was not given


@dataclass(frozen=True)
class RuleOutcome:
    """One selected rule: did it run, with which options, and what it counted."""

    id: str
    name: str
    severity: Severity
    summary: str
    state: RuleState
    reason: str = ""  # why it did not run
    findings: int = 0
    rows: int = 0  # distinct rows its findings count against
    options: Mapping[str, Any] = field(default_factory=dict)
    stats: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class FileRecord:
    """One input file as it was read."""

    path: str  # as given, relative where it was given so
    bytes: int
    sha256: str
    rows: int


@dataclass(frozen=True)
class DatasetRecord:
    """The audited data: what it is called, what it holds, which version of it the lake keeps."""

    name: str
    uri: str  # the argument as the user gave it
    first_row: int  # rows are numbered through all datasets of an audit; this one owns first_row onwards
    version: int  # version number in the lake, 1-based; 0 where nothing was kept
    content_hash: str  # order-free hash over the sample ids, so shuffles and shards agree
    rows: int
    unreadable: int  # rows that could not be read, reported under INP001
    columns: Mapping[str, str]  # which column was taken as what, e.g. {"chat": "messages"}
    files: tuple[FileRecord, ...]
    notes: tuple[str, ...] = ()  # sampling, ignored columns and whatever else must not be silent
    characters: int = 0
    roles: Mapping[str, int] = field(default_factory=dict)  # turns per role


@dataclass(frozen=True)
class SuiteRecord:
    """An evaluation set the data were searched for."""

    name: str
    uri: str
    content_hash: str
    items: int
    searchable: int
    unsearchable: tuple[
        str, ...
    ] = ()  # item ids that cannot be searched for, first 1,000; see stats for reasons


@dataclass(frozen=True)
class LabelCount:
    """The rows of one label, and what was found in them."""

    label: str  # scene/task; as it stands in the data where unmapped; empty for rows without a label
    kind: str  # taxonomy | unmapped (the data's own) | others (many rare labels together) | none
    rows: int
    characters: int
    basis: Mapping[str, int]  # rows by what their label rests on, e.g. {"data": 10, "rules": 90}
    affected: int  # distinct rows that findings count against
    findings: Mapping[str, int]  # by severity word; a finding counts for each label whose rows it affects


@dataclass(frozen=True)
class RunRecord:
    """The part of a report that differs between two runs on the same data."""

    id: str
    started: str  # ISO 8601, UTC
    finished: str
    seconds: float
    cpu_seconds: float
    command: str
    user: str
    host: str
    govern: str  # program version
    timings: Mapping[str, float] = field(default_factory=dict)  # CPU seconds by mapper and rule
    costs: Mapping[str, Any] = field(default_factory=dict)  # per rule, what depended on the cache


@dataclass(frozen=True)
class Gate:
    """What decides the verdict."""

    fail_on: str  # error | warning | note | never
    allow_incomplete: bool = False


@dataclass(frozen=True)
class AuditReport:
    """An audit, whole."""

    run: RunRecord
    verdict: Verdict
    gate: Gate
    datasets: tuple[DatasetRecord, ...]
    suites: tuple[SuiteRecord, ...]
    rules: tuple[RuleOutcome, ...]  # every selected rule, by id
    findings: pa.Table  # FINDINGS, sorted by (severity, rule, fingerprint)
    evidence: pa.Table  # EVIDENCE, sorted by (fingerprint, role, row, turn, start)
    config: Mapping[str, Any] = field(
        default_factory=dict
    )  # settings in force, without paths of this machine
    labels: tuple[LabelCount, ...] = ()  # most rows first, then "others", then rows without a label

    def counts(self) -> dict[str, int]:
        """Findings by severity word, all three always present."""
        words = self.findings.column("severity").to_pylist()
        return {s.value: words.count(s.value) for s in Severity}
