"""Equal rows, or rows of one source, that say different things in one metadata field."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import polars as pl
import pyarrow as pa

from governance.findings import EVIDENCE, FINDINGS, Severity, empty_evidence, empty_findings, fingerprint
from governance.rules.base import Partials, RuleResult
from governance.rules.groups import LISTED
from governance.samples import hex_ids
from governance.text.store import chunk

Reading = Callable[[pl.Series], Mapping[str, str | None]]


def clashes_reported(
    rule: str, severity: Severity, partials: Partials, read: Reading, messages: Mapping[str, str]
) -> RuleResult:
    """Findings of kind `content` and `source` from a table of row, source, licence and sample.

    Args:
        read: the different fields -> what each amounts to; None says nothing and clashes with nothing.
    """
    table = partials.read()
    if not table.num_rows:
        return RuleResult(empty_findings(), empty_evidence())
    frame = _frame(table)
    meaning = read(frame.get_column("licence"))
    said = pl.col("licence").replace_strict(dict(meaning), return_dtype=pl.String).alias("said")
    frame = frame.with_columns(said).filter(pl.col("said").is_not_null())
    found = [
        _clash(rule, severity, kind, messages[kind], group)
        for kind, key in (("content", "sample_id"), ("source", "source"))
        for group in _groups(frame, key)
    ]
    findings = pa.Table.from_pylist([finding for finding, _ in found], FINDINGS)
    evidence = pa.Table.from_pylist([line for _, lines in found for line in lines], EVIDENCE)
    return RuleResult(findings, evidence, {"rows_compared": frame.height})


def _frame(table: pa.Table) -> pl.DataFrame:
    ids = hex_ids(chunk(table.column("sample")))
    plain = table.drop_columns("sample").append_column("sample_id", ids)
    return pl.DataFrame(pl.from_arrow(plain)).sort("row")


def _groups(frame: pl.DataFrame, key: str) -> list[dict[str, Any]]:
    """Each value of `key` under which different things are said, with its first rows."""
    known = frame.filter(pl.col(key).is_not_null())
    groups = known.group_by(key).agg(
        pl.col("said").unique().sort(),
        rows=pl.len(),
        row=pl.col("row").head(LISTED),
        sample=pl.col("sample_id").head(LISTED),
    )
    groups = groups.filter(pl.col("said").list.len() > 1).rename({key: "value"})
    return groups.sort("value").to_dicts()


def _clash(
    rule: str, severity: Severity, kind: str, message: str, group: Mapping[str, Any]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    key = "sample_id" if kind == "content" else "source"
    details = json.dumps(
        {"fields": {key: group["value"]}, "licences": group["said"]},
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    identity = group["value"] if kind == "content" else hashlib.sha256(details.encode()).hexdigest()
    mark = fingerprint(rule, [f"{kind}/{identity}"])
    finding = {
        "fingerprint": mark,
        "rule": rule,
        "severity": severity.value,
        "kind": kind,
        "message": f"{message} ({len(group['said'])} licences in {group['rows']:,} rows)",
        "rows": group["rows"],
        "details": details,
    }
    lines = [
        {"fingerprint": mark, "row": row, "sample_id": sample, "role": "affected"}
        for row, sample in zip(group["row"], group["sample"], strict=True)
    ]
    return finding, lines
