"""Groups of rows that lie on both sides of a split, as findings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import pyarrow as pa

from governance.findings import EVIDENCE, FINDINGS, Severity, fingerprint
from governance.rules.base import RuleResult
from governance.rules.groups import LISTED


@dataclass(frozen=True)
class Wording:
    """Who speaks, how badly, and what is said; the message is given the rows of training."""

    rule: str
    severity: Severity
    kind: str
    message: str


def across(rows: pl.DataFrame, key: str) -> pl.DataFrame:
    """Groups of equal `key` with rows in training and held out.

    Args:
        rows: columns row, sample_id, held and `key`; rows of a null key are in no group.

    Returns:
        Columns `key`, train, held, samples (lists in order of row, of sample id).
    """
    groups = rows.filter(pl.col(key).is_not_null()).sort("row").group_by(key)
    both = groups.agg(
        train=pl.col("row").filter(~pl.col("held")),
        held=pl.col("row").filter(pl.col("held")),
        train_ids=pl.col("sample_id").filter(~pl.col("held")),
        samples=pl.col("sample_id").unique().sort(),
    )
    both = both.filter((pl.col("train").list.len() > 0) & (pl.col("held").list.len() > 0))
    return both.sort("samples")


def found(groups: pl.DataFrame, wording: Wording) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(FINDINGS rows, EVIDENCE rows) of groups: rows of training are affected, the first held-out row is their peer."""
    findings, evidence = [], []
    for group in groups.iter_rows(named=True):
        mark = fingerprint(wording.rule, [wording.kind, *group["samples"]])
        findings.append(
            {
                "fingerprint": mark,
                "rule": wording.rule,
                "severity": wording.severity.value,
                "kind": wording.kind,
                "message": wording.message.format(rows=len(group["train"])),
                "rows": len(group["train"]),
                "details": json.dumps({"held_out_rows": len(group["held"])}, separators=(",", ":")),
            }
        )
        listed = zip(group["train"][:LISTED], group["train_ids"][:LISTED], strict=True)
        peer = f"row:{group['held'][0]}"
        evidence += [
            {"fingerprint": mark, "row": row, "sample_id": sample, "role": "affected", "peer": peer}
            for row, sample in listed
        ]
    return findings, evidence


def result(
    parts: Sequence[tuple[list[dict[str, Any]], list[dict[str, Any]]]], stats: dict[str, int]
) -> RuleResult:
    """The findings of all parts."""
    findings = [line for lines, _ in parts for line in lines]
    evidence = [line for _, lines in parts for line in lines]
    return RuleResult(
        pa.Table.from_pylist(findings, FINDINGS), pa.Table.from_pylist(evidence, EVIDENCE), stats
    )
