"""What an audit leaves behind: one frozen value that the lake stores and every format renders.

Everything except `run` is a function of the input, the configuration and the program version, so two audits of the
same data give the same report apart from `run`. Where waivers are in use it depends on the day too, since they expire.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pyarrow as pa

from governance.findings import Severity, empty_suppressions


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
    """One selected rule: did it run, with which options, and what it counted.

    Attributes:
        limits: `max_rows` and `max_rate` by policy; within all of them its findings do not count at the gate.
        within_limits: True where they do not count for that reason.
        waived: findings that a waiver, or the data themselves, keep from the gate.
        counted: findings that count at the gate by severity word; None where nobody worked it out, so all do.
    """

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
    limits: Mapping[str, float] = field(default_factory=dict)
    within_limits: bool = False
    waived: int = 0
    counted: Mapping[str, int] | None = None


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
class BaselineRecord:
    """The earlier audit that an audit was held against.

    Attributes:
        name: the file's name without its folders, or the id of a stored run.
        content: order-free SHA-256 over the fingerprints of its findings.
        new_only: findings that it has do not count at the gate.
    """

    name: str
    content: str
    new: int
    unchanged: int
    fixed: int
    not_looked: int
    new_only: bool = False


@dataclass(frozen=True)
class Gate:
    """What decides the verdict."""

    fail_on: str  # error | warning | note | never
    allow_incomplete: bool = False
    baseline: BaselineRecord | None = None


@dataclass(frozen=True)
class WaiverRecord:
    """A waiver as an audit saw it: who wants what accepted, who agreed, and what it amounted to on that day.

    Attributes:
        state: in-force | expired | requested | rejected | revoked | self-approved | changed | unrecorded.
        findings: how many findings of this audit it covers; zero unless it is in force.
        faults: how the entry differs from what the event log has.
    """

    id: str
    rule: str
    scope: str  # "finding FINGERPRINT" or "where EXPRESSION"
    state: str
    reason: str
    requested_by: str
    approved_by: str
    expires: str  # the last day on which it holds, ISO 8601
    ticket: str = ""
    findings: int = 0
    faults: tuple[str, ...] = ()


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
    suppressions: pa.Table = field(default_factory=empty_suppressions)  # SUPPRESSIONS
    waivers: tuple[WaiverRecord, ...] = ()  # every waiver of the file in use, in its order
    labels: tuple[LabelCount, ...] = ()  # most rows first, then "others", then rows without a label

    def counts(self) -> dict[str, int]:
        """Findings by severity word, all three always present."""
        words = self.findings.column("severity").to_pylist()
        return {s.value: words.count(s.value) for s in Severity}
