"""What a split is: its members, what was left out and why, and the record of how it was made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa

from governance.members import PARTS

MEMBER = pa.schema(
    [
        pa.field("sample_id", pa.string(), False),  # 64 hex, of the entry as it is in the dataset version
        pa.field("part", pa.string(), False),  # train | holdout
        pa.field("weight", pa.float64(), False),
        pa.field("dataset", pa.string(), False),  # NAME@VERSION
        pa.field("row", pa.int64(), False),
        pa.field("source", pa.string()),
        pa.field("label", pa.string()),
        pa.field("group", pa.string()),
        pa.field("licence", pa.string()),
        pa.field("tokens", pa.int64(), False),
        pa.field("redacted", pa.string()),  # JSON list of {role, content}, where it differs from the entry
    ]
)
"""A row of the split, without the conversation: that is read from the dataset version, and has the id `sample_id`."""

EXCLUSION = pa.schema(
    [
        pa.field("dataset", pa.string(), False),
        pa.field("row", pa.int64(), False),
        pa.field("sample_id", pa.string()),  # null where the row could not be read
        pa.field("step", pa.string(), False),  # one of STEPS
        pa.field("rule", pa.string()),  # the rule that speaks of it, e.g. DUP003
        pa.field("finding", pa.string()),  # fingerprint of the finding
        pa.field("decision", pa.string()),  # what of the policy decided it, e.g. "drop = SEC001"
        pa.field("stands", pa.string()),  # of a duplicate: the sample that stands for it
        pa.field("stands_dataset", pa.string()),
        pa.field("stands_row", pa.int64()),
    ]
)
"""An entry that is in no part of the split, and why."""

UNREADABLE, DECIDED, RULE, REDACTION = "unreadable", "decision", "rule", "redaction"
DUPLICATE, UNSUPERVISED, OVER_LENGTH = "duplicate", "unsupervised", "over-length"
ALLOCATION, MIXTURE, BUDGET = "allocation", "mixture", "budget"
STEPS: Mapping[str, str] = {
    UNREADABLE: "could not be read",
    DECIDED: "left out by name",
    RULE: "dropped by a rule",
    REDACTION: "personal data could not be replaced",
    DUPLICATE: "another row stands for it",
    UNSUPERVISED: "no token to learn from",
    OVER_LENGTH: "longer than allowed",
    ALLOCATION: "beyond the allocation of its label",
    MIXTURE: "beyond the share of its kind",
    BUDGET: "beyond the budget of tokens",
}
"""The steps of the funnel in their order, with what they say of a row."""


@dataclass(frozen=True)
class Input:
    """A dataset version that went into a split.

    Attributes:
        identity: of the version: content, files, columns and defaults.
        files: (name without folder, SHA-256, rows) of each file it was read from.
    """

    name: str
    version: int
    content_hash: str
    identity: str
    rows: int
    unreadable: int
    columns: Mapping[str, str]
    files: tuple[tuple[str, str, int], ...]
    licence: str = ""

    @property
    def reference(self) -> str:
        """NAME@VERSION."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True)
class Stage:
    """One step of the funnel.

    Attributes:
        excluded: rows that left at this step.
        left: rows that go on.
        tokens: of the rows that left; an estimate unless a tokenizer was given.
        by: rows that left by the rule that speaks of them, where one does.
    """

    step: str
    excluded: int
    left: int
    tokens: int = 0
    by: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """What one part of a split holds."""

    rows: int
    tokens: int
    groups: int


@dataclass(frozen=True)
class SplitRecord:
    """A split without its rows.

    Attributes:
        version, split_id, created_at, created_by: what the lake gives; empty until it is kept.
        content_hash: of inputs, policy, members and exclusions; equal splits have equal ones.
        members_hash, exclusions_hash: of the two tables.
        rows: entries of all inputs; members and exclusions add up to them.
        policy: everything that decided, as plain values.
        findings_hash: of the findings that were used, whatever the run that found them.
        run: the audit that found them.
        redactions: values that were replaced by placeholders, by kind.
        licences, sources, labels: rows of the split by what they say of themselves; "" where they say nothing.
        counted_by: `estimate`, or the SHA-256 of the tokenizer's file.
        govern: the version of this program that made it.
    """

    name: str
    content_hash: str
    members_hash: str
    exclusions_hash: str
    rows: int
    inputs: tuple[Input, ...]
    policy: Mapping[str, Any]
    parts: Mapping[str, Part]
    funnel: tuple[Stage, ...]
    findings_hash: str
    run: str
    redactions: Mapping[str, int]
    licences: Mapping[str, int]
    sources: Mapping[str, int]
    labels: Mapping[str, int]
    counted_by: str
    govern: str
    notes: tuple[str, ...] = ()
    version: int = 0
    split_id: str = ""
    created_at: str = ""
    created_by: str = ""

    @property
    def reference(self) -> str:
        """NAME@VERSION."""
        return f"{self.name}@{self.version}"

    @property
    def members(self) -> int:
        """Rows of all parts."""
        return sum(part.rows for part in self.parts.values())


def record_to_json(record: SplitRecord) -> str:
    """The record as one line of JSON."""
    return json.dumps(asdict(record), ensure_ascii=False, sort_keys=True)


def record_from_json(text: str) -> SplitRecord:
    """The record of its JSON."""
    return record_of(json.loads(text))


def record_of(parts: Mapping[str, Any]) -> SplitRecord:
    """The record of plain values."""
    inputs = tuple(
        Input(**{**i, "files": tuple((str(n), str(h), int(r)) for n, h, r in i["files"])})
        for i in parts["inputs"]
    )
    return SplitRecord(
        **{
            **parts,
            "inputs": inputs,
            "parts": {name: Part(**parts["parts"][name]) for name in PARTS},
            "funnel": tuple(Stage(**stage) for stage in parts["funnel"]),
            "notes": tuple(parts["notes"]),
        }
    )
