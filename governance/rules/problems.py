"""What readers could not take as it stood, as findings: shared by INP001 to INP004."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from governance.findings import EVIDENCE, FINDINGS, Severity, fingerprints
from governance.rules.base import Mapper, Partials, RuleResult, Setup
from governance.samples import PROBLEMS, SampleBatch, hex_ids, sha256_hex

PARTIAL = pa.schema(
    [
        *PROBLEMS,
        pa.field("sample_id", pa.string()),  # null where the row could not be read
        pa.field("identity", pa.string(), False),  # the sample id, or SHA-256 of the excerpt
    ]
)


def mapped(batch: SampleBatch, _: Setup) -> pa.Table | None:
    """The problems of a batch with the identity of the row each speaks of."""
    problems = batch.problems
    if not problems.num_rows:
        return None
    rows, own = problems.column("row").to_numpy(), batch.rows
    at = np.searchsorted(own, rows)
    there = np.append(own, -1)[at] == rows
    ids = hex_ids(batch.sample_ids.take(pa.array(at, mask=~there)).fill_null(bytes(32)))
    ids = pc.if_else(pa.array(there), ids, None)
    excerpts = problems.column("excerpt").combine_chunks().fill_null("")
    identity = pc.coalesce(ids, sha256_hex(excerpts))
    return pa.table([*problems.columns, ids, identity], schema=PARTIAL)


MAPPER = Mapper("problems", mapped)


def reported(rule: str, kind: str, partials: Mapping[str, Partials], severity: Severity) -> RuleResult:
    """One finding for each content that has a problem of this rule; rows of equal content share it."""
    table = partials[MAPPER.name].read()
    if not table.num_rows:
        return RuleResult(FINDINGS.empty_table(), EVIDENCE.empty_table())
    found = pl.DataFrame(pl.from_arrow(table)).filter(pl.col("rule") == rule).sort("row")
    one = found.group_by("identity", maintain_order=True).agg(pl.col("message").first(), rows=pl.len())
    prints = pl.from_arrow(fingerprints(rule, one.get_column("identity").to_arrow()))
    one = one.with_columns(fingerprint=pl.Series(prints, dtype=pl.String))
    evidence = found.join(one.select("identity", "fingerprint"), on="identity", maintain_order="left")
    return RuleResult(findings_of(one, rule, kind, severity), evidence_of(evidence))


def findings_of(one: pl.DataFrame, rule: str, kind: str, severity: Severity) -> pa.Table:
    """FINDINGS from the columns fingerprint, message and rows."""
    counted = pl.format("{} (in {} rows)", "message", "rows")
    table = one.with_columns(
        rule=pl.lit(rule),
        severity=pl.lit(severity.value),
        kind=pl.lit(kind),
        message=pl.when(pl.col("rows") > 1).then(counted).otherwise("message"),
        score=pl.lit(None, pl.Float64),
        threshold=pl.lit(None, pl.Float64),
        rows=pl.col("rows").cast(pl.Int64),
        details=pl.lit("{}"),
    )
    return table.select(FINDINGS.names).to_arrow().cast(FINDINGS)


def evidence_of(rows: pl.DataFrame) -> pa.Table:
    """EVIDENCE of fingerprint, row and sample id; file, line and excerpt where the row could not be read."""
    unread = pl.col("sample_id").is_null()
    own = [
        pl.when(unread).then(name).alias(name) for name in ("file", "line", "excerpt") if name in rows.columns
    ]
    table = rows.select("fingerprint", "row", "sample_id", pl.lit("affected").alias("role"), *own).to_arrow()
    nothing = {f.name: pa.nulls(table.num_rows, f.type) for f in EVIDENCE}
    return pa.table({**nothing, **dict(zip(table.column_names, table.columns, strict=True))}).cast(EVIDENCE)
