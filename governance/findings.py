"""What an audit says: findings, each with the evidence a reader can check.

Both are Arrow tables, because a large dataset has millions of them. A finding speaks of one or more rows; each of
these is one line of evidence, with the place in the row and in its peer (another row, or a benchmark item).

Offsets count Unicode characters of the turn's canonical text (samples.py), start inclusive, end exclusive.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from enum import StrEnum

import pyarrow as pa
import pyarrow.compute as pc


class Severity(StrEnum):
    """SARIF's words, worst first."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 for error, 1 for warning, 2 for note."""
        return list(Severity).index(self)


FINDINGS = pa.schema(
    [
        pa.field("fingerprint", pa.string(), False),  # 64 hex; see `fingerprint`
        pa.field("rule", pa.string(), False),  # DUP003
        pa.field("severity", pa.string(), False),  # error | warning | note
        pa.field("kind", pa.string(), False),  # the rule's own sub-kind: near | template | verbatim ...
        pa.field("message", pa.string(), False),  # our words and numbers only, never text of a row
        pa.field("score", pa.float64()),  # what was measured ...
        pa.field("threshold", pa.float64()),  # ... and what it was held against
        pa.field(
            "rows", pa.int64(), False
        ),  # rows this finding counts against (representatives not included)
        pa.field("details", pa.string(), False),  # canonical JSON object of further numbers
    ]
)

EVIDENCE = pa.schema(
    [
        pa.field("fingerprint", pa.string(), False),
        pa.field("row", pa.int64(), False),
        pa.field("sample_id", pa.string()),  # 64 hex; null where the row could not be read
        pa.field("role", pa.string(), False),  # affected | representative
        pa.field("turn", pa.int32()),  # 0-based turn of the conversation; null speaks of the whole row
        pa.field("start", pa.int64()),
        pa.field("end", pa.int64()),
        pa.field("score", pa.float64()),  # of this row against the peer, e.g. its Jaccard
        pa.field("peer", pa.string()),  # "row:17" or "item:fineval/accounting_val/3"
        pa.field("peer_part", pa.string()),  # question | option | answer | context, of a benchmark item
        pa.field("peer_start", pa.int64()),
        pa.field("peer_end", pa.int64()),
        # The audit fills the rest in; rules leave it null.
        pa.field("file", pa.int32()),  # index into the files of the row's dataset
        pa.field("line", pa.int64()),  # 1-based line (JSONL, CSV) or row (Parquet, Arrow) in that file
        pa.field(
            "excerpt", pa.string()
        ),  # at most 200 characters of the turn around the span, untrusted text
        pa.field("excerpt_start", pa.int64()),  # offset in the turn of the excerpt's first character
        pa.field("peer_excerpt", pa.string()),  # the same of an item's part; a peer row has its own line
    ]
)

SUPPRESSIONS = pa.schema(
    [
        pa.field("fingerprint", pa.string(), False),
        pa.field("kind", pa.string(), False),  # external: a waiver covers it | in-source: its rows say so
        pa.field("waiver", pa.string(), False),  # id of the waiver, empty for in-source
    ]
)
"""Findings that are kept from the gate, one line each, sorted by fingerprint."""

FINGERPRINT_VERSION = "1"
EXCERPT_CHARACTERS = 200


def fingerprint(rule: str, contents: Iterable[str]) -> str:
    """SHA-256 of rule, fingerprint version and the identities of what the finding speaks of, sorted.

    Contents are sample ids and item hashes, never paths or row numbers, so shuffling or re-sharding a dataset does
    not reopen a finding.
    """
    parts = [rule, FINGERPRINT_VERSION, *sorted(contents)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def fingerprints(rule: str, contents: pa.Array) -> pa.Array:
    """(n,) fingerprints of findings that speak of one content each; equal to `fingerprint(rule, [content])`."""
    from governance.samples import sha256_hex

    return sha256_hex(
        pc.binary_join_element_wise(rule, FINGERPRINT_VERSION, contents.cast(pa.string()), "\n")
    )


def empty_findings() -> pa.Table:
    """A findings table of no rows."""
    return FINDINGS.empty_table()


def empty_evidence() -> pa.Table:
    """An evidence table of no rows."""
    return EVIDENCE.empty_table()


def empty_suppressions() -> pa.Table:
    """A table of no suppressions."""
    return SUPPRESSIONS.empty_table()
