"""Findings about groups of rows that share what their metadata say: one licence, one source, no source at all.

A million rows without a licence are one thing to mend, not a million. A mapper counts rows by the values of metadata
fields in each batch; `counted` adds the counts up; `reported` makes one finding a group. A finding lists the first
rows of its group as evidence; `details` name the fields and values, which say exactly which rows it speaks of.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import pyarrow as pa

from governance.findings import EVIDENCE, FINDINGS, Severity, fingerprint
from governance.rules.base import Partials, RuleResult
from governance.samples import SampleBatch, hex_ids

LISTED = 20
"""Rows of a group that are listed as evidence."""


@dataclass(frozen=True)
class Group:
    """What is wrong with one group.

    Attributes:
        values: metadata field -> the value its rows share; None where they say nothing.
        kind, message: of the finding; our words only.
        rows: how many rows there are.
    """

    values: Mapping[str, str | None]
    kind: str
    message: str
    rows: int


def counting(*fields: str) -> Callable[[SampleBatch, Any], pa.Table | None]:
    """A map function: rows by the values of these fields, with the first rows of each group in the batch."""

    def mapped(batch: SampleBatch, _: Any) -> pa.Table | None:
        if not len(batch):
            return None
        frame = pl.DataFrame(pl.from_arrow(batch.table.select(["row", *fields]))).with_row_index("at")
        groups = frame.group_by(fields, maintain_order=True).agg(
            rows=pl.len().cast(pl.Int64), listed=pl.col("row").head(LISTED), at=pl.col("at").head(LISTED)
        )
        ids = hex_ids(batch.sample_ids.take(pa.array(groups.get_column("at").explode().to_arrow())))
        lengths = groups.get_column("at").list.len()
        return groups.drop("at").to_arrow().append_column("samples", _lists(ids, lengths.to_list()))

    return mapped


def _lists(ids: pa.StringArray, lengths: Sequence[int]) -> pa.ListArray:
    offsets = [0]
    for length in lengths:
        offsets.append(offsets[-1] + length)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), ids)


def counted(partials: Partials, *fields: str) -> pl.DataFrame:
    """Columns fields, rows, listed, samples: the groups of the whole dataset, sorted by their values.

    `fields` may be some of those that were counted.
    """
    table = partials.read()
    if not table.num_rows:
        return pl.DataFrame(schema=dict.fromkeys(fields, pl.String) | {"rows": pl.Int64})
    frame = pl.DataFrame(pl.from_arrow(table))
    whole = frame.group_by(fields).agg(
        pl.col("rows").sum(),
        pl.col("listed").explode().head(LISTED),
        pl.col("samples").explode().head(LISTED),
    )
    return whole.sort(fields)


def reported(
    rule: str,
    severity: Severity,
    groups: pl.DataFrame,
    judge: Callable[[Mapping[str, str | None], int], Group | None],
) -> RuleResult:
    """One finding for each group that `judge` objects to, given its values and its number of rows."""
    fields = [name for name in groups.columns if name not in ("rows", "listed", "samples")]
    findings, evidence = [], []
    for line in groups.iter_rows(named=True):  # as many as there are different values, not rows
        group = judge({name: line[name] for name in fields}, line["rows"])
        if group is None:
            continue
        details = _canonical({"fields": dict(group.values)})
        identity = hashlib.sha256(f"{group.kind}\n{details}".encode()).hexdigest()
        mark = fingerprint(rule, [identity])
        findings.append(
            {
                "fingerprint": mark,
                "rule": rule,
                "severity": severity.value,
                "kind": group.kind,
                "message": group.message,
                "rows": group.rows,
                "details": details,
            }
        )
        evidence += [
            {"fingerprint": mark, "row": row, "sample_id": sample, "role": "affected"}
            for row, sample in zip(line["listed"], line["samples"], strict=True)
        ]
    return RuleResult(
        pa.Table.from_pylist(findings, FINDINGS),
        pa.Table.from_pylist(evidence, EVIDENCE),
        {"rows": sum(f["rows"] for f in findings), "rows_listed": len(evidence)},
    )


def _canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
