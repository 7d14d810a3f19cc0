"""# repeated-row-id

## What it does
Names every row id that stands on more than one row, and says whether those rows have the same content.

## Why it matters
Waivers, labels, exclusions and joins by row id would hit the wrong row. Equal ids on different content
are mostly the trace of shards that were numbered each from zero.

## Example
Rows 17 and 2,041 both have `"id": "q-17"`.

## Options
None. The id column is found by its name (id, row_id, uid, uuid and the like) or named with `--id-column`.

## Known limits
- Ids are compared as text: 7 and "7" are the same id.
- Ids are compared over everything that is audited together, so two datasets that are both numbered from
  zero repeat every id; audit them one by one.

## References
- `govern rule DUP001` for rows of equal content.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
import pyarrow as pa

from governance.findings import Severity, empty_evidence, empty_findings, fingerprints
from governance.rules.base import Mapper, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.problems import evidence_of, findings_of
from governance.samples import SampleBatch, hex_ids, sha256_hex


def mapped(batch: SampleBatch, _: Setup) -> pa.Table | None:
    """The row ids of a batch; None where it has none."""
    ids = batch.table.column("row_id")
    if ids.null_count == len(ids):
        return None
    table = batch.table.select(["row", "row_id"]).append_column("sample", [batch.sample_ids])
    return table.filter(ids.is_valid())


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each repeated id."""
    table = partials[MAPPER.name].read()
    if not table.num_rows:
        return RuleResult(empty_findings(), empty_evidence())
    rows = pl.DataFrame(pl.from_arrow(table.select(["row", "row_id"]))).with_row_index("at")
    rows = rows.filter(pl.col("row_id").is_duplicated()).sort("row_id", "row")
    sample = table.column("sample").combine_chunks().take(pa.array(rows.get_column("at").to_arrow()))
    rows = rows.with_columns(sample_id=pl.Series(pl.from_arrow(hex_ids(sample)), dtype=pl.String))
    one = rows.group_by("row_id", maintain_order=True).agg(
        rows=pl.len(), contents=pl.col("sample_id").n_unique()
    )
    prints = fingerprints(INFO.id, sha256_hex(one.get_column("row_id").to_arrow().cast(pa.string())))
    one = one.with_columns(fingerprint=pl.Series(pl.from_arrow(prints), dtype=pl.String), message=_message())
    evidence = rows.join(one.select("row_id", "fingerprint"), on="row_id", maintain_order="left")
    return RuleResult(findings_of(one, INFO.id, "repeated", setup.severity(INFO)), evidence_of(evidence))


def _message() -> pl.Expr:
    same = pl.lit("a row id is repeated on rows of the same content")
    other = pl.lit("a row id is repeated on rows of different content")
    return pl.when(pl.col("contents") == 1).then(same).otherwise(other)


INFO = RuleInfo("INP005", "repeated-row-id", Severity.WARNING, "a row id stands on more than one row")
MAPPER = Mapper("row-ids", mapped)
RULE = Rule(INFO, (MAPPER,), reduce)
